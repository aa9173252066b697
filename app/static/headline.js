// What the page says of the catalogue at its head, in the words of the data.

import { byId } from "./dom.js";
import { rangeOf } from "./format.js";
import { words } from "./words.js";

export function sayWhatItIs(model) {
  byId("scope").textContent = words.scope(model.items, rangeOf(model));
  byId("tell-heading").textContent = words.question();
  byId("query-label").textContent = byId("query").placeholder = words.searchLabel();
  byId("others").textContent = words.others;
  byId("answers-title").textContent = words.answers;
}

/** @param {number | null} milliseconds  to learn and rank, as last measured */
export function sayHowFast(model, milliseconds) {
  byId("promise").textContent = words.promise(model.items, milliseconds);
}
