// What to ask: which cards come next, and how far the answers have come.

import { PLACES, questionCards } from "./cards.js";
import { nameIn } from "./format.js";
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

  function showProgress(state) {
    progress.show(state);
    onprogress(state);
  }

  return {
    cards,
    async load(user) {
      const answered = waitingAnswers(user).map((entry) => entry.item.item_id);
      const exclude = new Set([...cards.passedOver, ...cards.shownIds, ...answered]);
      // The answer about it has to be there before: it is not asked about itself.
      const near = visit.named && !isWaiting(visit.named.item_id) ? visit.named : null;
      if (near) visit.named = null;
      const replacesAll = wantsOthers;
      wantsOthers = false;
      const query = { limit: PLACES + SPARE, exclude: [...exclude], near: near?.item_id };
      return { ...(await service.getQuestions(user, query)), near, replacesAll, isWhole: !exclude.size };
    },
    arrived({ items, near, replacesAll, progress: state, isWhole }) {
      learnItems(items);
      cards.offer(items, visit.model, { near: near && nameIn(near), replacesAll });
      if (isWhole) showProgress(state);
    },
    /** What one more answer brings is that of all there is to ask, what is on the screen too. */
    loadProgress: async (user) => (await service.getQuestions(user, { limit: 1 })).progress,
    showProgress,
    clear() {
      cards.clear();
      progress.clear();
    },
  };
}
