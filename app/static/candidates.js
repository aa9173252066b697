// "Rate a handful": the evidence candidates, each in a place that only changes once answered.

import { byId, el, prefersStillness } from "./dom.js";
import { ratingControl } from "./stars.js";
import { attributeLine } from "./words.js";

export const PLACES = 6;
const LINGER = 450; // ms that an answered card stays, so that the answer is seen to land
const ARRIVAL = 300; // ms that a new card takes no clicks

/**
 * @param {object} options
 * @param {(item: object, answer: {rating: number} | {action: string}) => void} options.onanswer
 */
export function candidateCards({ onanswer }) {
  const list = byId("candidates");
  const note = byId("candidates-note");
  const nearNote = byId("candidates-near");
  let places = []; // {item, element, control, answeredAt}
  let waiting = []; // what comes next, best first
  let answers = new Map();
  let model = null;
  let timer = null;
  let made = 0;

  function makeCard(item) {
    const control = ratingControl({
      scale: model.rating_scale,
      label: `Rate ${item.title}`,
      onrate: (answer) => onanswer(item, answer),
    });
    const titleId = `candidate-${(made += 1)}`;
    const element = el(
      "li",
      { class: "card", "aria-labelledby": titleId, "data-item": item.item_id },
      el("h3", { id: titleId, text: item.title }),
      el("p", { class: "attributes", text: attributeLine(item, model.item_features) }),
      el(
        "div",
        { class: "card-foot" },
        control.element,
        el("button", {
          type: "button",
          class: "plain unseen",
          text: "Haven’t seen",
          "aria-label": `Haven’t seen ${item.title}`,
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
      [{ opacity: 0, transform: "translateY(6px)" }, { opacity: 1, transform: "none" }],
      { duration: ARRIVAL, easing: "ease-out" },
    );
  }

  /** Give every free or answered place the next candidate. */
  function fill() {
    clearTimeout(timer);
    waiting = waiting.filter(
      (item) => !answers.has(item.item_id) && !places.some((place) => place.item.item_id === item.item_id),
    );
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
      (places[Math.min(hadFocus, places.length - 1)]?.control ?? byId("rate-heading")).focus({ preventScroll: true });
    }
    if (places.some(lingering)) timer = setTimeout(fill, LINGER);
    note.hidden = places.length > 0;
    note.textContent = "That is all there is to ask. Search for more to rate.";
  }

  return {
    get shownIds() {
      return places.map((place) => place.item.item_id);
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
     * @param {string | null} near  title of what they are alike; they then replace all open cards
     */
    offer(items, newModel, near = null) {
      model = newModel;
      waiting = items;
      list.removeAttribute("aria-busy");
      if (near && items.length) {
        for (const place of places) {
          // As if answered long ago, so that it makes room now.
          place.answeredAt ??= -LINGER;
        }
        nearNote.textContent = `More like ${near}: do you know these?`;
      }
      if (near) nearNote.hidden = !items.length;
      fill();
    },
    /** Go on with the candidates at hand, while no new ones can be had. */
    goOn() {
      if (waiting.length) fill();
    },
    clear() {
      clearTimeout(timer);
      places = [];
      waiting = [];
      list.replaceChildren();
      list.setAttribute("aria-busy", "true");
      note.hidden = true;
      nearNote.hidden = true;
    },
  };
}
