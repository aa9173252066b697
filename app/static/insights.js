// What stands further down and is drawn once somebody comes near, or answers no more for a moment:
// the taste, the twin, and what single answers did.

import { byId } from "./dom.js";
import * as service from "./service.js";
import { tasteChart } from "./taste.js";
import { opposite, twinView } from "./twin.js";
import { eventsOf, visit } from "./visit.js";
import { whatIf } from "./whatif.js";

const MANY = 200; // of a list, for the taste
const SOME = 24;
const PAUSE = 1500; // ms without another answer

/**
 * @param {object} options
 * @param {(problem: Error) => void} options.onproblem
 * @param {() => void} options.oneverybodys  everybody's list has come
 * @param {() => void} options.onpause  no more is answered for a moment
 */
export function insights({ onproblem, oneverybodys, onpause }) {
  const taste = tasteChart();
  const twin = twinView();
  const single = whatIf({ rankWithout: (itemId) => quietly(() => rankWithout(itemId)) });
  const near = { learnt: false, twin: false };
  let everybodys = null; // items that somebody gets of whom nothing is known
  let isWhole = false; // …with what is answered, and many of them
  let drawnFor = {}; // section → version of the answers that it shows
  let mine = null;
  let pause = null;

  const isPersonal = () => visit.ranked?.strategy === "adapted";

  async function quietly(work) {
    try {
      return await work();
    } catch (problem) {
      if (!service.isProblem(problem)) throw problem;
      onproblem(problem);
      return null;
    }
  }

  const rank = async (feedback, more = {}) =>
    (await service.rankFor(visit.userId, { feedback, limit: SOME, ...more })).items;

  function rankWithout(itemId) {
    const rest = [...visit.answers].filter(([id]) => id !== itemId);
    return rank(eventsOf(rest), { attributes: visit.attributes });
  }

  async function drawTaste() {
    const { userId, ranked } = visit;
    if (!isWhole) {
      const items = await rank([], { limit: MANY, exclude_seen: false });
      everybodys = items;
      isWhole = true;
      oneverybodys();
    }
    const list = await service.getRecommendations(userId, { limit: MANY, exclude_seen: false });
    if (visit.ranked !== ranked) return;
    mine = list.items;
    taste.show({ mine, everybodys }, visit.model);
  }

  async function drawTwin() {
    const { ranked, answers, model } = visit;
    const events = opposite(answers, model.rating_scale);
    const theirs = await rank(events, { exclude: [...answers.keys()] });
    if (visit.ranked === ranked) twin.show(ranked.items, theirs);
  }

  const drawings = { learnt: drawTaste, twin: drawTwin };

  function refresh() {
    drawSections(Object.keys(drawings).filter((section) => near[section]));
    clearTimeout(pause);
    pause = setTimeout(() => {
      drawSections(Object.keys(drawings));
      onpause();
    }, PAUSE);
  }

  function drawSections(sections) {
    const { ranked, model } = visit;
    if (!ranked || !model || !isPersonal()) return;
    for (const section of sections) {
      if (drawnFor[section] === ranked) continue;
      drawnFor[section] = ranked;
      quietly(drawings[section]).then((done) => {
        if (done === null && drawnFor[section] === ranked) drawnFor[section] = null;
      });
    }
  }

  const watcher = new IntersectionObserver(
    (entries) => {
      for (const { target, isIntersecting } of entries) near[target.id] = isIntersecting;
      refresh();
    },
    { rootMargin: "400px 0px" },
  );
  for (const section of Object.keys(near)) watcher.observe(byId(section));

  return {
    refresh,
    get everybodys() {
      if (!everybodys) return null;
      return everybodys.filter(({ item_id }) => !visit.answers.has(item_id));
    },
    /** Nothing is known of the visitor: their list is everybody's. */
    everybodysAre(items) {
      if (!isWhole) everybodys = items;
    },
    /** Ask for everybody's list, where the visitor's never was. */
    async needEverybodys() {
      if (everybodys) return;
      everybodys = await quietly(() => rank([]));
      if (everybodys) oneverybodys();
    },
    draw() {
      const { model, ranked, answers } = visit;
      if (!model) return;
      if (!isPersonal()) {
        taste.show(null, model);
        twin.show(null);
      }
      single.show(isPersonal() ? answers : new Map(), ranked?.items ?? [], model);
    },
    clear() {
      clearTimeout(pause);
      drawnFor = {};
      mine = null;
      single.clear();
      this.draw();
    },
  };
}
