// What the tabs are made of: tables, figures, facts, messages, and the question before a change.

import { byId, el } from "../dom.js";
import { changesAllowed } from "./service.js";
import { words } from "./words.js";

/** A section with its heading. */
export function section(id, heading, ...children) {
  return el("section", { class: "panel", "aria-labelledby": `${id}-heading`, id },
    el("h2", { id: `${id}-heading`, tabindex: "-1", text: heading }), ...children);
}

export const note = (text) => el("p", { class: "quiet", text });

/** A table that can be scrolled on its own. `numeric` are the columns with numbers. */
export function table(caption, columns, rows, { numeric = [], isNarrow = false } = {}) {
  const isNumeric = new Set(numeric);
  const cell = (tag, value, index, more = {}) =>
    el(tag, { ...more, class: isNumeric.has(index) ? "number" : "" }, value ?? words.none);
  return el("div", { class: isNarrow ? "scroll narrow" : "scroll", role: "group", "aria-label": caption, tabindex: "0" },
    el("table", {},
      el("thead", {}, el("tr", {}, ...columns.map((one, index) => (one ? cell("th", one, index, { scope: "col" }) : el("td"))))),
      el("tbody", {}, ...rows.map((row) =>
        el("tr", {}, ...row.map((one, index) => (index ? cell("td", one, index) : cell("th", one, index, { scope: "row" })))))),
    ));
}

/** Numbers to be seen at once: `{name, value, more, kind}`. */
export function figures(list) {
  return el("dl", { class: "figures" }, ...list.map(({ name, value, more, kind, picture }) =>
    el("div", { class: `figure ${kind ?? ""}` },
      el("dt", { text: name }),
      el("dd", {}, el("span", { class: "value", text: value }), picture ?? null, more ? el("span", { class: "more", text: more }) : null))));
}

/** Names and values, beside each other. */
export function facts(list) {
  return el("dl", { class: "facts" }, ...list.filter(([, value]) => value !== null && value !== undefined).map(([name, value]) =>
    el("div", {}, el("dt", { text: name }), el("dd", {}, value))));
}

/** A share as a bar; its text stands beside it. */
export const bar = (part) => {
  const filled = el("span");
  filled.style.setProperty("--part", String(Math.max(0, Math.min(1, part || 0))));
  return el("span", { class: "bar", "aria-hidden": "true" }, filled);
};

export function toast(text) {
  const box = byId("toast");
  box.textContent = "";
  box.append(el("p", { text }));
  clearTimeout(toast.timer);
  toast.timer = setTimeout(() => box.replaceChildren(), 6000);
}

/** What went wrong, in the service's words. */
export const textOf = (error) =>
  error.code === "unreachable" ? words.unreachable : words.problem(error.message, error.requestId);

/** What is drawn anew keeps its focus and how far it was scrolled, by what it is called. */
function keepingPlace(box, draw) {
  const named = () => [...box.querySelectorAll(".scroll[aria-label]")];
  const before = new Map(named().map((one) => [one.ariaLabel, one.scrollLeft]));
  const focused = named().find((one) => one === document.activeElement)?.ariaLabel;
  draw();
  for (const one of named()) {
    if (before.get(one.ariaLabel)) one.scrollLeft = before.get(one.ariaLabel);
    if (one.ariaLabel === focused) one.focus({ preventScroll: true });
  }
}

/** A place whose content comes from the service, with what is said while it does not. */
export function place(properties = {}) {
  const box = el("div", { class: "place", ...properties });
  let ticket = 0;
  return {
    box,
    clear() {
      ticket += 1;
      box.replaceChildren();
    },
    /** Show what `draw` makes; of two that overlap the later one counts. */
    async show(draw, { quietly = false } = {}) {
      const mine = (ticket += 1);
      if (!quietly) box.replaceChildren(el("p", { class: "quiet", role: "status", text: words.loading }));
      try {
        const made = await draw();
        if (mine === ticket) keepingPlace(box, () => box.replaceChildren(...[made].flat()));
      } catch (error) {
        const said = textOf(error);
        // What was said already is not said again every few seconds.
        if (mine !== ticket || box.querySelector("[role=alert]")?.textContent === said) return;
        box.replaceChildren(
          el("p", { class: "complaint", role: "alert", text: said }),
          el("button", { type: "button", class: "plain small", text: words.retry, onclick: () => this.show(draw) }));
      }
    },
  };
}

/**
 * Ask before a change. Resolves to whether it may be made; `typed` has to be typed first.
 *
 * @param {{title: string, body: (string | Node)[], yes: string, typed?: {label: string, text: string}}} question
 */
export function asked({ title, body, yes, typed }) {
  if (!changesAllowed()) {
    toast(words.allowFirst);
    byId("allow").focus();
    return Promise.resolve(false);
  }
  const dialog = byId("ask");
  byId("ask-title").textContent = title;
  byId("ask-body").replaceChildren(...body.map((one) => (typeof one === "string" ? el("p", { text: one }) : one)));
  byId("ask-no").textContent = words.cancel;
  const confirm = byId("ask-yes");
  confirm.textContent = yes;
  const input = byId("ask-typed");
  input.value = "";
  byId("ask-typed-field").hidden = !typed;
  byId("ask-typed-label").textContent = typed?.label ?? "";
  const check = () => (confirm.disabled = Boolean(typed) && input.value !== typed.text);
  input.oninput = check;
  check();
  dialog.showModal();
  (typed ? input : byId("ask-no")).focus();
  return new Promise((resolve) => {
    const done = (answer) => {
      dialog.onclose = null;
      if (dialog.open) dialog.close();
      resolve(answer);
    };
    byId("ask-form").onsubmit = (event) => {
      event.preventDefault();
      if (!confirm.disabled) done(true);
    };
    byId("ask-no").onclick = () => done(false);
    dialog.onclose = () => done(false);
  });
}
