// Filters made from what the model says of items: chips for values, ranges for numbers; and a slider
// from safe to surprising.

import { byId, el } from "./dom.js";
import { humanName, shownNumber } from "./format.js";
import { words } from "./words.js";

const MOST_CHIPS = 24;
const FEW_RANGES = 2; // that stand beside the slider; the others are further filters
const STEP = 0.25;
const PAUSE = 250; // ms without a change of a number before asking
const EXPLORING_FROM = 0.75; // of the slider: some places then go to what little is known of
const EXPLORED_SHARE = 0.2;

/**
 * @param {object} options
 * @param {() => void} options.onchange
 */
export function listFilters({ onchange }) {
  const box = byId("filters");
  let chosen = new Map(); // attribute → set of values
  let ranges = new Map(); // attribute → {low, high, from, to}
  let surprise = 0;
  let canExplore = false;
  let redraw = [];

  const hasChoices = ({ kind, values }) =>
    (kind === "category" || kind === "categories") && values?.length > 1 && values.length <= MOST_CHIPS;

  function changed() {
    for (const draw of redraw) draw();
    onchange();
  }

  function chips(name, { values }) {
    const label = humanName(name);
    const buttons = values.map((value) => [
      value,
      el("button", {
        type: "button",
        class: "chip",
        text: value,
        "data-filter": `${name}:${value}`,
        onclick: () => {
          const set = chosen.get(name) ?? new Set();
          if (!set.delete(value)) set.add(value);
          chosen.set(name, set);
          changed();
        },
      }),
    ]);
    redraw.push(() => {
      for (const [value, button] of buttons) button.setAttribute("aria-pressed", String(Boolean(chosen.get(name)?.has(value))));
    });
    return el("div", { class: "chips", role: "group", "aria-label": label }, ...buttons.map(([, button]) => button));
  }

  function range(name, { minimum, maximum }) {
    const label = humanName(name);
    const state = { low: minimum, high: maximum, from: null, to: null };
    ranges.set(name, state);
    let timer = null;
    const field = (side, text, placeholder) => {
      const input = el("input", {
        type: "number", step: "any", inputmode: "decimal", "aria-label": text,
        placeholder: Number.isInteger(placeholder) ? String(placeholder) : shownNumber(placeholder),
        oninput: () => {
          // Firefox lets letters be typed as well.
          input.setAttribute("aria-invalid", String(input.validity.badInput));
          state[side] = Number.isFinite(input.valueAsNumber) ? input.valueAsNumber : null;
          clearTimeout(timer);
          timer = setTimeout(changed, PAUSE);
        },
      });
      redraw.push(() => {
        if (state[side] !== null || document.activeElement === input) return;
        input.value = "";
        input.setAttribute("aria-invalid", "false");
      });
      return input;
    };
    return el(
      "div",
      { class: "range", role: "group", "aria-label": label },
      el("span", { text: label, "aria-hidden": "true" }),
      field("from", words.from(label), minimum),
      el("span", { text: "–", "aria-hidden": "true" }),
      field("to", words.to(label), maximum),
    );
  }

  function slider() {
    const input = el("input", {
      type: "range", id: "surprise", min: 0, max: 1, step: STEP, value: 0, "aria-label": words.surprise,
      onchange: () => {
        surprise = input.valueAsNumber;
        changed();
      },
    });
    redraw.push(() => {
      input.value = surprise;
      input.setAttribute("aria-valuetext", `${Math.round(100 * surprise)} %`);
    });
    return el(
      "div",
      { class: "slider" },
      el("span", { text: words.safe, "aria-hidden": "true" }),
      input,
      el("span", { text: words.surprising, "aria-hidden": "true" }),
    );
  }

  function isOn() {
    return surprise > 0 || [...chosen.values()].some((set) => set.size) || [...ranges.values()].some(({ from, to }) => from !== null || to !== null);
  }

  return {
    use(model) {
      redraw = [];
      chosen = new Map();
      ranges = new Map();
      surprise = 0;
      canExplore = model.orders.includes("relevance");
      const features = Object.entries(model.item_features);
      const [first, ...others] = features.filter(([, feature]) => hasChoices(feature));
      const numbers = features.filter(([, { kind, minimum, maximum }]) => kind === "number" && minimum < maximum);
      const clear = el("button", { type: "button", class: "plain small", text: words.clearFilters, hidden: true, onclick: () => this.reset() });
      redraw.push(() => {
        clear.hidden = !isOn();
      });
      const drawnRanges = numbers.map(([name, feature]) => range(name, feature));
      const more = others.map(([name, feature]) => el("div", {}, el("p", { class: "label", text: humanName(name) }), chips(name, feature)));
      if (drawnRanges.length > FEW_RANGES) more.push(el("div", { class: "filter-row" }, ...drawnRanges.slice(FEW_RANGES)));
      box.replaceChildren(
        ...(first ? [chips(...first)] : []),
        el("div", { class: "filter-row" }, ...drawnRanges.slice(0, FEW_RANGES), slider(), clear),
        ...(more.length ? [el("details", { class: "fold" }, el("summary", { text: words.moreFilters }), ...more)] : []),
      );
      box.hidden = false;
      for (const draw of redraw) draw();
    },
    reset() {
      for (const set of chosen.values()) set.clear();
      for (const state of ranges.values()) state.from = state.to = null;
      surprise = 0;
      changed();
    },
    get isOn() {
      return isOn();
    },
    /** Parameters of a list. */
    get query() {
      const filter = [...chosen].flatMap(([name, values]) => [...values].map((value) => `${name}:${value}`));
      for (const [name, { from, to }] of ranges) {
        if (from !== null || to !== null) filter.push(`${name}:${from ?? ""}..${to ?? ""}`);
      }
      const explore = canExplore && surprise >= EXPLORING_FROM ? { explore: EXPLORED_SHARE } : {};
      return { ...(filter.length ? { filter } : {}), ...(surprise ? { diversity: surprise, ...explore } : {}) };
    },
  };
}
