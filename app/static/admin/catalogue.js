// The catalogue: search and change, import, and how new items stand.

import { el } from "../dom.js";
import { attributeLine } from "../format.js";
import { finder } from "./finder.js";
import { itemForm } from "./item.js";
import { note, place, section, table } from "./parts.js";
import * as service from "./service.js";
import { uploadPart } from "./upload.js";
import { shown, words } from "./words.js";

const MOST_FOUND = 12;
const MOST_NEW = 100;
const BEST = 200; // places of everyone's list that are looked at
const SHORT = 20;
const text = words.catalogue;

export function catalogueTab({ model }) {
  const chosen = el("div", { class: "place" }, note(text.choose));
  const fresh = place();
  let features = {};
  const search = finder({
    label: text.search,
    limit: MOST_FOUND,
    onchoose: choose,
    said: text.found,
    about: (item) => attributeLine(item, features),
  });
  const upload = uploadPart({ model, onwritten: changed });
  const panel = el("div", { class: "stack" },
    section("catalogue", text.heading, el("div", { class: "beside" }, search.box, chosen)),
    upload.section,
    section("fresh", text.fresh, fresh.box));

  function changed() {
    search.again();
    fresh.show(readFresh, { quietly: true });
  }

  function choose(item) {
    const form = itemForm({
      item,
      features,
      onchanged(put) {
        if (put) choose(put);
        else chosen.replaceChildren(note(text.choose));
        changed();
      },
    });
    const heading = el("h3", { tabindex: "-1", text: item.title });
    chosen.replaceChildren(heading, form);
    heading.focus({ preventScroll: false });
  }

  async function readFresh() {
    ({ item_features: features } = await model());
    const { items } = await service.findItems("", { since_training: true, limit: MOST_NEW });
    if (!items.length) return note(text.freshNone);
    const ids = items.map(({ item_id: id }) => id);
    const [best, standing] = await Promise.all([
      service.listFor({ limit: BEST, exclude_seen: false, explore: 0 }),
      service.listFor({ candidates: ids, limit: ids.length, exclude_seen: false, explore: 0 }),
    ]);
    const place = new Map(best.items.map((item, index) => [item.item_id, index + 1]));
    const last = best.items.slice(0, SHORT);
    return [
      table(text.fresh, text.freshColumns, standing.items.map((item) => [
        item.title,
        text.chance(item.relevance),
        text.rating(item.score),
        place.has(item.item_id) ? shown(place.get(item.item_id)) : text.beyond(best.items.length),
      ]), { numeric: [1, 2, 3] }),
      note(text.freshNote(text.chance(last[0].relevance), text.chance(last.at(-1).relevance), last.length)),
    ];
  }

  return {
    panel,
    show: () => fresh.show(readFresh, { quietly: true }),
    hide() {},
    forget() {
      search.clear();
      upload.clear();
      fresh.clear();
      chosen.replaceChildren(note(text.choose));
    },
  };
}
