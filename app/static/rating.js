// How an item is answered: a row of stars; words where a scale has too many steps for stars, or
// where there are no ratings.

import { el, star } from "./dom.js";
import { middleOf, shownNumber } from "./format.js";
import { words } from "./words.js";

const MOST_STARS = 10;

/** The ratings a visitor may give, or null if they are too many for stars. */
export function steps([low, high]) {
  const step = [1, 0.5].find((size) => Number.isInteger(low / size) && Number.isInteger(high / size));
  const count = step ? Math.round((high - low) / step) + 1 : Infinity;
  return count <= MOST_STARS ? Array.from({ length: count }, (_, index) => low + index * step) : null;
}

/** What the three words mean on a scale, or where there is none. */
export function meanings(scale) {
  if (!scale) return { loved: { action: "like" }, notForMe: { action: "dislike" } };
  return { loved: { rating: scale[1] }, okay: { rating: middleOf(scale) }, notForMe: { rating: scale[0] } };
}

/** How an answer reads: ★★★☆☆, or a word. */
export function answerText({ rating, action }, scale) {
  if (rating === undefined) {
    const said = { like: words.loved, dislike: words.notForMe, unseen: words.unseen(), skip: words.seen() };
    return said[action] ?? action ?? "";
  }
  const ratings = steps(scale);
  const [low, high] = scale;
  if (!ratings) {
    const [word] = Object.entries(meanings(scale)).find(([, one]) => one.rating === rating) ?? [];
    return words[word] ?? shownNumber(rating);
  }
  if (high > 10 || low < 0) return shownNumber(rating);
  const whole = Math.floor(rating + 1e-9);
  const half = rating - whole > 0.25;
  return `${"★".repeat(whole)}${half ? "½" : ""}${"☆".repeat(Math.max(0, Math.floor(high) - whole - half))}`;
}

/** Whether an answer says that something is loved, as the model reads it. */
export function isLoved({ rating, action }, scale) {
  if (rating === undefined) return action === "like";
  const [low, high] = scale ?? [0, 1];
  return rating >= low + 0.75 * (high - low);
}

/**
 * Make a control to answer with.
 *
 * @param {object} options
 * @param {[number, number] | null} options.scale  lowest and highest rating; null for likes alone
 * @param {string} options.label  what is rated, for screen readers
 * @param {(answer: {rating: number} | {action: string}, byKeyboard: boolean) => void} options.onrate
 * @returns {{element: HTMLElement, set: (answer: object | null) => void, focus: () => void}}
 */
export function ratingControl(options) {
  const ratings = options.scale && steps(options.scale);
  if (!ratings) return wordButtons(options);
  const onrate = (rating, byKeyboard) => options.onrate({ rating }, byKeyboard);
  const control = starRow(ratings, { ...options, onrate });
  return { ...control, set: (answer) => control.set(answer?.rating ?? null) };
}

function wordButtons({ scale, label, onrate }) {
  const buttons = Object.entries(meanings(scale)).map(([word, answer]) => ({
    answer,
    element: el("button", {
      type: "button",
      class: "plain choice",
      text: words[word],
      "data-answer": word,
      "aria-pressed": "false",
      onclick: (event) => onrate(answer, event.detail === 0),
    }),
  }));
  return {
    element: el("div", { class: "choices", role: "group", "aria-label": label }, ...buttons.map((one) => one.element)),
    set(given) {
      for (const { answer, element } of buttons) element.setAttribute("aria-pressed", String(isSame(answer, given)));
    },
    focus: () => buttons[0].element.focus({ preventScroll: true }),
  };
}

export const isSame = (one, other) =>
  Boolean(other) && (one.rating === undefined ? one.action === other.action : one.rating === other.rating);

function starRow(ratings, { scale, label, onrate }) {
  const halves = ratings.length > 1 && ratings[1] - ratings[0] < 1;
  let given = -1;
  const radios = ratings.map((rating, index) =>
    el(
      "button",
      {
        type: "button",
        role: "radio",
        class: halves ? "star half" : "star",
        "aria-checked": "false",
        "aria-label": words.of(rating, scale[1]),
        tabindex: index ? "-1" : "0",
        title: shownNumber(rating),
        // A click from the keyboard (Enter, Space) or from a screen reader has no pointer detail.
        onclick: (event) => onrate(rating, event.detail === 0),
        // Moved, not only entered: a new card that comes up under a resting pointer stays blank.
        onpointermove: (event) => event.pointerType === "mouse" && paint(index),
        onfocus: () => radios[index].matches(":focus-visible") && paint(index),
      },
      star(halves ? (Number.isInteger(rating) ? "right" : "left") : "whole"),
    ),
  );
  const element = el(
    "div",
    {
      class: !halves && ratings.length > 6 ? "stars many" : "stars",
      role: "radiogroup",
      "aria-label": label,
      "aria-describedby": "rating-help",
      onpointerleave: () => paint(given),
      onfocusout: () => paint(given),
      onkeydown: move,
    },
    ...radios,
  );

  function paint(upTo) {
    radios.forEach((radio, index) => radio.classList.toggle("lit", index <= upTo));
  }

  function stopAt(index) {
    radios.forEach((radio, place) => radio.setAttribute("tabindex", place === index ? "0" : "-1"));
  }

  // Arrows only move: a rating counts, and its card goes, when Enter or Space says so.
  function move(event) {
    const at = radios.indexOf(document.activeElement);
    const last = radios.length - 1;
    const next = {
      ArrowRight: Math.min(at + 1, last),
      ArrowDown: Math.min(at + 1, last),
      ArrowLeft: Math.max(at - 1, 0),
      ArrowUp: Math.max(at - 1, 0),
      Home: 0,
      End: last,
    }[event.key];
    const typed = ratings.findIndex((rating) => String(rating) === event.key);
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (next !== undefined) {
      event.preventDefault();
      stopAt(next);
      radios[next].focus();
      paint(next);
    } else if (typed >= 0) {
      event.preventDefault();
      onrate(ratings[typed], true);
    }
  }

  return {
    element,
    set(rating) {
      const next = rating === null ? -1 : ratings.findLastIndex((step) => step <= rating + 1e-9);
      if (next === given) return; // somebody may be choosing at this moment
      given = next;
      radios.forEach((radio, index) => radio.setAttribute("aria-checked", String(index === given)));
      if (!element.contains(document.activeElement)) stopAt(Math.max(given, 0));
      element.classList.toggle("given", given >= 0);
      paint(given);
    },
    focus() {
      radios.find((radio) => radio.getAttribute("tabindex") === "0").focus({ preventScroll: true });
    },
  };
}
