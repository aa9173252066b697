// One user: what is stored, the list beside everyone's, what if, export and erasure.

import { el } from "../dom.js";
import { sideBySide } from "./lists.js";
import { asked, facts, note, place, section, textOf, toast } from "./parts.js";
import * as service from "./service.js";
import { eventsOf, idsOf, itemsOf, keyOf } from "./told.js";
import { supportSet } from "./whatif.js";
import { shown, when, words } from "./words.js";

const SIZE = 20; // of a list
const MOST_LEFT_OUT = 10_000;
const text = words.user;

export function userTab({ model }) {
  const found = place();
  const input = el("input", { id: "user-id", autocomplete: "off", autocapitalize: "off", spellcheck: "false", maxlength: "128" });
  const form = el("form", { class: "ask-for", onsubmit: look },
    el("label", { for: "user-id", text: text.label }), input,
    el("button", { type: "submit", class: "primary", text: text.look }));
  const panel = el("div", { class: "stack" }, section("user", text.heading, form, note(text.note)), found.box);

  function look(event) {
    event?.preventDefault();
    const userId = input.value.trim();
    if (userId) found.show(() => read(userId));
    else input.focus();
  }

  async function read(userId) {
    const [{ rating_scale: scale }, user, feedback, theirs] = await Promise.all([
      model(), service.userOf(userId), service.feedbackOf(userId), service.listOf(userId, SIZE),
    ]);
    const known = await itemsOf(feedback.flatMap(idsOf));
    const seen = feedback.filter(({ item_id: id, action }) => id !== undefined && action !== "unseen" && action !== "passed").map(({ item_id: id }) => id);
    const everyones = (await service.listFor({ limit: SIZE, exclude: seen.slice(0, MOST_LEFT_OUT) })).items;
    const lists = place();
    const asIs = () => [
      theirs.diverged ? el("p", { class: "warning", text: text.diverged }) : el("p", { class: "quiet", text: `${text.theirs}: ${text.strategy[theirs.strategy]}.` }),
      ...sideBySide({ heading: text.everyones, note: seen.length ? text.everyonesNote : "", items: everyones }, { heading: text.theirs, items: theirs.items }),
    ];

    async function whatIf({ left, added }) {
      if (!left.size && !added.length) {
        lists.show(asIs, { quietly: true });
        return;
      }
      lists.show(async () => {
        const renamed = new Set(added.map(({ item_id: id }) => id));
        const kept = feedback.filter((one) => !left.has(keyOf(one)) && !renamed.has(one.item_id));
        const body = { feedback: eventsOf(kept, known, added), attributes: user?.attributes ?? {}, limit: SIZE, explain: true };
        const { items } = await service.listFor(body);
        return [
          el("p", { class: "warning", text: text.whatIf(left.size, added.length) }),
          ...sideBySide({ heading: text.nowList, items: theirs.items }, { heading: text.ifSo, items }),
        ];
      }, { quietly: true });
    }

    await lists.show(asIs, { quietly: true });
    return [
      about(userId, user, feedback),
      el("div", { class: "beside" },
        section("told", `${text.told} (${shown(feedback.length)})`, ...supportSet({ feedback, known, scale, onchange: whatIf })),
        section("lists", text.lists, lists.box)),
    ];
  }

  function about(userId, user, feedback) {
    const attributes = Object.entries(user?.attributes ?? {}).map(([name, value]) => [name, [value].flat().join(", ")]);
    const acts = el("div", { class: "acts" },
      el("button", { type: "button", class: "plain small", text: text.export, disabled: !user, onclick: () => save(userId, user, feedback) }),
      el("button", { type: "button", class: "danger small", text: text.erase, disabled: !user, onclick: () => erase(userId) }));
    return section("about", userId,
      acts,
      user
        ? facts([
            [text.facts.support, shown(user.support_size)],
            [text.facts.version, shown(user.support_version)],
            [text.facts.created, when(user.created_at)],
            [text.facts.updated, when(user.updated_at)],
            ...attributes,
          ])
        : note(text.unknown(userId)),
      user && !attributes.length ? note(text.noAttributes) : null);
  }

  function save(userId, user, feedback) {
    const content = { exported_at: new Date().toISOString(), user, feedback };
    const file = `${userId.replaceAll(/[^\p{L}\p{N}._-]+/gu, "_")}.json`;
    const url = URL.createObjectURL(new Blob([JSON.stringify(content, null, 2)], { type: "application/json" }));
    el("a", { href: url, download: file }).click();
    setTimeout(() => URL.revokeObjectURL(url), 60_000);
    toast(text.exported(file));
  }

  async function erase(userId) {
    const isSure = await asked({
      title: text.eraseTitle(userId),
      body: [text.eraseText],
      yes: text.eraseYes,
      typed: { label: text.eraseType(userId), text: userId },
    });
    if (!isSure) return;
    try {
      await service.eraseUser(userId);
      toast(text.erased(userId));
      look();
    } catch (error) {
      toast(textOf(error));
    }
  }

  return {
    panel,
    show() {
      // By touch it would only bring the keyboard up.
      if (!input.value && matchMedia("(hover: hover)").matches) input.focus({ preventScroll: true });
    },
    hide() {},
    forget() {
      input.value = "";
      found.clear();
    },
  };
}
