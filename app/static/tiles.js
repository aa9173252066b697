// Tiles of a shelf: cover, title, reason, and an answer in place.

import { cover } from "./covers.js";
import { arrange, el, gliding } from "./dom.js";
import { attributeLine, titleParts } from "./format.js";
import { isSame, meanings } from "./rating.js";
import { reasonOf } from "./reasons.js";
import { words } from "./words.js";

/**
 * A shelf of tiles.
 *
 * @param {object} options
 * @param {HTMLElement} options.list
 * @param {(item: object) => {text: string, title: string, kind?: string}} options.badge
 * @param {(item: object, answer: object) => void} options.onanswer
 */
export function tileShelf({ list, badge, onanswer }) {
  let tiles = new Map(); // item id → {element, item, buttons}
  let answers = new Map();

  function makeTile(item, model) {
    const { name, mark } = titleParts(item.title);
    const given = { ...meanings(model.rating_scale) };
    delete given.okay;
    const choices = [
      ["loved", given.loved, words.loved, words.loved],
      ["notForMe", given.notForMe, words.notForMe, words.notForMe],
      ["seen", { action: "skip" }, words.seen(), words.seenOf(item.title)],
    ];
    const buttons = choices.map(([kind, answer, text, label]) => ({
      answer,
      element: el("button", {
        type: "button",
        class: `act ${kind}`,
        text,
        "aria-label": kind === "seen" ? label : `${label}: ${item.title}`,
        "aria-pressed": "false",
        "data-answer": kind,
        onclick: () => onanswer(item, answer),
      }),
    }));
    const element = el(
      "li",
      { class: "tile", "data-item": item.item_id },
      el("div", { class: "face" }, cover(item, "tall"), el("span", { class: "badge" })),
      el("h3", { text: name, title: attributeLine(item, model.item_features) }, el("span", { class: "sr-only", text: ` ${mark}` })),
      el("p", { class: "reason" }),
      el("div", { class: "acts" }, ...buttons.map((one) => one.element)),
    );
    return { element, buttons };
  }

  function fillTile({ element }, item, model, isPersonal) {
    const { text, title, kind = "" } = badge(item);
    const mark = element.querySelector(".badge");
    mark.className = `badge ${kind}`;
    mark.textContent = text;
    mark.title = title;
    element.querySelector(".reason").textContent =
      reasonOf(item, model.rating_scale, isPersonal) || attributeLine(item, model.item_features);
  }

  function markTile({ element, buttons }, answer) {
    element.classList.toggle("answered", Boolean(answer));
    for (const button of buttons) button.element.setAttribute("aria-pressed", String(isSame(button.answer, answer)));
  }

  return {
    get size() {
      return tiles.size;
    },
    show(items, { model, isPersonal }) {
      const next = new Map();
      for (const item of items) {
        const tile = tiles.get(item.item_id) ?? makeTile(item, model);
        fillTile(tile, item, model, isPersonal);
        markTile(tile, answers.get(item.item_id));
        next.set(item.item_id, tile);
      }
      const elements = [...next.values()].map((tile) => tile.element);
      list.removeAttribute("aria-busy");
      gliding(
        () => elements.filter((one) => one.isConnected),
        () => arrange(list, elements),
      );
      tiles = next;
    },
    mark(newAnswers) {
      answers = newAnswers;
      for (const [id, tile] of tiles) markTile(tile, answers.get(id));
    },
    clear() {
      tiles = new Map();
      list.replaceChildren();
    },
  };
}
