// The strips that say, calmly, when something is wrong, and offer to undo. They cover nothing that
// is in use, and move nothing.

import { byId, el } from "./dom.js";
import { words } from "./words.js";

const GOOD_NEWS = 4000; // ms
const UNDO = 6000; // ms

const button = (text, onclick) => el("button", { type: "button", class: "plain small", text, onclick });

export function statusStrip() {
  const strip = byId("status");
  let timer = null;

  function show(kind, text, ...buttons) {
    clearTimeout(timer);
    const key = `${kind}|${text}`;
    if (strip.dataset.key === key) return;
    strip.dataset.key = key;
    strip.dataset.kind = kind;
    strip.replaceChildren(el("p", { text }), ...buttons);
  }

  function hide() {
    clearTimeout(timer);
    delete strip.dataset.key;
    delete strip.dataset.kind;
    strip.replaceChildren();
  }

  return {
    hide,
    away: (text, retry) => show("away", text, button(words.retryNow, retry)),
    problem: (text, retry) =>
      show(
        "problem",
        text,
        ...(retry ? [button(words.retry, () => { hide(); retry(); })] : []),
        button(words.dismiss, hide),
      ),
    back(text) {
      show("back", text);
      timer = setTimeout(hide, GOOD_NEWS);
    },
  };
}

/** Offers for six seconds to undo the last answer; Ctrl+Z does it too. */
export function undoStrip() {
  const strip = byId("undo");
  let timer = null;
  let undo = null;
  let endsAt = 0;

  function hide() {
    clearTimeout(timer);
    // Whoever is on the button goes back to where they answered.
    if (strip.contains(document.activeElement)) byId("tell-heading").focus({ preventScroll: true });
    undo = null;
    strip.replaceChildren();
  }

  function run() {
    const last = undo;
    hide();
    last?.();
  }

  function wait() {
    clearTimeout(timer);
    timer = setTimeout(() => {
      if (strip.matches(":hover, :focus-within")) wait();
      else hide();
    }, Math.max(500, endsAt - performance.now()));
  }

  document.addEventListener("keydown", (event) => {
    const isUndo = event.key === "z" && (event.ctrlKey || event.metaKey) && !event.shiftKey;
    if (!isUndo || !undo || event.target.matches("input:not([type=range]), select")) return;
    event.preventDefault();
    run();
  });

  return {
    offer(text, onundo) {
      undo = onundo;
      const offer = button(words.undo, run);
      offer.title = "Ctrl+Z";
      offer.setAttribute("aria-keyshortcuts", "Control+Z Meta+Z");
      strip.replaceChildren(el("p", { text }), offer);
      endsAt = performance.now() + UNDO;
      wait();
    },
    hide,
  };
}
