// The support set, from which answers can be left out and to which some can be added; nothing is stored.

import { el } from "../dom.js";
import { finder } from "./finder.js";
import { note } from "./parts.js";
import { idsOf, keyOf } from "./told.js";
import { shown, when, words } from "./words.js";

const MOST_SHOWN = 100;
const text = words.user;

/**
 * @param {object} options
 * @param {object[]} options.feedback  newest first
 * @param {Map<string, object>} options.known  the items that it is about
 * @param {[number, number] | null} options.scale
 * @param {(change: {left: Set<string>, added: object[]}) => void} options.onchange
 */
export function supportSet({ feedback, known, scale, onchange }) {
  const left = new Set();
  const added = new Map(); // item id → {item, event, said}
  const reset = el("button", { type: "button", class: "plain small", text: text.reset, hidden: true, onclick: begin });
  const chips = el("ul", { class: "chips", role: "list", "aria-label": text.added });
  const choice = el("div", { class: "choices" });
  const titleOf = (id) => known.get(id)?.title ?? id;

  function changed() {
    reset.hidden = !left.size && !added.size;
    onchange({ left, added: [...added.values()].map(({ event, item }) => ({ ...event, item_id: item.item_id })) });
  }

  function begin() {
    left.clear();
    added.clear();
    for (const one of rows.querySelectorAll("input")) one.checked = false;
    drawAdded();
    changed();
    search.input.focus();
  }

  function saidOf(one) {
    if (one.group_id !== undefined) return text.group(one.items.map(titleOf).join(", "), one.points);
    if (one.preferred !== undefined) return text.preferred(titleOf(one.preferred), titleOf(one.over));
    return one.rating !== undefined ? `★ ${shown(one.rating)}` : one.action;
  }

  function row(one) {
    const isOfOne = one.item_id !== undefined;
    const title = isOfOne ? titleOf(one.item_id) : saidOf(one);
    const isThere = idsOf(one).every((id) => known.has(id));
    const box = el("input", {
      type: "checkbox",
      "aria-label": text.leaveOut(title),
      disabled: !isThere,
      onchange: () => {
        if (box.checked) left.add(keyOf(one));
        else left.delete(keyOf(one));
        changed();
      },
    });
    const more = [isThere ? "" : text.gone, one.source ? text.asked : "", one.weight ? text.weight(one.weight) : "", when(one.at)];
    return el("li", {},
      el("div", { class: "what" },
        el("p", {}, el("span", { class: "title", text: title }), isOfOne ? el("span", { class: "said", text: saidOf(one) }) : null),
        el("p", { class: "quiet", text: more.filter(Boolean).join(" · ") })),
      el("label", { class: "leave" }, box, el("span", { "aria-hidden": "true", text: text.leaveOutShort })));
  }

  function choose(item) {
    const ratings = [];
    if (scale) for (let one = scale[0]; one <= scale[1]; one += 1) ratings.push({ event: { rating: one }, said: text.addChoose(one) });
    const actions = Object.entries(text.actions).map(([action, said]) => ({ event: { action }, said }));
    choice.replaceChildren(
      el("p", { text: text.addAs(item.title) }),
      el("div", { class: "chips" }, ...[...ratings, ...actions].map(({ event, said }) =>
        el("button", {
          type: "button",
          class: "chip",
          text: said,
          onclick: () => {
            added.set(item.item_id, { item, event, said });
            choice.replaceChildren();
            search.clear();
            drawAdded();
            changed();
            search.input.focus();
          },
        }))));
    choice.querySelector("button").focus();
  }

  function drawAdded() {
    chips.replaceChildren(...[...added.values()].map(({ item, said }) =>
      el("li", {}, el("button", {
        type: "button",
        class: "chip",
        "aria-pressed": "true",
        text: `${item.title}: ${said} ×`,
        onclick: () => {
          added.delete(item.item_id);
          drawAdded();
          changed();
          search.input.focus();
        },
      }))));
  }

  const search = finder({ label: text.add, limit: 6, onchoose: choose, said: (size) => (size ? "" : text.addNone) });
  const rows = el("ul", { class: "told", role: "list", "aria-label": text.told }, ...feedback.slice(0, MOST_SHOWN).map(row));
  return [
    note(feedback.length ? text.toldNote : text.toldNone),
    rows,
    feedback.length > MOST_SHOWN ? note(text.more(feedback.length - MOST_SHOWN)) : null,
    search.box,
    choice,
    chips,
    el("div", { class: "row" }, reset),
  ].filter(Boolean);
}

