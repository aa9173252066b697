// A search as one types, whose results are buttons.

import { el } from "../dom.js";
import { textOf } from "./parts.js";
import * as service from "./service.js";
import { words } from "./words.js";

const PAUSE = 200; // ms

let made = 0;

/**
 * @param {object} options
 * @param {string} options.label
 * @param {number} options.limit
 * @param {(item: object) => void} options.onchoose
 * @param {(size: number, hasMore: boolean) => string} options.said  what is said of what was found
 * @param {(item: object) => string} [options.about]  stands beside the title
 */
export function finder({ label, limit, onchoose, said, about = () => "" }) {
  const id = `find-${(made += 1)}`;
  const results = el("ul", { class: "found", role: "list", "aria-label": words.found });
  const status = el("p", { class: "quiet", role: "status" });
  const input = el("input", { type: "search", id, autocomplete: "off", spellcheck: "false", oninput: later });
  let timer = null;
  let ticket = 0;

  function later() {
    clearTimeout(timer);
    timer = setTimeout(look, PAUSE);
  }

  async function look() {
    const mine = (ticket += 1);
    const query = input.value.trim();
    if (!query) {
      results.replaceChildren();
      status.textContent = "";
      return;
    }
    try {
      const { items, next_cursor: more } = await service.findItems(query, { limit });
      if (mine !== ticket) return;
      status.textContent = said(items.length, Boolean(more));
      results.replaceChildren(...items.map((item) =>
        el("li", {}, el("button", { type: "button", "data-item": item.item_id, onclick: () => onchoose(item) },
          el("span", { class: "title", text: item.title }), el("span", { class: "quiet", text: about(item) })))));
    } catch (error) {
      if (mine === ticket) status.textContent = textOf(error);
    }
  }

  return {
    box: el("div", { class: "finder" }, el("label", { for: id, text: label }), input, status, results),
    input,
    /** Look again: what was found may have changed. */
    again: () => input.value && look(),
    clear() {
      input.value = "";
      look();
    },
  };
}
