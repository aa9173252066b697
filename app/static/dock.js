// On a phone: the first five at the foot of the screen, so that an answer and what it does are seen
// together.

import { TEN } from "./compare.js";
import { cover } from "./covers.js";
import { byId, gliding, say } from "./dom.js";
import { words } from "./words.js";

const FIVE = 5;

const isNarrow = window.matchMedia("(max-width: 59.99rem)"); // as styles/9-narrow.css has it

export function listDock() {
  const dock = byId("dock");
  const five = byId("five");
  const said = byId("dock-said");
  let covers = new Map(); // item id → element
  let last = null; // {items, change, isPersonal}

  function draw() {
    if (!last || !isNarrow.matches) return;
    const { items, change, isPersonal } = last;
    const next = new Map(items.slice(0, FIVE).map((item) => [item.item_id, covers.get(item.item_id) ?? cover(item, "tall")]));
    gliding(
      () => [...next.values()].filter((one) => one.isConnected),
      () => five.replaceChildren(...next.values()),
    );
    covers = next;
    dock.classList.toggle("folded", !isPersonal);
    const fresh = new Set(change?.entered.map(({ item }) => item.item_id));
    for (const [id, element] of covers) element.classList.toggle("fresh", fresh.has(id));
    const size = Math.min(items.length, TEN);
    say(said, !isPersonal ? words.everyones : change ? words.dock(change, size) : words.yourTen(size));
  }

  isNarrow.addEventListener("change", draw);

  return {
    /** @param {object | null} change  as `difference` tells it */
    show(items, change, isPersonal) {
      last = { items, change, isPersonal };
      draw();
    },
    clear() {
      last = null;
      covers = new Map();
      five.replaceChildren();
      dock.classList.add("folded");
      said.textContent = words.waiting;
    },
  };
}
