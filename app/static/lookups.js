// Single things that the page asks for beside its parts: pages of lists, titles, what is searched for.

import * as service from "./service.js";
import { explained, knownItem, learnItems, visit } from "./visit.js";

/**
 * @param {object} options
 * @param {(problem: Error) => void} options.onproblem
 * @param {() => void} options.onoldcursor  the list has to be begun anew
 * @param {(isKnown: boolean) => void} options.ontitle  a title was asked for; false if in vain
 */
export function lookups({ onproblem, onoldcursor, ontitle }) {
  const titlesAsked = new Set();

  async function nextPage(query) {
    try {
      const page = await service.getRecommendations(visit.userId, { ...query, ...explained() });
      learnItems(page.items);
      return page;
    } catch (problem) {
      if (!service.isProblem(problem)) throw problem;
      if (problem.code === "invalid_cursor") onoldcursor();
      else onproblem(problem);
      return null;
    }
  }

  async function fetchTitle(itemId) {
    if (titlesAsked.has(itemId)) return;
    titlesAsked.add(itemId);
    try {
      learnItems([await service.getItem(visit.userId, itemId)]);
    } catch (problem) {
      const known = visit.answers.get(itemId);
      if (problem.status === 404 && known) known.isGone = true;
      else if (service.isProblem(problem)) {
        onproblem(problem);
      }
    }
    titlesAsked.delete(itemId);
    const known = visit.answers.get(itemId);
    if (known) known.item ??= knownItem(itemId);
    ontitle(Boolean(known?.item || known?.isGone));
  }

  async function findItems(query, limit, signal) {
    const page = await service.findItems(visit.userId, query, limit, signal);
    learnItems(page.items);
    return page;
  }

  return { nextPage, fetchTitle, findItems };
}
