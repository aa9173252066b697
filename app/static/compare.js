// How one list differs from another.

export const TEN = 10;

/**
 * Compare the heads of two rankings.
 *
 * @param {object[]} before  items, best first; may go on below the head, to know former places
 * @param {object[]} after
 * @param {number} size  of the head
 */
export function difference(before, after, size = TEN) {
  const was = new Map(before.map((item, index) => [item.item_id, index + 1]));
  const head = after.slice(0, size);
  const inHead = new Set(head.map((item) => item.item_id));
  const rows = head.map((item, index) => {
    const place = was.get(item.item_id) ?? null;
    const wasIn = place !== null && place <= size;
    return { item, place: index + 1, was: place, isNew: !wasIn, move: wasIn ? place - (index + 1) : 0 };
  });
  const left = before
    .slice(0, size)
    .map((item, index) => ({ item, was: index + 1 }))
    .filter(({ item }) => !inHead.has(item.item_id));
  return {
    rows,
    left,
    entered: rows.filter((row) => row.isNew),
    up: rows.filter((row) => row.move > 0),
    down: rows.filter((row) => row.move < 0),
  };
}

/** How many of a list's head are not in another's. */
export function differing(one, other, size = TEN) {
  const there = new Set(other.slice(0, size).map((item) => item.item_id));
  return one.slice(0, size).filter((item) => !there.has(item.item_id)).length;
}
