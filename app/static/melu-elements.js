// <melu-onboarding> and <melu-recommendations>: questions and a list, on any page. docs/clients.md
// names their attributes, events, slots and parts.
import { Melu } from "./melu.js";

const WORDS = {
  unseen: "Haven’t seen it",
  like: "Like",
  dislike: "Dislike",
  rate: (title) => `Rate ${title}`,
  star: (value, highest) => `${value} of ${highest}`,
  next: "Continue",
  neither: "Can’t say",
  more: "Show more",
  again: "Try again",
  failed: "The service can’t be reached.",
  done: "Thank you. That is enough to know you.",
};
const MOST_STARS = 10;

const styles = new CSSStyleSheet();
styles.replaceSync(`
  :host { display: block; }
  :host([hidden]) { display: none; }
  ul, ol { list-style: none; margin: 0; padding: 0; display: grid; gap: 0.75rem; }
  fieldset { border: 0; margin: 0; padding: 0; display: flex; flex-wrap: wrap; gap: 0.5rem; align-items: center; }
  legend { position: absolute; clip-path: inset(50%); width: 1px; height: 1px; overflow: hidden; }
  button { font: inherit; }
  button[aria-pressed="true"] { outline: 2px solid currentColor; }
`);

/** Elements of the same service and user share a client, and so its queue. */
const clients = new Map();

function clientOf(baseUrl, userId) {
  const key = JSON.stringify([baseUrl, userId]);
  if (!clients.has(key)) clients.set(key, new Melu({ ...(baseUrl && { baseUrl }), userId }));
  return clients.get(key);
}

function make(name, properties = {}, ...children) {
  const { part, ...rest } = properties;
  const element = document.createElement(name);
  if (part) element.setAttribute("part", part);
  for (const [key, value] of Object.entries(rest)) {
    if (key.startsWith("aria-") || key === "role") element.setAttribute(key, value);
    else element[key] = value;
  }
  element.append(...children);
  return element;
}

const described = ({ attributes }) =>
  Object.values(attributes)
    .flat()
    .filter((value) => value !== null && value !== "")
    .join(", ");

/** A second click on what was answered is none. */
function once(act) {
  let done = false;
  return (...values) => {
    if (!done) {
      done = true;
      act(...values);
    }
  };
}

const facts = (item) => [
  make("span", { part: "title" }, item.title),
  " ",
  make("span", { part: "attributes" }, described(item)),
];

/** What both elements are: a client, a place to draw, and one job at a time. */
class MeluElement extends HTMLElement {
  static observedAttributes = ["base-url", "user-id"];
  #melu = null;
  #words = WORDS;
  #abort = null;
  #starts = false;

  constructor() {
    super();
    this.attachShadow({ mode: "open" }).adoptedStyleSheets = [styles];
    this.body = make("div", { part: "body" });
    this.status = make("p", { part: "status", role: "status" });
    this.shadowRoot.append(make("slot", { name: "heading" }), this.body, this.status);
  }

  /** The client; set one with a token where the service asks for it. */
  get melu() {
    return this.#melu ?? clientOf(this.getAttribute("base-url"), this.getAttribute("user-id"));
  }

  get isReady() {
    return this.#melu !== null || Boolean(this.getAttribute("user-id"));
  }

  set melu(melu) {
    this.#melu = melu;
    this.#start();
  }

  get words() {
    return this.#words;
  }

  set words(words) {
    this.#words = { ...WORDS, ...words };
    this.#start();
  }

  connectedCallback() {
    // What was set before this file was loaded hides the accessors.
    for (const name of ["melu", "words"]) {
      if (!Object.hasOwn(this, name)) continue;
      const value = this[name];
      delete this[name];
      this[name] = value;
    }
    this.#start();
  }

  disconnectedCallback() {
    this.#abort?.abort();
  }

  attributeChangedCallback(_name, before, after) {
    if (before !== after) this.#start();
  }

  /** Begin anew. */
  refresh() {
    return this.work((signal) => this.load(signal));
  }

