// On a phone: the first five at the foot of the screen, so that an answer and what it does are seen
// together.

import { cover } from "./covers.js";
import { byId, gliding, say } from "./dom.js";
import { words } from "./words.js";

const FIVE = 5;

export function listDock() {
  const five = byId("five");
  const said = byId("dock-said");
  let covers = new Map(); // item id → element

  return {
    /** @param {object | null} change  as `difference` tells it */
    show(items, change, isPersonal) {
      const next = new Map(items.slice(0, FIVE).map((item) => [item.item_id, covers.get(item.item_id) ?? cover(item, "tall")]));
      gliding(
        () => [...next.values()].filter((one) => one.isConnected),
        () => five.replaceChildren(...next.values()),
      );
      covers = next;
      const isFresh = (id) => change?.entered.some(({ item }) => item.item_id === id);
      for (const [id, element] of covers) element.classList.toggle("fresh", Boolean(isFresh(id)));
      say(said, !isPersonal ? words.everyones : change ? words.dock(change, Math.min(items.length, 10)) : words.yourTen(Math.min(items.length, 10)));
    },
    clear() {
      covers = new Map();
      five.replaceChildren();
      said.textContent = words.waiting;
    },
  };
}
