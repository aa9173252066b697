// <melu-recommendations>: a user's list, which follows the answers that are given on the page.
import { facts, make, MeluElement } from "./melu-element.js";

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
    const list = make("ol", { part: "list" }, ...this.#entries(page));
    this.draw(...(page.items.length ? [list] : [make("slot", { name: "empty" })]));
    this.#offerMore(list, page.next_cursor);
    this.tell("melu-list", { list: page });
  }

  #page(query) {
    const limit = this.getAttribute("limit") ?? 10;
    return this.melu.recommendations({ limit, order: this.getAttribute("order"), ...query });
  }

  #entries({ items, list_id: listId }) {
    return items.map((item) => this.#entry(item, listId));
  }

  #entry(item, listId) {
    const template = this.getAttribute("href");
    const href = template?.replace("{item_id}", encodeURIComponent(item.item_id));
    const select = () => this.tell("melu-select", { item, listId });
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
            const entries = this.#entries(page);
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
