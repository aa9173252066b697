// "Tell us": what to answer, each in a place that only changes once answered.

import { cover } from "./covers.js";
import { byId, el, prefersStillness } from "./dom.js";
import { attributeLine, titleParts } from "./format.js";
import { ratingControl } from "./rating.js";
import { words } from "./words.js";

export const PLACES = 6;
const LINGER = 450; // ms that an answered card stays, so that the answer is seen to land
const ARRIVAL = 300; // ms that a new card takes no clicks

/**
 * @param {object} options
 * @param {(item: object, answer: {rating: number} | {action: string}) => void} options.onanswer
 * @param {() => void} options.onothers  the visitor wants other cards
 */
export function questionCards({ onanswer, onothers }) {
  const list = byId("candidates");
  const note = byId("candidates-note");
  const nearNote = byId("candidates-near");
  const others = byId("others");
  let places = []; // {item, element, control, answeredAt}
  let waiting = []; // what comes next, best first
  let passedOver = new Set(); // ids of cards that gave way to others
  let answers = new Map();
  let model = null;
  let timer = null;
  let made = 0;

  others.addEventListener("click", () => {
    for (const { item } of places) passedOver.add(item.item_id);
    onothers();
  });

  function makeCard(item) {
    const control = ratingControl({
      scale: model.rating_scale,
      label: words.rate(item.title),
      onrate: (answer) => onanswer(item, answer),
    });
    const titleId = `candidate-${(made += 1)}`;
    const element = el(
      "li",
      { class: "card", "aria-labelledby": titleId, "data-item": item.item_id },
      cover(item, "wide"),
      el("h3", { id: titleId, title: attributeLine(item, model.item_features) }, titleParts(item.title).name,
        el("span", { class: "sr-only", text: ` ${titleParts(item.title).mark}` })),
      el(
        "div",
        { class: "card-foot" },
        control.element,
        el("button", {
          type: "button",
          class: "plain unseen",
          text: words.unseen(),
          "aria-label": words.unseenOf(item.title),
          onclick: () => onanswer(item, { action: "unseen" }),
        }),
      ),
    );
    return { item, element, control, answeredAt: null };
  }

  function comeIn(element) {
    // A second click meant for the card before must not rate this one.
    element.classList.add("arriving");
    setTimeout(() => element.classList.remove("arriving"), ARRIVAL);
    if (prefersStillness()) return;
    element.animate(
      [{ opacity: 0, transform: "scale(0.97)" }, { opacity: 1, transform: "none" }],
      { duration: ARRIVAL, easing: "ease-out" },
    );
  }

  /** Give every free or answered place the next candidate. */
  function fill() {
    clearTimeout(timer);
    const isShown = (item) => places.some((place) => place.item.item_id === item.item_id);
    waiting = waiting.filter((item) => !answers.has(item.item_id) && !isShown(item));
    const lingering = (place) => place.answeredAt !== null && performance.now() - place.answeredAt < LINGER;
    const hadFocus = places.findIndex((place) => place.element.contains(document.activeElement));
    const next = [];
    places.forEach((place, index) => {
      if (place.answeredAt === null || lingering(place)) {
        next.push(place);
        return;
      }
      if (!waiting.length) {
        place.element.remove();
        return;
      }
      const card = makeCard(waiting.shift());
      place.element.replaceWith(card.element);
      comeIn(card.element);
      next.push(card);
      if (index === hadFocus) card.control.focus();
    });
    while (next.length < PLACES && waiting.length) {
      const card = makeCard(waiting.shift());
      list.append(card.element);
      next.push(card);
    }
    places = next;
    if (hadFocus >= 0 && !list.contains(document.activeElement)) {
      (places[Math.min(hadFocus, places.length - 1)]?.control ?? byId("tell-heading")).focus({ preventScroll: true });
    }
    if (places.some(lingering)) timer = setTimeout(fill, LINGER);
    note.hidden = places.length > 0;
    note.textContent = words.askedAll;
    others.hidden = places.length < PLACES;
  }

  return {
    get shownIds() {
      return places.map((place) => place.item.item_id);
    },
    /** What gave way to others, and is not to be asked about again just now. */
    get passedOver() {
      return [...passedOver];
    },
    /** Take over what the visitor has answered, and mark its cards. */
    mark(newAnswers) {
      answers = newAnswers;
      for (const place of places) {
        const answer = answers.get(place.item.item_id);
        place.element.classList.toggle("answered", Boolean(answer));
        place.control.set(answer ?? null);
        if (!answer) place.answeredAt = null;
        else place.answeredAt ??= performance.now();
      }
      if (!answers.size) nearNote.hidden = true;
    },
    /**
     * Take over new candidates, best first.
     *
     * @param {object[]} items
     * @param {object} newModel
     * @param {{near?: string | null, replacesAll?: boolean}} how  `near`: title of what they are
     *   alike; all open cards then give way, as they do where others were asked for
     */
    offer(items, newModel, { near = null, replacesAll = false } = {}) {
      model = newModel;
      waiting = items;
      if (list.hasAttribute("aria-busy")) {
        list.removeAttribute("aria-busy");
        list.replaceChildren();
      }
      if ((near || replacesAll) && items.length) {
        for (const place of places) {
          // As if answered long ago, so that it makes room now.
          place.answeredAt ??= -LINGER;
        }
      }
      if (near) {
        nearNote.textContent = words.near(near);
        nearNote.hidden = !items.length;
      }
      fill();
    },
    /** Put an item back whose answer was taken back, if its card is gone. */
    putBack(item) {
      if (!places.length || places.some((place) => place.item.item_id === item.item_id)) return;
      const card = makeCard(item);
      places[0].element.replaceWith(card.element);
      waiting.unshift(places[0].item);
      places[0] = card;
      comeIn(card.element);
    },
    /** Go on with the candidates at hand, while no new ones can be had. */
    goOn() {
      if (waiting.length) fill();
    },
    clear() {
      clearTimeout(timer);
      places = [];
      waiting = [];
      passedOver = new Set();
      list.replaceChildren(...Array.from({ length: PLACES }, () => el("li", { class: "skeleton", "aria-hidden": "true" })));
      list.setAttribute("aria-busy", "true");
      note.hidden = true;
      nearNote.hidden = true;
      others.hidden = true;
    },
  };
}
