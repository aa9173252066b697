// Two lists side by side: what is on the right, against what is on the left.

import { el } from "../dom.js";
import { words } from "./words.js";

const text = words.user;

/** How each item of a list moved against another list, and how many of it are not there. */
export function moves(items, against) {
  const before = new Map(against.map((item, index) => [item.item_id, index]));
  const rows = items.map((item, index) => {
    const was = before.get(item.item_id);
    return { item, isNew: was === undefined, move: was === undefined ? 0 : was - index };
  });
  const risen = rows.filter(({ move }) => move > 0).sort((one, other) => other.move - one.move)[0];
  return { rows, fresh: rows.filter(({ isNew }) => isNew).length, risen };
}

function badge({ isNew, move }) {
  if (isNew) return el("span", { class: "move new", text: text.isNew });
  if (!move) return null;
  return el("span", { class: `move ${move > 0 ? "up" : "down"}` },
    el("span", { "aria-hidden": "true", text: `${move > 0 ? "▲" : "▼"} ${Math.abs(move)}` }),
    el("span", { class: "sr-only", text: move > 0 ? text.up(move) : text.down(-move) }));
}

const worth = ({ relevance, score }) =>
  text.gets(
    relevance === null || relevance === undefined ? "" : words.catalogue.chance(relevance),
    score === null || score === undefined ? "" : words.catalogue.rating(score),
  );

function reasons(item) {
  if (!item.because?.length) return null;
  return el("ul", { class: "reasons", role: "list", "aria-label": text.because },
    ...item.because.slice(0, 3).map(({ title, action, effect }) =>
      el("li", {}, el("span", { text: title }), " ", action ? el("span", { class: "quiet", text: `${action} ` }) : null,
        el("span", { class: effect < 0 ? "less" : "more-of", text: text.effect(effect) }))));
}

function column({ heading, note, items }, rows) {
  return el("div", { class: "list" },
    el("h3", {}, heading, note ? el("span", { class: "quiet", text: ` ${note}` }) : null),
    el("ol", { role: "list", "aria-label": heading }, ...items.map((item, index) =>
      el("li", { "data-item": item.item_id },
        el("span", { class: "rank", text: String(index + 1) }),
        el("div", { class: "what" },
          el("p", {}, el("span", { class: "title", text: item.title }), rows ? badge(rows[index]) : null,
            item.explored ? el("span", { class: "move new", text: text.explored }) : null),
          el("p", { class: "quiet worth", text: worth(item) }),
          reasons(item))))));
}

/** @param {{heading: string, note?: string, items: object[]}} left  and `right` alike */
export function sideBySide(left, right) {
  const { rows, fresh, risen } = moves(right.items, left.items);
  const top = risen && { title: risen.item.title, move: risen.move };
  return [
    el("p", { class: "summary", text: text.summary(fresh, right.items.length, top) }),
    el("div", { class: "lists" }, column(left), column(right, rows)),
  ];
}
