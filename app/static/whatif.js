// "What if you had not said…": the list without one answer. It is asked for with a body that leaves
// the answer out, and nothing is stored.

import { difference, TEN } from "./compare.js";
import { byId, el, svg } from "./dom.js";
import { nameIn } from "./format.js";
import { answerText } from "./rating.js";
import { slopeChart } from "./slope.js";
import { words } from "./words.js";

const MOST = 12; // answers to choose from, the newest

/**
 * @param {object} options
 * @param {(itemId: string) => Promise<object[] | null>} options.rankWithout  the list without an answer
 */
export function whatIf({ rankWithout }) {
  const box = byId("what-if-answers");
  const said = byId("what-if-said");
  const was = el("ol", { class: "was", "aria-hidden": "true" });
  const lines = svg("svg", { class: "lines", "aria-hidden": "true" });
  const now = el("ol", { class: "ten", role: "list" });
  const picture = el("div", { class: "slope" }, was, lines, now);
  const chart = slopeChart({ was, lines, now });
  let chosen = null;
  let shownFor = null; // the list that it is compared with
  let ticket = 0;

  async function choose(itemId, item, list) {
    chosen = chosen === itemId ? null : itemId;
    press();
    const mine = (ticket += 1);
    if (!chosen) {
      said.replaceChildren();
      return;
    }
    const without = await rankWithout(itemId);
    if (mine !== ticket || !without) return;
    // The item itself can come back to the list; that tells nothing.
    const rest = without.filter((one) => one.item_id !== itemId);
    const change = difference(list, rest);
    said.replaceChildren(el("p", { text: `${words.without(nameIn(item))}: ${sentence(change)}` }), picture);
    now.setAttribute("aria-label", words.without(nameIn(item)));
    chart.show(change, list);
  }

  function sentence({ entered, left, up, down }) {
    if (entered.length) return words.withoutSays(entered.map((row) => nameIn(row.item)), left.map((row) => nameIn(row.item)));
    const moved = up.length + down.length;
    return moved ? words.withoutMoves(moved) : words.withoutSame;
  }

  function press() {
    for (const button of box.children) button.setAttribute("aria-pressed", String(button.dataset.item === chosen));
  }

  return {
    /** @param {Map<string, object>} answers */
    show(answers, list, model) {
      byId("what-if-heading").textContent = words.whatIf;
      const known = [...answers]
        .filter(([, { item, action }]) => item && action !== "skip")
        .sort((one, other) => other[1].order - one[1].order)
        .slice(0, MOST);
      byId("what-if-note").textContent = known.length ? words.whatIfNote : words.whatIfNone;
      if (box.contains(document.activeElement) && !answers.has(document.activeElement.dataset.item)) {
        byId("learnt-heading").focus({ preventScroll: true });
      }
      const made = new Map([...box.children].map((button) => [button.dataset.item, button]));
      const buttons = known.map(([itemId, answer]) => {
        const button = made.get(itemId) ?? el("button", { type: "button", class: "chip", "data-item": itemId });
        button.textContent = `${answerText(answer, model.rating_scale)} ${nameIn(answer.item)}`;
        button.onclick = () => choose(itemId, answer.item, list.slice(0, 2 * TEN));
        return button;
      });
      const isOther = buttons.length !== box.children.length || buttons.some((button, index) => box.children[index] !== button);
      if (isOther) box.replaceChildren(...buttons);
      if (list !== shownFor) {
        // Of the list before: it compares with nothing any more.
        shownFor = list;
        chosen = null;
        ticket += 1;
        said.replaceChildren();
      }
      press();
    },
    clear() {
      chosen = null;
      ticket += 1;
      box.replaceChildren();
      said.replaceChildren();
    },
  };
}