  /** Do a job instead of the one before; tell if it fails, and offer to try again. */
  async work(job) {
    this.#abort?.abort();
    const { signal } = (this.#abort = new AbortController());
    this.toggleAttribute("busy", true);
    this.status.replaceChildren();
    try {
      await job(signal);
    } catch (error) {
      if (signal.aborted) return;
      const again = make("button", { part: "button", type: "button", onclick: () => this.work(job) }, this.words.again);
      const text = error.status === 0 ? this.words.failed : error.message;
      this.status.replaceChildren(make("slot", { name: "error" }, text), " ", again);
      this.tell("melu-error", { error });
    } finally {
      if (!signal.aborted) this.toggleAttribute("busy", false);
    }
  }

  /** Draw anew; whoever works by keyboard stays within. */
  draw(...children) {
    const hadFocus = this.shadowRoot.activeElement !== null;
    this.body.replaceChildren(...children);
    if (hadFocus) this.body.querySelector("input, button, a")?.focus();
  }

  tell(type, detail) {
    this.dispatchEvent(new CustomEvent(type, { detail, bubbles: true, composed: true }));
  }

  /** Begin once, whatever is set in one go. */
  #start() {
    if (this.#starts) return;
    this.#starts = true;
    queueMicrotask(() => {
      this.#starts = false;
      if (this.isConnected && this.isReady) this.refresh();
    });
  }
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
    if (asked.progress.enough || !questions.length) {
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
    const [lowest, highest] = scale ?? [0, Infinity];
    const values = Array.from({ length: Math.min(MOST_STARS + 1, highest - lowest + 1) }, (_, at) => lowest + at);
    const ways =
      values.length <= MOST_STARS && highest < Infinity
        ? values.map((value) =>
            make(
              "button",
              {
                part: "button star",
                type: "button",
                "aria-label": words.star(value, highest),
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

export class MeluRecommendations extends MeluElement {
  static observedAttributes = [...MeluElement.observedAttributes, "limit", "order", "href"];
  #onAnswer = ({ detail }) => {
    if (this.isReady && detail.userId === this.melu.userId) this.refresh();
  };

  connectedCallback() {
    super.connectedCallback();
    document.addEventListener("melu-answer", this.#onAnswer);
  }

  disconnectedCallback() {
    super.disconnectedCallback();
    document.removeEventListener("melu-answer", this.#onAnswer);
  }

  async load(signal) {
    const page = await this.#page({ signal });
    const list = make("ol", { part: "list" }, ...page.items.map((item) => this.#entry(item)));
    this.draw(...(page.items.length ? [list] : [make("slot", { name: "empty" })]));
    this.#offerMore(list, page.next_cursor);
    this.tell("melu-list", { list: page });
  }

  #page(query) {
    const limit = this.getAttribute("limit") ?? 10;
    return this.melu.recommendations({ limit, order: this.getAttribute("order"), ...query });
  }

  #entry(item) {
    const template = this.getAttribute("href");
    const href = template?.replace("{item_id}", encodeURIComponent(item.item_id));
    const select = () => this.tell("melu-select", { item });
    const inner = template
      ? make("a", { part: "link", href, onclick: select }, ...facts(item))
      : make("button", { part: "link", type: "button", onclick: select }, ...facts(item));
    return make("li", { part: "item" }, inner);
  }

  #offerMore(list, cursor) {
    if (!cursor) return;
    const more = make(
      "button",
      {
        part: "button more",
        type: "button",
        onclick: () =>
          this.work(async (signal) => {
            const page = await this.#page({ cursor, signal });
            const entries = page.items.map((item) => this.#entry(item));
            list.append(...entries);
            more.remove();
            this.#offerMore(list, page.next_cursor);
            entries[0]?.firstElementChild.focus();
          }),
      },
      this.words.more,
    );
    this.body.append(more);
  }
}

customElements.define("melu-onboarding", MeluOnboarding);
customElements.define("melu-recommendations", MeluRecommendations);
