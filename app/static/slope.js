// A slope chart: places before on the left, places now on the right, a line for each that stayed.

import { cover } from "./covers.js";
import { el, prefersStillness, svg } from "./dom.js";
import { titleParts } from "./format.js";
import { words } from "./words.js";

const nameOf = (item) => titleParts(item.title).name;

/**
 * Draw a chart into three elements that stand side by side: two lists and the lines between.
 *
 * @param {{was: HTMLElement, lines: SVGElement, now: HTMLElement}} parts
 */
export function slopeChart({ was, lines, now }) {
  let made = new Map(); // item id → row of the list on the right

  function rowOf(item) {
    if (!made.has(item.item_id)) {
      made.set(
        item.item_id,
        el(
          "li",
          { "data-item": item.item_id },
          el("span", { class: "rank" }),
          cover(item, "mini"),
          el("span", { class: "name" }, el("span", { class: "title", text: nameOf(item), title: item.title })),
          el("span", { class: "move" }),
        ),
      );
    }
    return made.get(item.item_id);
  }

  function mark(row, { place, was: from, isNew, move }, hasBefore) {
    row.querySelector(".rank").textContent = place;
    const badge = row.querySelector(".move");
    const kind = !hasBefore ? "same" : isNew ? "new" : move > 0 ? "up" : move < 0 ? "down" : "same";
    row.dataset.kind = kind;
    badge.replaceChildren();
    if (kind === "new") badge.append(words.isNew, el("span", { class: "sr-only", text: ` ${words.fromPlace(from)}` }));
    else if (kind !== "same") {
      badge.append(
        el("span", { "aria-hidden": "true", text: `${move > 0 ? "▲" : "▼"}${Math.abs(move)}` }),
        el("span", { class: "sr-only", text: move > 0 ? words.up(move) : words.down(-move) }),
      );
    }
  }

  /** Lines in a box of 100 by 10 for each place; a line more below for those that come and go. */
  function draw({ rows, left }, size) {
    const height = 10 * (size + 1);
    const y = (place) => (place <= size ? 10 * place - 5 : height - 4);
    lines.setAttribute("viewBox", `0 0 100 ${height}`);
    lines.setAttribute("preserveAspectRatio", "none");
    const path = (from, to, kind) =>
      svg("path", { d: `M0 ${y(from)}C50 ${y(from)} 50 ${y(to)} 100 ${y(to)}`, class: kind, "vector-effect": "non-scaling-stroke", pathLength: "1" });
    const drawn = [
      ...left.map((one) => path(one.was, size + 1, "gone")),
      ...rows.map(({ was: from, place, isNew, move }) =>
        path(isNew ? size + 1 : from, place, isNew ? "new" : move > 0 ? "up" : move < 0 ? "down" : "same")),
    ];
    lines.replaceChildren(...drawn);
    if (prefersStillness()) return;
    for (const line of drawn.filter((one) => !one.matches(".same, .gone"))) {
      line.animate(
        [{ strokeDasharray: "0 1" }, { strokeDasharray: "1 0" }],
        { duration: 450, easing: "ease-out" },
      );
    }
  }

  return {
    /**
     * @param {{rows: object[], left: object[]}} change
     * @param {object[] | null} before  the list before; none where there is nothing to compare with
     */
    show(change, before) {
      const rows = change.rows.map((row) => {
        const element = rowOf(row.item);
        mark(element, row, Boolean(before));
        return element;
      });
      now.removeAttribute("aria-busy");
      now.replaceChildren(...rows);
      const known = new Set(change.rows.map(({ item }) => item.item_id));
      made = new Map([...made].filter(([id]) => known.has(id)));
      const size = change.rows.length;
      now.parentElement.classList.toggle("compared", Boolean(before));
      if (!before) {
        was.replaceChildren();
        lines.replaceChildren();
        return;
      }
      const gone = new Set(change.left.map(({ item }) => item.item_id));
      was.replaceChildren(
        ...before.slice(0, size).map((item) =>
          el("li", { class: gone.has(item.item_id) ? "gone" : "", text: nameOf(item) })),
      );
      draw(change, size);
    },
    clear(places) {
      made = new Map();
      was.replaceChildren();
      lines.replaceChildren();
      now.parentElement.classList.remove("compared");
      now.setAttribute("aria-busy", "true");
      now.replaceChildren(...Array.from({ length: places }, () => el("li", { class: "skeleton", "aria-hidden": "true" })));
    },
  };
}
