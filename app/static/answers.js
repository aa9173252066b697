// "Your answers": each to change or take back.

import { arrange, byId, el } from "./dom.js";
import { shownNumber } from "./format.js";
import { answerText, ratingControl } from "./rating.js";
import { words } from "./words.js";

const FEW = 8;
const PATIENCE = 1500; // ms until an answer that is on its way is called "not sent yet"

/**
 * @param {object} options
 * @param {(item: object, answer: {rating: number} | {action: string}) => void} options.onanswer
 * @param {(item: object) => void} options.onremove
 * @param {(itemId: string) => void} options.onmissing  called for an item whose title is not known
 */
export function answerList({ onanswer, onremove, onmissing }) {
  const all = byId("ratings-all");
  const shown = new Map(); // item id → {element, control, …}
  let showsAll = false;
  let last = () => {};
  let timer = null;

  all.addEventListener("click", () => {
    showsAll = true;
    last();
  });

  function makeRow(itemId, model) {
    const title = el("span", { class: "title" });
    const note = el("span", { class: "note" });
    const row = { item: null, title, note };
    row.control = ratingControl({
      scale: model.rating_scale,
      label: words.answerOf(itemId),
      onrate: (answer) => row.item && onanswer(row.item, answer),
    });
    row.remove = el("button", {
      type: "button",
      class: "plain remove",
      text: words.remove,
      onclick: () => {
        const next = row.element.nextElementSibling ?? row.element.previousElementSibling;
        onremove(row.item ?? { item_id: itemId, title: itemId, attributes: {} });
        (next?.querySelector(".remove") ?? byId("answers-fold").querySelector("summary")).focus({ preventScroll: true });
      },
    });
    row.element = el(
      "li",
      { class: "rating", "data-item": itemId },
      el("div", { class: "what" }, title, note),
      row.control.element,
      row.remove,
    );
    return row;
  }

  const isLate = (answer) => Boolean(answer.isPending) && performance.now() - (answer.since ?? 0) >= PATIENCE;

  function fillRow(row, answer, itemId, model) {
    const title = answer.item?.title ?? (answer.isGone ? words.unknown(itemId) : "…");
    row.item = answer.item;
    row.title.textContent = title;
    row.control.element.setAttribute("aria-label", words.answerOf(title));
    row.remove.setAttribute("aria-label", words.removeOf(title));
    row.control.set(answer);
    row.element.classList.toggle("pending", isLate(answer));
    row.note.textContent = [
      answer.action && !["unseen", "like", "dislike"].includes(answer.action) ? answerText(answer, model.rating_scale) : "",
      answer.isGone ? words.gone : "",
      isLate(answer) ? words.notSent : "",
    ].filter(Boolean).join(", ");
  }

  function fill(list, entries, model) {
    const elements = entries.map(([itemId, answer]) => {
      if (!shown.has(itemId)) shown.set(itemId, makeRow(itemId, model));
      const row = shown.get(itemId);
      fillRow(row, answer, itemId, model);
      if (!answer.item && !answer.isGone) onmissing(itemId);
      return row.element;
    });
    arrange(list, elements, (element) => element.querySelector(".remove"));
  }

  return {
    /** @param {Map<string, object>} answers  item id → answer with its `order`, the newest highest */
    show(answers, model) {
      last = () => this.show(answers, model);
      const entries = [...answers].sort((one, other) => other[1].order - one[1].order);
      const unseen = entries.filter(([, answer]) => answer.action === "unseen");
      const rated = entries.filter(([, answer]) => answer.action !== "unseen");
      for (const itemId of shown.keys()) if (!answers.has(itemId)) shown.delete(itemId);
      fill(byId("ratings"), showsAll ? rated : rated.slice(0, FEW), model);
      fill(byId("unseen"), unseen, model);
      byId("ratings-none").hidden = rated.length > 0;
      byId("ratings-none").textContent = words.answersNone;
      byId("ratings-count").textContent = entries.length ? shownNumber(entries.length) : "";
      all.hidden = showsAll || rated.length <= FEW;
      all.textContent = words.showAll(rated.length);
      byId("unseen-fold").hidden = unseen.length === 0;
      byId("unseen-title").textContent = words.unseen();
      byId("unseen-count").textContent = shownNumber(unseen.length);
      clearTimeout(timer);
      if (entries.some(([, answer]) => answer.isPending && !isLate(answer))) timer = setTimeout(last, PATIENCE);
    },
    clear() {
      showsAll = false;
      clearTimeout(timer);
      shown.clear();
    },
  };
}
