// The two shelves: what the answers moved up most, and what is best.

import { byId } from "./dom.js";
import { listFilters } from "./filters.js";
import { tileShelf } from "./tiles.js";
import { words } from "./words.js";

export const FIRST = 28; // of the best list: what is asked for, so that former places are known
export const MOST = 7; // tiles of the shelf by lift
const SHELF = 14; // tiles of the best at first
const MORE = 14;
const MOST_ITEMS = 200; // that a list has
const FEW_POINTS = 0.02; // lift that is hardly any

/** Points in a hundred. */
const points = (share) => Math.max(1, Math.round(100 * share));

/** "Most you", by lift. */
export function mostShelf({ onanswer }) {
  const section = byId("most");
  const note = byId("most-note");
  const shelf = tileShelf({
    list: byId("most-tiles"),
    badge: ({ lift }) => ({ text: words.lift(points(lift)), title: words.liftTitle(points(lift)), kind: "lift" }),
    onanswer,
  });
  return {
    /** @param {object} answer  by lift */
    show(answer, model) {
      const isPersonal = answer.strategy === "adapted";
      const risen = isPersonal ? answer.items.filter(({ lift }) => lift > 0.0005) : [];
      byId("most-heading").textContent = words.most;
      section.classList.toggle("empty", !risen.length);
      note.textContent = !isPersonal
        ? words.mostEmpty
        : !risen.length || risen[0].lift < FEW_POINTS ? words.mostFew : words.mostNote();
      shelf.show(risen.slice(0, MOST), { model, isPersonal });
    },
    get isFilled() {
      return shelf.size > 0;
    },
    hide(isHidden) {
      section.hidden = isHidden;
    },
    mark: (answers) => shelf.mark(answers),
    clear() {
      shelf.clear();
      byId("most-heading").textContent = words.most;
      note.textContent = words.mostEmpty;
      section.classList.add("empty");
    },
  };
}

/** "Best for you", by what the model has first, with filters and more. */
export function bestShelf({ onanswer, onfilter, onmore }) {
  const more = byId("more");
  const empty = byId("best-empty");
  let model = null;
  let cursor = null;
  let items = []; // that came
  let shown = SHELF; // how many of them are drawn
  let isPersonal = false;
  let isLoading = false;

  const shelf = tileShelf({
    list: byId("best-tiles"),
    badge(item) {
      if (item.explored) return { text: words.wildCard, title: words.wildCardTitle(), kind: "wild" };
      if (item.relevance === null) return { text: words.stars(item.score), title: "" };
      return { text: `${item.rank} · ${words.chance(item.relevance)}`, title: words.chanceTitle(item.relevance) };
    },
    onanswer,
  });
  const filters = listFilters({
    onchange() {
      shown = SHELF;
      onfilter();
    },
  });

  more.addEventListener("click", async () => {
    if (shown < items.length) {
      shown = items.length;
      draw();
      return;
    }
    if (isLoading) return;
    isLoading = true;
    const asked = items;
    try {
      const page = await onmore({ cursor, limit: MORE, ...filters.query });
      // Another answer may have brought another list meanwhile.
      if (!page || items !== asked) return;
      items = [...items, ...page.items];
      cursor = page.next_cursor;
      shown = items.length;
      draw();
    } finally {
      isLoading = false;
    }
  });

  function draw() {
    shelf.show(items.slice(0, shown), { model, isPersonal });
    const isAll = shown >= MOST_ITEMS || (shown >= items.length && !cursor);
    more.hidden = isAll;
    more.textContent = words.more(MORE);
    empty.textContent = items.length ? (isAll ? words.noMore : "") : filters.isOn ? words.nothingFits(model.item_noun?.many ?? "items") : words.nothingLeft;
  }

  return {
    use(newModel) {
      model = newModel;
      byId("best-heading").textContent = words.best;
      filters.use(model);
    },
    get isFiltered() {
      return filters.isOn;
    },
    /** What to ask for: at least as much as is drawn by now. */
    get query() {
      return { limit: Math.min(MOST_ITEMS, Math.max(FIRST, shown)), ...filters.query };
    },
    /** @param {object} answer  a first page */
    show(answer) {
      isPersonal = answer.strategy === "adapted";
      byId("best-note").textContent = !isPersonal ? words.everyonesNote() : model.orders[0] === "relevance" ? words.bestNote : words.bestRated;
      items = answer.items;
      cursor = answer.next_cursor;
      draw();
    },
    mark: (answers) => shelf.mark(answers),
    clear() {
      items = [];
      cursor = null;
      shown = SHELF;
      shelf.clear();
      more.hidden = true;
      empty.textContent = "";
    },
  };
}
