// What to ask: which cards come next, and how far the answers have come.

import { PLACES, questionCards } from "./cards.js";
import { answerProgress } from "./progress.js";
import * as service from "./service.js";
import { isWaiting, learnItems, visit, waitingAnswers } from "./visit.js";

const SPARE = 6; // to go on with while the service is away

/**
 * @param {object} options
 * @param {(item: object, answer: object) => void} options.onanswer
 * @param {() => void} options.onothers  other cards are wanted
 * @param {(progress: object) => void} options.onprogress
 */
export function questions({ onanswer, onothers, onprogress }) {
  let wantsOthers = false;
  const progress = answerProgress();
  const cards = questionCards({
    onanswer: (item, given) => onanswer(item, { ...given, source: "onboarding" }),
    onothers() {
      wantsOthers = true;
      onothers();
    },
  });

  return {
    cards,
    async load(user) {
      // What is on the screen may come again, and is passed over here: what is chosen beside it
      // shall tell something else, and the gain of one more answer is that of all there is to ask.
      const exclude = new Set([...cards.passedOver, ...waitingAnswers(user).map((entry) => entry.item.item_id)]);
      // The answer about it has to be there before: it is not asked about itself.
      const near = visit.named && !isWaiting(visit.named.item_id) ? visit.named : null;
      if (near) visit.named = null;
      const replacesAll = wantsOthers;
      wantsOthers = false;
      const query = { limit: PLACES + SPARE, exclude: [...exclude], near: near?.item_id };
      return { ...(await service.getQuestions(user, query)), near, replacesAll };
    },
    arrived({ items, near, replacesAll, progress: state }) {
      learnItems(items);
      cards.offer(items, visit.model, { near: near?.title, replacesAll });
      progress.show(state);
      onprogress(state);
    },
    clear() {
      cards.clear();
      progress.clear();
    },
  };
}
