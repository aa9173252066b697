// "Start over": asks first where something would be erased.

import { byId } from "./dom.js";

/**
 * @param {object} options
 * @param {() => boolean} options.hasSomething  whether there is something to erase
 * @param {() => void} options.onstartover
 */
export function startOverDialog({ hasSomething, onstartover }) {
  const dialog = byId("start-over-dialog");
  byId("start-over").addEventListener("click", () => (hasSomething() ? dialog.showModal() : onstartover()));
  byId("start-over-no").addEventListener("click", () => dialog.close());
  byId("start-over-yes").addEventListener("click", () => {
    dialog.close();
    onstartover();
    window.scrollTo({ top: 0 });
    byId("tell-heading").focus({ preventScroll: true });
  });
}
