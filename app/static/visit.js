// Who the visitor is and what they have told: what the rest of the page draws and sends.

import { currentUser, Outbox } from "./memory.js";

export const outbox = new Outbox();
const knownItems = new Map(); // item id → item

export const visit = {
  userId: currentUser(),
  model: null,
  attributes: {}, // what the visitor told about themselves
  answers: new Map(), // item id → {item, rating or action, source, order, since, isPending, isGone}
  act: null, // what the visitor did since the list on the screen, and when
  ranked: null, // that list
  named: null, // an item that they named and love, until more like it is asked about
};

let newestOrder = 0;

export const pick = ({ rating, action, source }) => ({ rating, action, source });

export const isWaiting = (itemId) =>
  outbox.entries.some((entry) => entry.userId === visit.userId && entry.item?.item_id === itemId);

export const waitingAnswers = (userId) =>
  outbox.entries.filter((entry) => entry.userId === userId && entry.kind === "feedback");

export const knownItem = (itemId) => knownItems.get(itemId);

export function learnItems(items) {
  for (const { item_id, title, attributes } of items) knownItems.set(item_id, { item_id, title, attributes });
}

/** Take note of an answer that is about to be sent. */
export function noteAnswer(item, given) {
  const order = visit.answers.get(item.item_id)?.order ?? (newestOrder += 1);
  visit.answers.set(item.item_id, { ...given, item, order, isPending: true, since: performance.now() });
}

/** Take over what the service has, newest first; what is still on its way counts as done. */
export function noteFeedback(feedback) {
  newestOrder = feedback.length;
  visit.answers = new Map(
    feedback.map((one, index) => [
      one.item_id,
      { ...pick(one), item: knownItems.get(one.item_id), order: feedback.length - index },
    ]),
  );
  for (const entry of outbox.entries.filter((one) => one.userId === visit.userId)) {
    if (entry.kind === "remove") visit.answers.delete(entry.item.item_id);
    if (entry.kind !== "feedback") continue;
    const { item, ...given } = entry;
    visit.answers.set(item.item_id, { ...pick(given), item, order: (newestOrder += 1), isPending: true });
  }
}

/** Whether reasons can be asked for: without answers there are none. */
export const explained = () => (visit.answers.size ? { explain: true } : {});

/** Answers as a body tells them. */
export const eventsOf = (answers) =>
  [...answers].map(([item_id, { rating, action, source }]) => ({ item_id, rating, action, source }));

export function beginAnew() {
  Object.assign(visit, { attributes: {}, answers: new Map(), act: null, ranked: null, named: null });
}
