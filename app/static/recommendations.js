// "For you": the ranking, and how the last answer changed it.

import { byId, el, prefersStillness, say } from "./dom.js";
import { attributeLine, plural, shownNumber } from "./words.js";

export function recommendationList() {
  const list = byId("recommendations");
  const strategy = byId("strategy");
  let rows = new Map(); // item id → element
  let shown = null; // the answer on screen

  /** Compare with the answer before: +2 is two places up, "new" was not on the list. */
  function moves(answer) {
    const places = new Map(shown?.items.map((item) => [item.item_id, item.rank]));
    return new Map(
      answer.items.map((item) => [
        item.item_id,
        !shown ? 0 : places.has(item.item_id) ? places.get(item.item_id) - item.rank : "new",
      ]),
    );
  }

  function makeRow(item, features) {
    return el(
      "li",
      { class: "recommendation", "data-item": item.item_id },
      el("span", { class: "rank", "aria-hidden": "true" }),
      el(
        "div",
        { class: "what" },
        el("h3", { text: item.title }),
        el("p", { class: "attributes", text: attributeLine(item, features) }),
      ),
      el("span", { class: "move" }),
      el("span", { class: "score" }),
    );
  }

  /** What an item is ranked by: how likely it is chosen, or the predicted rating. */
  function worth(item, scale) {
    const predicted = item.score === null ? "" : `Predicted rating ${item.score.toFixed(2)}, from ${scale.map(shownNumber).join(" to ")}`;
    if (item.relevance === null) {
      const [low, high] = scale;
      return { said: "predicted rating ", text: item.score.toFixed(2), part: (item.score - low) / (high - low || 1), title: predicted };
    }
    const text = `${Math.round(100 * item.relevance)} %`;
    return { said: "relevance ", text, part: item.relevance, title: predicted || `Relevance ${text}` };
  }

  function fillRow(row, item, move, scale) {
    row.querySelector(".rank").textContent = item.rank;
    const score = row.querySelector(".score");
    const { said, text, part, title } = worth(item, scale);
    score.replaceChildren(
      el("span", { class: "sr-only", text: said }),
      text,
      el("span", { class: "bar", "aria-hidden": "true" }, el("span")),
    );
    score.title = title;
    score.querySelector(".bar > span").style.setProperty("--part", part);
    const badge = row.querySelector(".move");
    badge.className = `move ${move === "new" ? "new" : move > 0 ? "up" : move < 0 ? "down" : "same"}`;
    if (move === "new") badge.replaceChildren("new");
    else if (move) {
      badge.replaceChildren(
        el("span", { "aria-hidden": "true", text: `${move > 0 ? "▲" : "▼"} ${Math.abs(move)}` }),
        el("span", { class: "sr-only", text: `${move > 0 ? "up" : "down"} ${Math.abs(move)}` }),
      );
    } else badge.replaceChildren();
  }

  /** First, Last, Invert, Play: rows glide from where they were. */
  function glide(before) {
    if (prefersStillness()) return;
    for (const [id, row] of rows) {
      const top = before.get(id);
      if (top === undefined) {
        row.animate([{ opacity: 0 }, { opacity: 1 }], { duration: 450, easing: "ease-out" });
        continue;
      }
      const distance = top - row.offsetTop;
      if (distance) {
        row.animate([{ transform: `translateY(${distance}px)` }, { transform: "none" }], {
          duration: 420,
          easing: "cubic-bezier(0.2, 0.7, 0.2, 1)",
        });
      }
    }
  }

  function sayStrategy(answer, hasProfile, word) {
    const personal = answer.strategy === "adapted";
    strategy.hidden = false;
    strategy.dataset.strategy = answer.strategy;
    // "Haven't seen" alone makes a list personal, without a rating to count.
    const source = answer.support_size ? plural(answer.support_size, word) : "your answers";
    strategy.textContent = personal ? `Personal, from ${source}` : "Not personal yet";
    byId("jump-strategy").textContent = personal ? `· from ${source}` : "· not personal yet";
    byId("strategy-note").textContent = personal
      ? "Ranked by your own copy of the model, as your last answer left it."
      : hasProfile
        ? "What the model suggests to people like you. Rate something and it becomes yours."
        : "What the model suggests to anyone. Rate something and it becomes yours.";
  }

  function sayTiming({ timing }, itemCount) {
    const milliseconds = (value) => `${value.toFixed(1)} ms`;
    const parts = [];
    if (timing.local_update !== undefined) parts.push(`Local update ${milliseconds(timing.local_update)}`);
    if (timing.ranking !== undefined) {
      parts.push(`ranking of ${plural(itemCount, "item")} ${milliseconds(timing.ranking)}`);
    }
    byId("timing").textContent = parts.join(" · ");
  }

  return {
    show(answer, model, hasProfile) {
      const isSame =
        shown !== null &&
        shown.support_version === answer.support_version &&
        JSON.stringify(shown.items) === JSON.stringify(answer.items);
      sayStrategy(answer, hasProfile, model.rating_scale ? "rating" : "answer");
      sayTiming(answer, model.items);
      byId("score-note").textContent = model.orders[0] === "relevance"
        ? "how likely you choose and like it"
        : `predicted rating, ${model.rating_scale.map(shownNumber).join("–")}`;
      list.removeAttribute("aria-busy");
      if (isSame) return;
      const before = new Map([...rows].map(([id, row]) => [id, row.offsetTop]));
      const move = moves(answer);
      rows = new Map(
        answer.items.map((item) => [item.item_id, rows.get(item.item_id) ?? makeRow(item, model.item_features)]),
      );
      for (const item of answer.items) fillRow(rows.get(item.item_id), item, move.get(item.item_id), model.rating_scale);
      list.replaceChildren(...rows.values());
      if (shown) {
        glide(before);
        say(
          byId("recommendations-said"),
          `${strategy.textContent}. First is now ${answer.items[0]?.title ?? "nothing"}.`,
        );
      }
      shown = answer;
    },
    clear() {
      shown = null;
      rows = new Map();
      list.replaceChildren();
      list.setAttribute("aria-busy", "true");
      strategy.hidden = true;
    },
  };
}
