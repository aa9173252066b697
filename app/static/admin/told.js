// What a user told: read, named, and turned into the events of a list that is not stored.

import * as service from "./service.js";

const MOST_EVENTS = 500; // of a body

export const idsOf = (one) => (one.item_id !== undefined ? [one.item_id] : one.preferred !== undefined ? [one.preferred, one.over] : one.items);
export const keyOf = (one) => (one.group_id !== undefined ? `group ${one.group_id}` : idsOf(one).join("/"));

/** Item id → item, of those that the catalogue still has. */
export async function itemsOf(ids) {
  let left = [...new Set(ids)];
  // A refusal names up to twenty that are gone.
  while (left.length) {
    try {
      const { items } = await service.listFor({ candidates: left, limit: left.length, exclude_seen: false });
      return new Map(items.map((item) => [item.item_id, item]));
    } catch (error) {
      const gone = new Set((error.problem?.errors ?? []).map(({ loc }) => loc[2]));
      if (error.code !== "unknown_item" || !gone.size) throw error;
      left = left.filter((_, index) => !gone.has(index));
    }
  }
  return new Map();
}

/**
 * The events of a body: points of all groups are one event, and what the catalogue has no more is left out.
 *
 * @param {object[]} feedback  newest first
 * @param {Map<string, object>} known  the items that there are
 * @param {object[]} added  events beside it
 */
export function eventsOf(feedback, known, added) {
  const events = [];
  const groups = {};
  for (const one of feedback) {
    if (!idsOf(one).every((id) => known.has(id))) continue;
    if (one.group_id !== undefined) groups[one.group_id] = one.points;
    else events.push(one);
  }
  const points = Object.values(groups).some(Boolean) ? [{ groups }] : [];
  return [...added, ...points, ...events].slice(0, MOST_EVENTS);
}
