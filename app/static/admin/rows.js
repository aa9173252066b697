// Items of a file: JSON lines as the API takes them, or CSV with a column for each attribute.

import { words } from "./words.js";

const text = words.catalogue;
const SEPARATORS = [",", ";", "\t"];

/** Cells of CSV with the line that each row begins at; quotes as RFC 4180 has them. */
export function cells(content, separator) {
  const rows = [];
  let [row, cell, line, begins, isQuoted] = [[], "", 1, 1, false];
  const endRow = () => {
    row.push(cell);
    if (row.length > 1 || row[0].trim()) rows.push({ line: begins, row });
    [row, cell, begins] = [[], "", line];
  };
  for (let at = 0; at < content.length; at += 1) {
    const sign = content[at];
    if (sign === "\n") line += 1;
    if (isQuoted) {
      if (sign !== '"') cell += sign;
      else if (content[at + 1] === '"') cell += content[(at += 1)];
      else isQuoted = false;
    } else if (sign === '"' && !cell) isQuoted = true;
    else if (sign === separator) {
      row.push(cell);
      cell = "";
    } else if (sign === "\n") endRow();
    else if (sign !== "\r") cell += sign;
  }
  if (cell || row.length) endRow();
  return rows;
}

function valueOf(cell, kind) {
  const said = cell.trim();
  if (kind === "categories") return said.split("|").map((one) => one.trim()).filter(Boolean);
  // What is no number is for the service to refuse.
  return kind === "number" && said !== "" && Number.isFinite(Number(said)) ? Number(said) : said;
}

function ofTable(content, features) {
  const head = content.slice(0, content.search(/\r?\n|$/));
  const separator = SEPARATORS.reduce((best, one) => (head.split(one).length > head.split(best).length ? one : best));
  const [{ row: names } = { row: [] }, ...rest] = cells(content, separator);
  const header = names.map((name) => name.trim());
  if (!header.includes("item_id")) throw new Error(text.noId);
  return rest.map(({ line, row }) => {
    const attributes = {};
    let [item_id, title] = ["", ""];
    header.forEach((name, index) => {
      const cell = row[index] ?? "";
      if (name === "item_id") item_id = cell.trim();
      else if (name === "title") title = cell.trim();
      else if (cell.trim()) attributes[name] = valueOf(cell, features[name]?.kind);
    });
    return { line, body: { item_id, title: title || item_id, attributes } };
  });
}

function ofLines(content) {
  return content.split("\n").flatMap((one, index) => {
    if (!one.trim()) return [];
    const line = index + 1;
    try {
      const body = JSON.parse(one);
      if (body === null || typeof body !== "object" || Array.isArray(body)) return [{ line, why: text.badLine }];
      return [{ line, body: { title: body.item_id, ...body } }];
    } catch {
      return [{ line, why: text.badLine }];
    }
  });
}

/** The items of a file, and the lines that hold none: `{items: [{line, body}], refused: [{line, why}]}`. */
export function rowsOf(content, features) {
  const said = content.replace(/^\uFEFF/, "");
  const rows = said.trimStart().startsWith("{") ? ofLines(said) : ofTable(said, features);
  const isBad = ({ why, body }) => why ?? (typeof body.item_id === "string" && body.item_id ? "" : text.badId);
  return {
    items: rows.filter((row) => !isBad(row)),
    refused: rows.filter(isBad).map((row) => ({ line: row.line, why: isBad(row) })),
  };
}
