// The strip that says, calmly, when something is wrong. It covers nothing and moves nothing.

import { byId, el } from "./dom.js";

const GOOD_NEWS = 4000; // ms

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

  const button = (text, onclick) => el("button", { type: "button", class: "plain", text, onclick });

  return {
    hide,
    away: (text, retry) => show("away", text, button("Retry now", retry)),
    problem: (text, retry) =>
      show(
        "problem",
        text,
        ...(retry ? [button("Retry", () => { hide(); retry(); })] : []),
        button("Dismiss", hide),
      ),
    back(text) {
      show("back", text);
      timer = setTimeout(hide, GOOD_NEWS);
    },
  };
}
