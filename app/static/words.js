// How values read. Nothing here knows the data set; all of it comes from GET /model.

const number = new Intl.NumberFormat("en", { maximumFractionDigits: 2 });

export function shownNumber(value) {
  return number.format(value);
}

export function plural(count, one, many = `${one}s`) {
  return `${number.format(count)} ${count === 1 ? one : many}`;
}

/** `zip_code` → `Zip code`. */
export function humanName(name) {
  const words = name.replaceAll(/[_-]+/g, " ").trim();
  return words.charAt(0).toUpperCase() + words.slice(1);
}

/** An item's attributes in one line, without what its title says already ("… (1977)"). */
export function attributeLine(item, features = {}) {
  const words = new Set(item.title.split(/[^\p{L}\p{N}]+/u));
  const names = new Set([...Object.keys(features), ...Object.keys(item.attributes)]);
  const parts = [];
  for (const name of names) {
    const value = item.attributes[name];
    if (value === undefined || value === null || value === "" || features[name]?.kind === "text") continue;
    if (Array.isArray(value)) parts.push(value.join(", "));
    else if (words.has(String(value))) continue;
    // A bare number says little: "Pages 312". A plain integer, no thousands mark: it may be a year.
    else parts.push(typeof value === "number" ? `${humanName(name)} ${value}` : value);
  }
  return parts.filter(Boolean).join(" · ");
}
