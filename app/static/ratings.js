// "Your ratings": what the visitor answered, each to change or take back.

import { byId, el } from "./dom.js";
import { ratingControl } from "./stars.js";
import { shownNumber } from "./words.js";

const FEW = 8;

/**
 * @param {object} options
 * @param {(item: object, answer: {rating: number} | {action: string}) => void} options.onanswer
 * @param {(item: object) => void} options.onremove
 * @param {(itemId: string) => void} options.onmissing  called for an item whose title is not known
 */
export function ratingList({ onanswer, onremove, onmissing }) {
  const all = byId("ratings-all");
  const shown = new Map(); // item id → {element, control, …}
  let showsAll = false;
  let last = () => {};

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
      label: "Your rating",
      onrate: (answer) => row.item && onanswer(row.item, answer),
    });
    row.remove = el("button", {
      type: "button",
      class: "plain remove",
      text: "Remove",
      onclick: () => {
        const next = row.element.nextElementSibling ?? row.element.previousElementSibling;
        onremove(row.item ?? { item_id: itemId, title: itemId, attributes: {} });
        (next?.querySelector(".remove") ?? byId("yours-heading")).focus({ preventScroll: true });
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

  function fillRow(row, answer, itemId) {
    const title = answer.item?.title ?? (answer.isGone ? `Item ${itemId}` : "…");
    row.item = answer.item;
    row.title.textContent = title;
    row.control.element.setAttribute("aria-label", `Your rating of ${title}`);
    row.remove.setAttribute("aria-label", `Remove your answer on ${title}`);
    row.control.set(answer);
    row.element.classList.toggle("pending", Boolean(answer.isPending));
    row.note.textContent = [
      answer.action && answer.action !== "unseen" ? answer.action : "",
      answer.isGone ? "no longer in the catalogue" : "",
      answer.isPending ? "not sent yet" : "",
    ].filter(Boolean).join(", ");
  }

  function fill(list, entries, model) {
    const elements = entries.map(([itemId, answer]) => {
      if (!shown.has(itemId)) shown.set(itemId, makeRow(itemId, model));
      const row = shown.get(itemId);
      fillRow(row, answer, itemId);
      if (!answer.item && !answer.isGone) onmissing(itemId);
      return row.element;
    });
    // Touch only what differs: moving an element would take its focus away.
    for (const element of [...list.children]) if (!elements.includes(element)) element.remove();
    elements.forEach((element, index) => {
      if (list.children[index] !== element) list.insertBefore(element, list.children[index] ?? null);
    });
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
      byId("ratings-count").textContent = rated.length ? shownNumber(rated.length) : "";
      all.hidden = showsAll || rated.length <= FEW;
      all.textContent = `Show all ${shownNumber(rated.length)}`;
      byId("unseen-fold").hidden = unseen.length === 0;
      byId("unseen-count").textContent = shownNumber(unseen.length);
    },
    clear() {
      showsAll = false;
      shown.clear();
    },
  };
}
