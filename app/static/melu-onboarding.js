// <melu-onboarding>: asks what tells most of a user, in one of four ways, and sends the answers.
import { facts, make, MeluElement, once } from "./melu-element.js";

const MOST_STARS = 10;

/** The ratings of a scale in whole or half steps; null if there is none, or too many for stars. */
function steps(scale) {
  if (!scale) return null;
  const [lowest, highest] = scale;
  const step = [1, 0.5].find((size) => Number.isInteger(lowest / size) && Number.isInteger(highest / size));
  const count = step ? (highest - lowest) / step + 1 : Infinity;
  return count <= MOST_STARS ? Array.from({ length: count }, (_, at) => lowest + at * step) : null;
}

export class MeluOnboarding extends MeluElement {
  static observedAttributes = [...MeluElement.observedAttributes, "mode", "limit"];
  #left = []; // what of this round is not answered yet
  #passed = []; // pairs that could not be decided

  get mode() {
    return this.getAttribute("mode") ?? "items";
  }

  async load(signal) {
    const { mode, melu } = this;
    const limit = this.getAttribute("limit") ?? (mode === "items" ? 3 : undefined);
    const [asked, model] = await Promise.all([
      melu.onboarding({ mode, limit, exclude: this.#passed, signal }),
      melu.model({ signal }),
    ]);
    const questions = mode === "groups" ? (asked.groups ?? []) : asked.items;
    if (asked.progress.enough || questions.length < (mode === "pair" ? 2 : 1)) {
      this.#finish(asked.progress);
      return;
    }
    if (mode === "items") this.#items(questions, model.rating_scale);
    else if (mode === "pair") this.#pair(questions);
    else if (mode === "groups") this.#groups(questions);
    else this.#grid(questions);
    this.tell("melu-asked", { questions, progress: asked.progress });
  }

  #finish(progress) {
    this.draw(make("slot", { name: "done" }, this.words.done));
    this.tell("melu-done", { progress });
  }

  // One by one, by stars where the data have ratings.
  #items(items, scale) {
    this.#left = items.map((item) => item.item_id);
    this.draw(make("ul", { part: "list" }, ...items.map((item) => this.#card(item, scale))));
  }

  #card(item, scale) {
    const { words } = this;
    const choose = once((event) => {
      this.#left = this.#left.filter((id) => id !== item.item_id);
      const next = card.nextElementSibling ?? card.previousElementSibling;
      if (this.shadowRoot.activeElement) next?.querySelector("input, button")?.focus();
      if (this.#left.length) card.remove();
      this.#answer([{ item_id: item.item_id, source: "onboarding", ...event }]);
    });
    const button = (part, text, event) =>
      make("button", { part: `button ${part}`, type: "button", onclick: () => choose(event) }, text);
    const values = steps(scale);
    const ways =
      values
        ? values.map((value) =>
            make(
              "button",
              {
                part: "button star",
                type: "button",
                "aria-label": words.star(value, scale[1]),
                onclick: () => choose({ rating: value }),
              },
              String(value),
            ),
          )
        : [button("like", words.like, { action: "like" }), button("dislike", words.dislike, { action: "dislike" })];
    const card = make(
      "li",
      { part: "card" },
      ...facts(item),
      make(
        "fieldset",
        { part: "rating" },
        make("legend", {}, words.rate(item.title)),
        ...ways,
        button("unseen", words.unseen, { action: "unseen" }),
      ),
    );
    return card;
  }

  // Many at once: those that are pressed are picked.
  #grid(items) {
    this.#choices(items, (item) => facts(item), (pressed) => [
      {
        shown: items.map((item) => item.item_id),
        picked: items.filter((_, at) => pressed[at]).map((item) => item.item_id),
      },
    ]);
  }

  #groups(groups) {
    const shown = (group) => [
      make("span", { part: "title" }, group.label),
      " ",
      make("span", { part: "attributes" }, group.items.map((item) => item.title).join(", ")),
    ];
    this.#choices(groups, shown, (pressed) => {
      const liked = groups.filter((_, at) => pressed[at]);
      return liked.length ? [{ groups: Object.fromEntries(liked.map((group) => [group.group_id, 1])) }] : [];
    });
  }

  #choices(entries, shown, eventsOf) {
    const toggle = ({ currentTarget: button }) =>
      button.setAttribute("aria-pressed", String(button.getAttribute("aria-pressed") !== "true"));
    const buttons = entries.map((entry) =>
      make("button", { part: "card", type: "button", "aria-pressed": "false", onclick: toggle }, ...shown(entry)),
    );
    const send = once(() => {
      const events = eventsOf(buttons.map((button) => button.getAttribute("aria-pressed") === "true"));
      this.#left = [];
      // Nothing of groups picked: there is nothing more to ask in this way.
      if (events.length) this.#answer(events);
      else this.#finish(null);
    });
    this.draw(
      make("ul", { part: "list" }, ...buttons.map((button) => make("li", {}, button))),
      make("button", { part: "button next", type: "button", onclick: send }, this.words.next),
    );
  }

  #pair([one, other]) {
    this.#left = [];
    const choose = once((preferred, over) =>
      this.#answer([{ preferred: preferred.item_id, over: over.item_id }]),
    );
    const choice = (preferred, over) =>
      make("button", { part: "card", type: "button", onclick: () => choose(preferred, over) }, ...facts(preferred));
    const pass = once(() => {
      this.#passed.push(one.item_id, other.item_id);
      this.refresh();
    });
    this.draw(
      make("ul", { part: "list" }, make("li", {}, choice(one, other)), make("li", {}, choice(other, one))),
      make("button", { part: "button neither", type: "button", onclick: pass }, this.words.neither),
    );
  }

  /** Keep an answer, so that it is not lost; once the service has it, ask on. */
  async #answer(events) {
    const { melu } = this;
    await melu.queueFeedback(events);
    await this.work(async (signal) => {
      await melu.flush();
      this.tell("melu-answer", { events, userId: melu.userId });
      // One of several cards that was answered; the others stand.
      if (!this.#left.length && !signal.aborted) await this.load(signal);
    });
  }
}
