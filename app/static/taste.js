// "What we learnt": of what you would likely pick, how much is of each kind, beside what everybody
// would.
//
// Of both lists' best 200 each item counts by its relevance, which is how likely it is chosen and
// liked; by one where the model does not tell that. A kind's share is the sum of its items over that
// of all. What has been answered counts too, or loving a kind would empty it.

import { byId, el } from "./dom.js";
import { humanName } from "./format.js";
import { words } from "./words.js";

const MOST_ROWS = 9;
const LEAST_SHARE = 0.005;
const BANDS = 6;
const MOST_TABS = 8; // more attributes are chosen from a list

const weightOf = (item) => item.relevance ?? 1;

/** Value → share of a list's weight. */
function shares(items, valuesOf) {
  const sums = new Map();
  let whole = 0;
  for (const item of items) {
    const weight = weightOf(item);
    whole += weight;
    for (const value of new Set(valuesOf(item))) sums.set(value, (sums.get(value) ?? 0) + weight);
  }
  return new Map([...sums].map(([value, sum]) => [value, sum / (whole || 1)]));
}

/** Bands of a number's range, of a width that people count in: decades of years. */
function bandsOf({ minimum, maximum }) {
  const rough = (maximum - minimum) / BANDS;
  const unit = 10 ** Math.floor(Math.log10(rough || 1));
  const width = unit * ([1, 2, 5, 10].find((one) => one * unit >= rough) ?? 10);
  const isYears = Number.isInteger(minimum) && minimum > 1000 && maximum < 2200;
  const step = isYears ? Math.max(10, width) : width;
  return (value) => {
    const low = Math.floor(value / step) * step;
    return isYears && step === 10 ? `${low}s` : `${low}–${low + step - (Number.isInteger(step) ? 1 : 0)}`;
  };
}

function reader(name, feature) {
  if (feature.kind === "number") {
    const band = bandsOf(feature);
    return ({ attributes }) => (typeof attributes[name] === "number" ? [band(attributes[name])] : []);
  }
  return ({ attributes }) => [attributes[name] ?? []].flat();
}

export function tasteChart() {
  const box = byId("taste");
  let chosen = null; // attribute
  let last = () => {};

  const described = ({ item_features }) =>
    Object.entries(item_features).filter(
      ([, { kind, minimum, maximum }]) => kind.startsWith("categor") || (kind === "number" && minimum < maximum),
    );

  function rowsOf(name, feature, mine, everybodys) {
    const valuesOf = reader(name, feature);
    const [own, theirs] = [shares(mine, valuesOf), shares(everybodys, valuesOf)];
    const values = [...new Set([...own.keys(), ...theirs.keys()])]
      .map((value) => ({ value, own: own.get(value) ?? 0, theirs: theirs.get(value) ?? 0 }))
      .filter((row) => Math.max(row.own, row.theirs) >= LEAST_SHARE);
    const byDifference = (one, other) => Math.abs(other.own - other.theirs) - Math.abs(one.own - one.theirs);
    const some = values.sort(byDifference).slice(0, MOST_ROWS);
    return feature.kind === "number"
      ? some.sort((one, other) => parseFloat(one.value) - parseFloat(other.value))
      : some.sort((one, other) => other.own - other.theirs - (one.own - one.theirs));
  }

  function table(rows, label) {
    const most = Math.max(0.01, ...rows.map(({ own, theirs }) => Math.abs(own - theirs)));
    return el(
      "table",
      { class: "taste" },
      el("caption", { class: "sr-only", text: label }),
      el("thead", {}, el("tr", {}, el("th", { scope: "col" }, el("span", { class: "sr-only", text: label })), el("td", { class: "axis", "aria-hidden": "true" }),
        el("th", { scope: "col", text: words.you }), el("th", { scope: "col", text: words.everybody }))),
      el("tbody", {}, ...rows.map(({ value, own, theirs }) => {
        const by = own - theirs;
        const bar = el("span", { class: by < 0 ? "bar less" : "bar" });
        bar.style.setProperty("--part", (Math.abs(by) / most).toFixed(3));
        return el(
          "tr",
          {},
          el("th", { scope: "row", text: value }),
          el("td", { class: "axis", "aria-hidden": "true" }, bar),
          el("td", { text: Math.round(100 * own) }),
          el("td", { class: "quiet", text: Math.round(100 * theirs) }),
        );
      })),
    );
  }

  return {
    /** @param {{mine: object[], everybodys: object[]} | null} lists  none before the first answer */
    show(lists, model) {
      last = () => this.show(lists, model);
      byId("learnt-heading").textContent = words.learnt;
      const features = described(model);
      if (!features.length) {
        box.replaceChildren();
        return;
      }
      if (!lists) {
        box.replaceChildren(el("p", { class: "quiet", text: words.learntNone }));
        return;
      }
      if (!features.some(([name]) => name === chosen)) [[chosen]] = features;
      const choose = (name) => {
        chosen = name;
        last();
      };
      const tabs = features.length > MOST_TABS
        ? [el(
            "select",
            { "aria-label": words.learntBy, onchange: (event) => {
              choose(event.target.value);
              box.querySelector("select").focus({ preventScroll: true });
            } },
            ...features.map(([name]) => el("option", { value: name, text: humanName(name), selected: name === chosen })),
          )]
        : features.length > 1
        ? features.map(([name]) =>
            el("button", {
              type: "button", class: "chip", text: humanName(name), "aria-pressed": String(name === chosen), "data-attribute": name,
              onclick: () => {
                choose(name);
                box.querySelector(`[data-attribute="${CSS.escape(name)}"]`)?.focus({ preventScroll: true });
              },
            }))
        : [];
      const [, feature] = features.find(([name]) => name === chosen);
      const hasRelevance = lists.mine.some(({ relevance }) => relevance !== null);
      const label = hasRelevance ? words.learntNote() : words.learntPlain();
      box.replaceChildren(
        el("p", { class: "quiet", text: label }),
        ...(tabs.length ? [el("div", { class: "chips" }, ...tabs)] : []),
        table(rowsOf(chosen, feature, lists.mine, lists.everybodys), `${humanName(chosen)}: ${label}`),
      );
    },
  };
}
