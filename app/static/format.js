// How values read. Nothing here knows the data set; all of it comes from GET /model.

const number = new Intl.NumberFormat("en", { maximumFractionDigits: 2 });

export const shownNumber = (value) => number.format(value);

/** `zip_code` → `Zip code`. */
export function humanName(name) {
  const words = name.replaceAll(/[_-]+/g, " ").trim();
  return words.charAt(0).toUpperCase() + words.slice(1);
}

/** A title without what stands in brackets at its end, and that: a year, mostly. */
export function titleParts(title) {
  const found = /^(.*\S)\s*\(([^()]{1,12})\)$/.exec(title);
  return found ? { name: found[1], mark: found[2] } : { name: title, mark: "" };
}

const MOST_LETTERS = 60;
const RIGHT_TO_LEFT = /\p{Script=Arabic}|\p{Script=Hebrew}|\p{Script=Syriac}|\p{Script=Thaana}|\p{Script=Nko}/u;

/**
 * An item's name within a sentence: not longer than one, and apart from it where it is written the
 * other way, or the words around it would change places.
 */
export function nameIn({ title }) {
  const { name } = titleParts(title);
  const letters = Array.from(name);
  const short = letters.length > MOST_LETTERS ? `${letters.slice(0, MOST_LETTERS - 1).join("").trimEnd()}…` : name;
  return RIGHT_TO_LEFT.test(short) ? `\u2068${short}\u2069` : short;
}

const HIDDEN = new Set(["image_url"]);

/** An item's attributes in one line, without what its title says already ("… (1977)"). */
export function attributeLine(item, features = {}) {
  const words = new Set(item.title.split(/[^\p{L}\p{N}]+/u));
  const names = new Set([...Object.keys(features), ...Object.keys(item.attributes)]);
  const parts = [];
  for (const name of names) {
    const value = item.attributes[name];
    if (value === undefined || value === null || value === "" || HIDDEN.has(name)) continue;
    if (features[name]?.kind === "text") continue;
    if (Array.isArray(value)) parts.push(value.join(", "));
    else if (words.has(String(value))) continue;
    // A bare number says little: "Pages 312". A plain integer, no thousands mark: it may be a year.
    else parts.push(typeof value === "number" ? `${humanName(name)} ${value}` : value);
  }
  return parts.filter(Boolean).join(" · ");
}

/** The first attribute that is a number with a range: what names the catalogue's extent. */
export function rangeOf(model) {
  const found = Object.entries(model.item_features).find(
    ([, feature]) => feature.kind === "number" && feature.minimum !== undefined,
  );
  if (!found) return null;
  const [name, { minimum, maximum }] = found;
  return { key: name, name: humanName(name), low: minimum, high: maximum };
}

/** The middle of a rating scale, on a step that can be given. */
export function middleOf([low, high]) {
  const middle = (low + high) / 2;
  return Number.isInteger(low) && Number.isInteger(high) ? Math.round(middle) : middle;
}

/** What an item is ranked by, as it reads: how likely it is chosen, or the predicted rating. */
export const worthOf = (item) => item.relevance ?? item.score;
