// One item: its title and attributes as a form, and what a change of them would be.

import { el } from "../dom.js";
import { humanName } from "../format.js";
import { asked, textOf, toast } from "./parts.js";
import * as service from "./service.js";
import { words } from "./words.js";

const text = words.catalogue;
const plain = (value) => (value === undefined || value === null || value === "" ? text.empty : [value].flat().join(", ") || text.empty);
const isSame = (one, other) => JSON.stringify(one ?? null) === JSON.stringify(other ?? null);

/** What a field holds is read by the kind that the model knows, or by what is there now. */
function kindOf(name, item, features) {
  const now = item.attributes[name];
  return features[name]?.kind ?? (Array.isArray(now) ? "categories" : typeof now === "number" ? "number" : "text");
}

function field(name, item, features) {
  const id = `item-${name}`;
  const kind = kindOf(name, item, features);
  const { values, minimum, maximum } = features[name] ?? {};
  const now = item.attributes[name];
  const isLong = kind === "categories" || kind === "text";
  const input = isLong
    ? el("textarea", { id, rows: kind === "text" ? "3" : String(Math.max(2, [now ?? []].flat().length)) })
    : el("input", { id, ...(kind === "number" ? { inputmode: "decimal" } : {}), ...(values ? { list: `${id}-values` } : {}) });
  input.value = [now ?? ""].flat().join("\n");
  const hint = kind === "categories" ? text.perLine : kind === "number" && minimum !== undefined ? text.range(minimum, maximum) : "";
  return {
    name,
    box: el("div", { class: "field" },
      el("label", { for: id }, humanName(name), hint ? el("span", { class: "quiet", text: ` ${hint}` }) : null), input,
      values && !isLong ? el("datalist", { id: `${id}-values` }, ...values.map((value) => el("option", { value }))) : null),
    read() {
      const said = input.value.trim();
      if (kind === "categories") return said ? said.split("\n").map((one) => one.trim()).filter(Boolean) : undefined;
      if (kind !== "number" || !said) return said || undefined;
      if (!Number.isFinite(Number(said))) throw new Error(text.notANumber(humanName(name)));
      return Number(said);
    },
  };
}

/** @param {{item: object, features: object, onchanged: (item: object | null) => void}} options */
export function itemForm({ item, features, onchanged }) {
  const title = el("input", { id: "item-title", value: item.title, maxlength: "1000" });
  // A feature of that name may be what the title's own words tell.
  const ofModel = Object.keys(features).filter((name) => name !== "title");
  const names = [...new Set([...ofModel, ...Object.keys(item.attributes)])];
  const fields = names.map((name) => field(name, item, features));
  const said = el("p", { class: "complaint", role: "alert" });

  async function save(event) {
    event.preventDefault();
    said.textContent = "";
    try {
      const attributes = Object.fromEntries(fields.map((one) => [one.name, one.read()]).filter(([, value]) => value !== undefined));
      const changes = [
        ...(title.value === item.title ? [] : [text.from(text.title, item.title, title.value)]),
        ...names.filter((name) => !isSame(attributes[name], item.attributes[name]))
          .map((name) => text.from(humanName(name), plain(item.attributes[name]), plain(attributes[name]))),
      ];
      if (!changes.length) {
        said.textContent = text.same;
        return;
      }
      const isSure = await asked({
        title: text.saveTitle(item.title),
        body: [el("ul", { class: "faults", role: "list" }, ...changes.map((one) => el("li", { text: one }))), text.saveText],
        yes: text.saveYes,
      });
      if (!isSure) return;
      const { warnings, ...put } = await service.putItem(item.item_id, { title: title.value, attributes });
      toast([text.saved(put.title), ...warnings].join(" "));
      onchanged(put);
    } catch (error) {
      said.textContent = textOf(error);
    }
  }

  async function remove() {
    if (!(await asked({ title: text.removeTitle(item.title), body: [text.removeText], yes: text.removeYes }))) return;
    try {
      await service.deleteItem(item.item_id);
      toast(text.removed(item.title));
      onchanged(null);
    } catch (error) {
      said.textContent = textOf(error);
    }
  }

  return el("form", { class: "item-form", novalidate: true, onsubmit: save },
    el("p", { class: "quiet", text: text.id(item.item_id) }),
    el("div", { class: "field" }, el("label", { for: "item-title", text: text.title }), title),
    ...fields.map(({ box }) => box),
    said,
    el("div", { class: "row" },
      el("button", { type: "submit", class: "primary", text: text.save }),
      el("button", { type: "button", class: "danger", text: text.remove, onclick: remove })));
}
