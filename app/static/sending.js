// Sends what the outbox holds, one after the other: the order is what the visitor did.

import { forgetToken } from "./memory.js";
import * as service from "./service.js";

const deliver = {
  feedback: ({ item, rating, action, source, event_id }, user) =>
    service.postFeedback(user, { item_id: item.item_id, rating, action, source, event_id, list_id: item.list_id }),
  remove: ({ item }, user) => service.deleteFeedback(user, item.item_id),
  profile: ({ attributes }, user) => service.putUser(user, attributes),
  erase: async (_entry, user) => {
    await service.deleteUser(user);
    forgetToken(user);
  },
};

/**
 * @param {object} options
 * @param {Outbox} options.outbox
 * @param {(entry: object, result: object) => void} options.ondelivered
 * @param {(entry: object, problem: Error) => void} options.onrefused  it will never be taken
 * @param {(problem: Error) => void} options.onfail  it may be taken later
 */
export function sender({ outbox, ondelivered, onrefused, onfail }) {
  let isFlushing = false;

  return async function flush() {
    if (isFlushing) return;
    isFlushing = true;
    try {
      for (let entry = outbox.take(); entry; entry = outbox.take()) {
        try {
          const result = await deliver[entry.kind](entry, entry.userId);
          outbox.done(entry);
          ondelivered(entry, result);
        } catch (problem) {
          if (!service.isProblem(problem)) throw problem;
          if (service.mayPass(problem) || problem.status === 401) {
            outbox.putBack();
            onfail(problem);
            return;
          }
          outbox.done(entry);
          onrefused(entry, problem);
        }
      }
    } finally {
      isFlushing = false;
    }
  };
}
