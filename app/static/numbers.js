// "Numbers": what this page has measured while it was used. Nothing here is written down beforehand.

import { byId, el, svg } from "./dom.js";
import { words } from "./words.js";

const HEIGHT = 90;
const WIDTH = 300;

function median(values) {
  const sorted = [...values].sort((one, other) => one - other);
  return sorted[Math.floor((sorted.length - 1) / 2)];
}

export function measurements() {
  const box = byId("measured");
  let screens = []; // ms from a click to the new list
  let gains = new Map(); // answers → gain of one more
  let learnt = null;
  let ranked = null;
  let model = null;

  function figure(value, text) {
    return el("div", { class: "figure" }, el("dt", { text }), el("dd", { text: value }));
  }

  const milliseconds = (value) => words.took(Number(value.toPrecision(2)));

  /** Gains by number of answers, as bars. */
  function chart() {
    const points = [...gains].sort(([one], [other]) => one - other);
    const most = Math.max(...points.map(([, gain]) => gain), 0.01);
    const step = WIDTH / Math.max(6, points.length);
    const bars = points.flatMap(([answers, gain], index) => {
      const height = Math.max(2, (gain / most) * (HEIGHT - 34));
      const x = index * step;
      return [
        svg("rect", { x: x + 4, y: HEIGHT - 16 - height, width: Math.max(4, step - 8), height, rx: 3 }),
        svg("text", { x: x + step / 2, y: HEIGHT - 3, "text-anchor": "middle", text: answers }),
        svg("text", { x: x + step / 2, y: HEIGHT - 20 - height, "text-anchor": "middle", text: gain.toFixed(2) }),
      ];
    });
    const said = points.map(([answers, gain]) => `${answers}: ${gain.toFixed(2)}`).join(", ");
    return el(
      "figure",
      { class: "gains" },
      el("figcaption", {}, el("strong", { text: words.gainTitle }), el("span", { class: "quiet", text: words.gainNote() })),
      svg("svg", { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: "img", "aria-label": `${words.gainTitle}: ${said}` }, ...bars),
    );
  }

  return {
    use(newModel) {
      model = newModel;
      this.draw();
    },
    clicked(duration) {
      screens = [...screens.slice(-19), duration];
    },
    /** @param {{local_update?: number, ranking?: number}} timing  of an answer; zero: from memory */
    answered(timing) {
      if (timing.local_update > 0) learnt = timing.local_update;
      if (timing.ranking > 0) ranked = timing.ranking;
    },
    progress({ answers, gain }) {
      if (gain !== null) gains.set(answers, gain);
    },
    /** Milliseconds to learn and rank, as last measured; null before. */
    get whole() {
      return ranked === null ? null : Number(((learnt ?? 0) + ranked).toPrecision(2));
    },
    draw() {
      byId("numbers-heading").textContent = words.numbers;
      if (!model) return;
      const figures = [];
      if (screens.length) figures.push(figure(words.took(Math.round(median(screens))), words.screen));
      if (learnt !== null) figures.push(figure(milliseconds(learnt), words.learn));
      if (ranked !== null) figures.push(figure(milliseconds(ranked), words.rankAll(model.items)));
      box.replaceChildren(
        figures.length ? el("dl", { class: "figures" }, ...figures) : el("p", { class: "quiet", text: words.numbersNone }),
        ...(gains.size > 1 ? [chart()] : []),
        el(
          "p",
          { class: "quiet note" },
          `${words.quality} `,
          el("a", { href: "guide/numbers.html", text: words.qualityInShort }),
        ),
      );
    },
    clear() {
      screens = [];
      gains = new Map();
      this.draw();
    },
  };
}
