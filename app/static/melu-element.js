// What the custom elements share: a client, words, a place to draw, and one job at a time.
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

const styles = new CSSStyleSheet();
styles.replaceSync(`
  :host { display: block; }
  :host([hidden]) { display: none; }
  [part="body"] { display: grid; gap: 0.75rem; justify-items: start; }
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

/** An element with properties, and attributes where there is no property. */
export function make(name, properties = {}, ...children) {
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
  Object.entries(attributes)
    .filter(([name]) => name !== "image_url") // an address is nothing to read
    .flatMap(([, value]) => value)
    .filter((value) => value !== null && value !== "")
    .join(", ");

/** A second click on what was answered is none. */
export function once(act) {
  let done = false;
  return (...values) => {
    if (!done) {
      done = true;
      act(...values);
    }
  };
}

/** What an item is shown by. */
export const facts = (item) => [
  make("span", { part: "title" }, item.title),
  " ",
  make("span", { part: "attributes" }, described(item)),
];

export class MeluElement extends HTMLElement {
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

  set melu(melu) {
    this.#melu = melu;
    this.#start();
  }

  /** Whether it knows of whom to ask. */
  get isReady() {
    return this.#melu !== null || Boolean(this.getAttribute("user-id"));
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
      // A page was asked for of a list that is no more: the same again would never do.
      if (error.code === "invalid_cursor") {
        this.refresh();
        return;
      }
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
