// A line chart, whose caption says in words what it shows.

import { el, svg } from "../dom.js";
import { shown, words } from "./words.js";

const [WIDTH, HEIGHT, LEFT, BOTTOM] = [320, 150, 40, 20];
const text = words.model;

/** Few round numbers between two others. */
function ticks(low, high) {
  const rough = (high - low) / 3 || 1;
  const size = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((one) => one * size).find((one) => one >= rough);
  const first = Math.ceil(low / step) * step;
  return Array.from({ length: Math.floor((high - first) / step + 1e-9) + 1 }, (_, index) => first + index * step);
}

/**
 * @param {string} title
 * @param {{name: string, values: [number, number][]}[]} series  epoch and value
 */
export function lineChart(title, series, { digits = 3 } = {}) {
  const all = series.flatMap(({ values }) => values);
  const [xs, ys] = [all.map(([x]) => x), all.map(([, y]) => y)];
  const [left, right] = [Math.min(...xs), Math.max(...xs)];
  const [lowest, highest] = [Math.min(...ys), Math.max(...ys)];
  const [low, high] = lowest === highest ? [lowest - 0.5, highest + 0.5] : [lowest, highest];
  const x = (value) => LEFT + ((WIDTH - LEFT - 6) * (value - left)) / (right - left || 1);
  const y = (value) => 6 + ((HEIGHT - BOTTOM - 6) * (high - value)) / (high - low);
  const label = (value, at) => svg("text", at, shown(Number(value.toPrecision(3))));
  return el("figure", { class: "chart" },
    el("figcaption", {},
      el("strong", { text: title }),
      el("ul", { role: "list" }, ...series.map(({ name, values }, index) =>
        el("li", {}, el("span", { class: `key series-${index % 6}`, "aria-hidden": "true" }),
          text.line(name, values[0][1].toFixed(digits), values.at(-1)[1].toFixed(digits)))))),
    svg("svg", { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, "aria-hidden": "true" },
      ...ticks(low, high).flatMap((value) => [
        svg("line", { x1: LEFT, x2: WIDTH - 6, y1: y(value), y2: y(value), class: "grid" }),
        label(value, { x: LEFT - 5, y: y(value) + 3, "text-anchor": "end" }),
      ]),
      ...[left, right].map((value, index) => label(value, { x: x(value), y: HEIGHT - 5, "text-anchor": index ? "end" : "start" })),
      svg("text", { x: (LEFT + WIDTH) / 2, y: HEIGHT - 5, "text-anchor": "middle" }, text.epoch),
      ...series.map(({ values }, index) =>
        values.length > 1
          ? svg("polyline", { class: `line series-${index % 6}`, points: values.map(([one, other]) => `${x(one)},${y(other)}`).join(" ") })
          : svg("circle", { class: `dot series-${index % 6}`, cx: x(values[0][0]), cy: y(values[0][1]), r: 3 }))));
}
