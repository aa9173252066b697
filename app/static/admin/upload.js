// Import: a file is read and tried first, which tells what would change; then it may be written.

import { el } from "../dom.js";
import { asked, note, section, table, textOf, toast } from "./parts.js";
import { rowsOf } from "./rows.js";
import * as service from "./service.js";
import { words } from "./words.js";

const MOST_BYTES = 20 * 2 ** 20;
const MOST_ITEMS = 500; // of a call
const MOST_SIGNS = 150_000; // of a call; a sign may take three bytes
const MOST_SHOWN = 50;
const OF_AN_ITEM = new Set([400, 413, 422]);
const text = words.catalogue;

function* parts(rows) {
  let [part, signs] = [[], 0];
  for (const row of rows) {
    const length = JSON.stringify(row.body).length;
    if (part.length && (part.length === MOST_ITEMS || signs + length > MOST_SIGNS)) {
      yield part;
      [part, signs] = [[], 0];
    }
    part.push(row);
    signs += length;
  }
  if (part.length) yield part;
}

/** Try rows; each that the service refuses goes to `refused`, and the others are tried again. */
async function tried(rows, refused) {
  if (!rows.length) return [];
  try {
    return (await service.tryItems(rows.map(({ body }) => body))).changes;
  } catch (error) {
    if (!OF_AN_ITEM.has(error.status)) throw error;
    const at = error.problem?.errors?.map(({ loc }) => loc[2]).find(Number.isInteger) ?? (rows.length === 1 ? 0 : null);
    if (at === null) {
      const middle = rows.length >> 1;
      return [...(await tried(rows.slice(0, middle), refused)), ...(await tried(rows.slice(middle), refused))];
    }
    const [fault] = error.problem?.errors ?? [];
    refused.push({ line: rows[at].line, why: fault?.message && error.problem.code === "invalid_body" ? `${fault.loc.slice(3).join(".")}: ${fault.message}` : error.message.replace(/^Item \d+: /, "").replace(" Nothing was stored.", "") });
    return tried(rows.filter((_, index) => index !== at), refused);
  }
}

export function uploadPart({ model, onwritten }) {
  const status = el("p", { role: "status" });
  const result = el("div", { class: "place" });
  const file = el("input", { type: "file", id: "import-file", accept: ".jsonl,.ndjson,.json,.csv,.tsv,.txt", onchange: look });
  let ticket = 0;

  async function look() {
    const mine = (ticket += 1);
    const [chosen] = file.files;
    result.replaceChildren();
    status.textContent = "";
    if (!chosen) return;
    try {
      if (chosen.size > MOST_BYTES) throw new Error(text.tooLarge);
      const { item_features: features } = await model();
      const { items, refused } = rowsOf(await chosen.text(), features);
      const changes = [];
      let done = 0;
      for (const part of parts(items)) {
        changes.push(...(await tried(part, refused)));
        if (mine !== ticket) return;
        done += part.length;
        status.textContent = text.trying(done, items.length);
      }
      draw(items, changes, refused.sort((one, other) => one.line - other.line));
    } catch (error) {
      if (mine === ticket) status.textContent = text.unreadable(textOf(error));
    }
  }

  function draw(items, changes, refused) {
    const of = (kind) => changes.filter(({ change }) => change === kind);
    const newest = new Map(items.map(({ body }) => [body.item_id, body]));
    // Of an item that stands there twice the last counts, as it does for the service.
    const last = new Map(changes.map((one) => [one.item_id, one]));
    const toWrite = [...last.values()].filter(({ change }) => change !== "same");
    status.textContent = text.tried({ fresh: of("new").length, changed: of("changed").length, same: of("same").length, refused: refused.length });
    const shownOnes = toWrite.slice(0, MOST_SHOWN);
    result.replaceChildren(...[
      shownOnes.length
        ? table(text.upload, text.changeColumns, shownOnes.map((one) => [
            newest.get(one.item_id).title,
            text.kinds[one.change],
            el("span", {}, one.fields.join(", ") || words.none, ...one.warnings.map((warning) => el("span", { class: "warning block", text: warning }))),
          ]))
        : null,
      toWrite.length > MOST_SHOWN ? note(text.firstOf(MOST_SHOWN, toWrite.length)) : null,
      refused.length ? el("h3", { class: "sub", text: text.refusedHeading }) : null,
      refused.length ? el("ul", { class: "faults", role: "list" }, ...refused.slice(0, MOST_SHOWN).map(({ line, why }) => el("li", { text: text.line(line, why) }))) : null,
      toWrite.length
        ? el("div", { class: "row" }, el("button", { type: "button", class: "danger", text: text.write(toWrite.length), onclick: () => write(toWrite.map(({ item_id: id }) => ({ body: newest.get(id) }))) }))
        : null,
    ].filter(Boolean));
  }

  async function write(rows) {
    if (!(await asked({ title: text.writeTitle(rows.length), body: [text.writeText], yes: text.writeYes }))) return;
    let [created, updated] = [0, 0];
    try {
      for (const part of parts(rows)) {
        const told = await service.writeItems(part.map(({ body }) => body));
        [created, updated] = [created + told.created, updated + told.updated];
        status.textContent = text.writing(created + updated, rows.length);
      }
      result.replaceChildren();
      file.value = "";
    } catch (error) {
      toast(textOf(error));
    }
    status.textContent = text.written(created, updated);
    onwritten();
  }

  return {
    section: section("import", text.upload, note(text.uploadNote),
      el("div", { class: "field" }, el("label", { for: "import-file", text: text.file }), file), status, result),
    clear() {
      ticket += 1;
      file.value = "";
      status.textContent = "";
      result.replaceChildren();
    },
  };
}
