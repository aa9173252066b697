// What a visitor does: noted here, sent by whoever is given, and to be undone.

import { nameIn } from "./format.js";
import { randomId } from "./melu.js";
import { answerText, isLoved } from "./rating.js";
import { noteAnswer, pick, visit } from "./visit.js";
import { words } from "./words.js";

/**
 * @param {object} options
 * @param {(entry: object) => void} options.send
 * @param {object} options.undo  the strip that offers it
 * @param {(item: object) => void} options.putBack  asks about an item again
 */
export function visitorActions({ send, undo, putBack }) {
  function answer(item, rated) {
    const before = visit.answers.get(item.item_id);
    noteAnswer(item, rated);
    visit.act = { kind: "answer", item, given: rated, at: performance.now() };
    send({ kind: "feedback", item, ...rated, event_id: randomId() });
    undo.offer(words.said(answerText(rated, visit.model.rating_scale), nameIn(item)), () => {
      if (before) answer(item, pick(before));
      else {
        takeBack(item);
        putBack(item);
      }
      undo.hide();
    });
  }

  /** Answer about something that the visitor named; what is loved brings more that is alike. */
  function name(item, rated) {
    const { rating_scale, orders } = visit.model;
    // What is alike a model without relevance can't tell.
    if (isLoved(rated, rating_scale) && orders.includes("relevance")) visit.named = item;
    answer(item, rated);
  }

  function takeBack(item) {
    const before = visit.answers.get(item.item_id);
    visit.answers.delete(item.item_id);
    visit.act = { kind: "remove", item, at: performance.now() };
    send({ kind: "remove", item });
    if (before?.item) undo.offer(words.tookBack(nameIn(item)), () => answer(item, pick(before)));
  }

  function saveProfile(attributes) {
    visit.attributes = attributes;
    visit.act = { kind: "profile", at: performance.now() };
    send({ kind: "profile", attributes });
  }

  return { answer, name, takeBack, saveProfile };
}
