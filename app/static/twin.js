// The same catalogue for somebody who answered the opposite each time.

import { TEN } from "./compare.js";
import { cover } from "./covers.js";
import { byId, el } from "./dom.js";
import { titleParts } from "./format.js";
import { words } from "./words.js";

const OPPOSITE = { like: "dislike", dislike: "like" };

/** Answers turned round; what has no opposite is left out. */
export function opposite(answers, scale) {
  return [...answers].flatMap(([item_id, { rating, action, source }]) => {
    const common = source ? { item_id, source } : { item_id };
    if (rating !== undefined && scale) return [{ ...common, rating: scale[0] + scale[1] - rating }];
    return OPPOSITE[action] ? [{ ...common, action: OPPOSITE[action] }] : [];
  });
}

export function twinView() {
  const said = byId("twin-said");
  const box = byId("twins");

  function list(heading, items, shared) {
    return el(
      "div",
      {},
      el("h3", { class: "sub", text: heading }),
      el("ol", { role: "list", class: "mini-list" }, ...items.map((item) =>
        el(
          "li",
          { class: shared.has(item.item_id) ? "shared" : "" },
          cover(item, "mini"),
          el("span", { class: "title", text: titleParts(item.title).name }),
          shared.has(item.item_id) ? el("span", { class: "badge plain-badge", text: words.onBoth }) : null,
        ))),
    );
  }

  return {
    /** @param {object[] | null} mine  none before the first answer */
    show(mine, theirs) {
      byId("twin-heading").textContent = words.twin;
      byId("twin-note").textContent = mine ? words.twinNote : words.twinNone;
      if (!mine) {
        said.textContent = "";
        box.replaceChildren();
        return;
      }
      const [own, other] = [mine.slice(0, TEN), theirs.slice(0, TEN)];
      const there = new Set(other.map((item) => item.item_id));
      const shared = new Set(own.map((item) => item.item_id).filter((id) => there.has(id)));
      said.textContent = shared.size === own.length ? words.twinMiddle : words.twinShared(shared.size, own.length);
      box.replaceChildren(list(words.twinYou, own, shared), list(words.twinOther, other, shared));
    },
  };
}
