// The model: what it is, how it was trained, how good its lists are, and how to load another.

import { el } from "../dom.js";
import { lineChart } from "./chart.js";
import { asked, facts, note, place, section, table, textOf, toast } from "./parts.js";
import * as service from "./service.js";
import { duration, shown, when, words } from "./words.js";

const FEW = 12; // values of a feature that are named
const text = words.model;

/** Reports → one line for each phase. */
function phases(reports, valueOf) {
  const found = new Map();
  for (const one of reports) {
    const value = valueOf(one);
    if (value === null || value === undefined) continue;
    if (!found.has(one.phase)) found.set(one.phase, []);
    found.get(one.phase).push([one.epoch, value]);
  }
  return [...found].map(([name, values]) => ({ name, values }));
}

export function modelTab({ model }) {
  const found = place();
  const panel = el("div", { class: "stack" }, found.box);

  async function read() {
    const [described, card] = await Promise.all([model({ isFresh: true }), service.modelCard()]);
    const { training } = card;
    return [
      about(described, training),
      section("curve", text.curve, ...(training ? curves(training) : [note(text.curveNone)])),
      section("features", text.features, features(described)),
      section("configuration", text.configuration, el("details", {}, el("summary", { text: described.preset }),
        el("pre", { tabindex: "0", text: JSON.stringify(card.preset, null, 2) }))),
    ];
  }

  function about(described, training) {
    const { rating_scale: scale } = described;
    return section("model", text.heading,
      facts([
        [text.facts.version, described.version],
        [text.facts.dataset, described.dataset],
        [text.facts.preset, described.preset],
        [text.facts.created, when(described.created_at)],
        [text.facts.items, shown(described.items)],
        [text.facts.users, training && shown(training.users)],
        [text.facts.ratings, training && shown(training.ratings)],
        [text.facts.held, training?.validation_users ? shown(training.validation_users) : null],
        [text.facts.took, training && duration(training.seconds)],
        [text.facts.scale, scale ? text.range(...scale) : text.noScale],
        [text.facts.orders, described.orders.join(", ")],
        [text.facts.seed, training && String(training.seed)],
        ...Object.entries(described.metrics).map(([name, value]) => [name.replaceAll("_", " "), value.toFixed(3)]),
      ]),
      el("div", { class: "row" }, el("button", { type: "button", class: "plain", text: text.reload, onclick: reload })));
  }

  function curves({ epochs, relevance }) {
    const charts = [];
    if (epochs.length) charts.push(lineChart(text.lossRating, phases(epochs, ({ loss }) => loss)));
    if (relevance.length) charts.push(lineChart(text.lossChoice, phases(relevance, ({ loss }) => loss)));
    const judged = epochs.filter((one) => one.validation_mae);
    if (judged.length) {
      const sizes = Object.keys(judged[0].validation_mae);
      charts.push(lineChart(text.mae, sizes.map((size) => ({ name: size, values: judged.map((one) => [one.epoch, one.validation_mae[size]]) }))));
    }
    const measured = phases(relevance, (one) => one.list_quality);
    if (measured.length) charts.push(lineChart(text.quality, measured));
    const best = Math.max(...measured.flatMap(({ values }) => values.map(([, value]) => value)));
    return [el("div", { class: "charts" }, ...charts), note(measured.length ? text.qualityBest(best) : text.qualityNone)];
  }

  function features({ user_features: ofUsers, item_features: ofItems }) {
    const rows = [[ofUsers, text.ofUsers], [ofItems, text.ofItems]].flatMap(([all, of]) =>
      Object.entries(all).map(([name, { kind, values, minimum, maximum }]) => [
        el("span", {}, name, el("span", { class: "quiet", text: ` ${of}` })),
        kind,
        values ? (values.length > FEW ? `${values.slice(0, FEW).join(", ")} … (${shown(values.length)})` : values.join(", "))
          : minimum !== undefined ? text.range(minimum, maximum) : text.many,
      ]));
    return table(text.features, text.featureColumns, rows);
  }

  async function reload() {
    if (!(await asked({ title: text.reloadTitle, body: [text.reloadText], yes: text.reloadYes }))) return;
    try {
      const { version, previous_version: previous } = await service.reloadModel();
      toast(text.reloaded(version, previous));
      found.show(read, { quietly: true });
    } catch (error) {
      toast(textOf(error));
    }
  }

  return {
    panel,
    show: () => found.show(read, { quietly: true }),
    hide() {},
    forget: () => found.clear(),
  };
}
