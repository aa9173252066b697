// The onboarding: what is asked, how many know it, and how many get to enough.

import { el } from "../dom.js";
import { bar, figures, note, place, section, table } from "./parts.js";
import * as service from "./service.js";
import { percent, shown, words } from "./words.js";

const FIRST = 12; // questions of a newcomer
const FEW = 15; // items that are shown at first
const text = words.onboarding;

const knownBar = (known, unseen) =>
  known + unseen ? el("span", { class: "share" }, bar(known / (known + unseen)), percent(known / (known + unseen))) : words.none;

export function onboardingTab() {
  const counted = place();
  const first = place();
  const panel = el("div", { class: "stack" },
    section("onboarding", text.heading, note(text.note), counted.box),
    section("first", text.first, first.box));

  async function read() {
    const { steps, answers, items } = await service.onboardingReport();
    const all = answers.known + answers.unseen + answers.skipped;
    const part = (one) => (all ? text.knownShare(one / all) : "");
    return [
      all + answers.compared
        ? figures([
            { name: text.known, value: shown(answers.known), more: part(answers.known) },
            { name: text.unseen, value: shown(answers.unseen), more: part(answers.unseen) },
            { name: text.skipped, value: shown(answers.skipped), more: part(answers.skipped) },
            { name: text.compared, value: shown(answers.compared) },
          ])
        : note(text.answersNone),
      el("h3", { class: "sub", text: text.funnel }),
      ...funnel(steps),
      ...(items.length
        ? [
            el("h3", { class: "sub", text: text.items }),
            note(text.itemsNote),
            askedAbout(items),
          ]
        : []),
    ];
  }

  function askedAbout(items) {
    const rows = items.map((one) => [
      one.title, shown(one.shown), shown(one.known), shown(one.unseen), shown(one.skipped), knownBar(one.known, one.unseen),
    ]);
    const drawn = (some) => table(text.items, text.itemsColumns, some, { numeric: [1, 2, 3, 4] });
    if (rows.length <= FEW) return drawn(rows);
    const box = el("div", {}, drawn(rows.slice(0, FEW)));
    const all = el("button", { type: "button", class: "plain small", text: text.all(rows.length), onclick: () => {
      const every = drawn(rows);
      box.replaceChildren(every);
      every.focus({ preventScroll: true });
    } });
    box.append(el("div", { class: "row" }, all));
    return box;
  }

  function funnel(steps) {
    const all = steps.reduce((sum, { calls }) => sum + calls, 0);
    if (!all) return [note(text.funnelNone)];
    const enough = steps.reduce((sum, one) => sum + one.enough, 0);
    const most = Math.max(...steps.map(({ calls }) => calls));
    const last = steps.findLastIndex(({ calls }) => calls);
    return [
      note(text.enough(enough / all)),
      table(text.funnel, text.funnelColumns, steps.slice(0, last + 1).map((one) => [
        one.answers, shown(one.calls), bar(one.calls / most), one.calls ? percent(one.enough / one.calls) : words.none,
      ]), { numeric: [1, 3], isNarrow: true }),
    ];
  }

  async function readFirst() {
    const { items } = await service.firstQuestions(FIRST);
    return [
      table(text.first, text.firstColumns, items.map(({ title, familiarity, gain }) => [
        title, familiarity === null ? words.none : percent(familiarity), gain === null ? words.none : gain.toFixed(3),
      ]), { numeric: [1, 2], isNarrow: true }),
      note(text.firstNote),
    ];
  }

  return {
    panel,
    show() {
      counted.show(read, { quietly: true });
      first.show(readFirst, { quietly: true });
    },
    hide() {},
    forget() {
      counted.clear();
      first.clear();
    },
  };
}
