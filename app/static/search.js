// Search as you type: a combobox whose results are a grid, so that each can be rated in place.

import { byId, el, say } from "./dom.js";
import { attributeLine, rangeOf } from "./format.js";
import { answerText, ratingControl } from "./rating.js";
import { words } from "./words.js";

const PAUSE = 140; // ms without a keystroke before asking
const MOST = 8;

/**
 * @param {object} options
 * @param {(query: string, limit: number, signal: AbortSignal) => Promise<{items: object[]}>} options.find
 * @param {(item: object, answer: {rating: number} | {action: string}) => void} options.onanswer
 * @param {(problem: Error) => void} options.onproblem
 */
export function itemSearch({ find, onanswer, onproblem }) {
  const box = byId("search");
  const input = byId("query");
  const popup = byId("results");
  const said = byId("results-said");
  let model = null;
  let answers = new Map();
  let rows = []; // {item, element, cell, control, note}
  let active = -1;
  let timer = null;
  let ticket = 0;
  let abort = null;
  let failed = false;

  function open() {
    popup.hidden = false;
    input.setAttribute("aria-expanded", "true");
  }

  function close() {
    clearTimeout(timer);
    ticket += 1; // an answer on its way must not open it again
    popup.hidden = true;
    input.setAttribute("aria-expanded", "false");
    activate(-1);
  }

  function activate(index) {
    active = index;
    rows.forEach((row, place) => row.element.classList.toggle("active", place === index));
    if (index < 0) {
      input.removeAttribute("aria-activedescendant");
      return;
    }
    input.setAttribute("aria-activedescendant", rows[index].cell.id);
    rows[index].element.scrollIntoView({ block: "nearest" });
  }

  function makeRow(item, index) {
    const control = ratingControl({
      scale: model.rating_scale,
      label: words.rate(item.title),
      onrate: (answer, byKeyboard) => {
        onanswer(item, answer);
        if (byKeyboard) {
          input.focus();
          input.select();
        }
      },
    });
    const note = el("span", { class: "rated" });
    const cell = el(
      "div",
      { role: "gridcell", class: "what", id: `result-${index}`, onclick: () => control.focus() },
      el("span", { class: "title", text: item.title }),
      note,
      el("span", { class: "attributes", text: attributeLine(item, model.item_features) }),
    );
    const element = el(
      "div",
      { role: "row", class: "result", "data-item": item.item_id },
      cell,
      el("div", { role: "gridcell" }, control.element),
    );
    return { item, element, cell, control, note };
  }

  function mark() {
    for (const row of rows) {
      const answer = answers.get(row.item.item_id);
      row.control.set(answer ?? null);
      row.note.textContent = answer ? answerText(answer, model.rating_scale) : "";
    }
  }

  function show(query, items) {
    rows = items.map(makeRow);
    popup.replaceChildren(...rows.map((row) => row.element));
    if (!rows.length) {
      popup.append(message(`${words.nothingFound(query)} ${words.catalogueHint(model.items, rangeOf(model))}`));
    }
    activate(-1);
    mark();
    open();
    say(said, rows.length ? words.results(rows.length) : words.nothingFound(query));
  }

  function message(text) {
    return el("div", { role: "row" }, el("div", { role: "gridcell", class: "quiet nothing", text }));
  }

  async function search() {
    const query = input.value.trim();
    abort?.abort();
    const mine = (ticket += 1);
    failed = false;
    if (!query || !model) {
      close();
      return;
    }
    abort = new AbortController();
    try {
      const { items } = await find(query, MOST, abort.signal);
      if (mine === ticket) show(query, items);
    } catch (problem) {
      if (mine !== ticket || problem.name === "AbortError") return;
      failed = true;
      rows = [];
      popup.replaceChildren(message(words.searchBroken));
      activate(-1);
      open();
      onproblem(problem);
    }
  }

  input.addEventListener("input", () => {
    clearTimeout(timer);
    ticket += 1; // whatever is on its way answers an older text
    if (input.value.trim()) timer = setTimeout(search, PAUSE);
    else close();
  });

  const reopen = () => {
    if (input.value.trim() && popup.hidden) rows.length ? open() : search();
  };
  input.addEventListener("focus", reopen);
  input.addEventListener("click", reopen);

  input.addEventListener("keydown", (event) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step) {
      event.preventDefault();
      if (popup.hidden) search();
      else if (rows.length) activate((active + step + rows.length + (active < 0 && step < 0 ? 1 : 0)) % rows.length);
    } else if (event.key === "Enter") {
      event.preventDefault();
      if (popup.hidden) reopen();
      else if (rows.length) rows[Math.max(active, 0)].control.focus();
    } else if (event.key === "Escape") {
      event.preventDefault();
      if (!popup.hidden) close();
      else input.value = "";
    }
  });

  popup.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    event.preventDefault();
    input.focus();
  });

  // A press must not take the focus out of the box, which would close the popup before the click.
  popup.addEventListener("mousedown", (event) => {
    if (!event.target.closest("input")) event.preventDefault();
  });

  box.addEventListener("focusout", (event) => {
    if (!box.contains(event.relatedTarget) && document.hasFocus()) close();
  });

  return {
    use(newModel) {
      model = newModel;
    },
    mark(newAnswers) {
      answers = newAnswers;
      mark();
    },
    retry() {
      if (failed) search();
    },
    clear() {
      input.value = "";
      close();
      rows = [];
      popup.replaceChildren();
    },
  };
}
