// "What changed": how the last answer moved the first ten, in a sentence and a picture, and why.

import { difference, differing, TEN } from "./compare.js";
import { byId, el, say } from "./dom.js";
import { nameIn, worthOf } from "./format.js";
import { answerText } from "./rating.js";
import { causeOf } from "./reasons.js";
import { slopeChart } from "./slope.js";
import { words } from "./words.js";

const names = (rows) => rows.map(({ item }) => nameIn(item));

export function changePanel() {
  const heading = byId("change-heading");
  const what = byId("change-what");
  const why = byId("change-why");
  const differs = byId("differs");
  const chart = slopeChart({ was: byId("was"), lines: byId("lines"), now: byId("ten") });
  let shown = null; // items on screen, best first

  /** What the visitor did, as the sentence begins. */
  function doneBy(act, scale) {
    if (!act) return "";
    if (act.kind === "remove") return words.tookBack(nameIn(act.item));
    if (act.kind === "profile") return words.profileSaved;
    if (act.kind === "elsewhere") return words.otherTab;
    return words.said(answerText(act.given, scale), nameIn(act.item));
  }

  function moved(change, before, after, answered) {
    // What was answered leaves by itself; it says nothing of taste.
    const left = change.left.filter(({ item }) => item.item_id !== answered?.item_id);
    const size = change.rows.length;
    const said = [];
    if (change.entered.length) said.push(words.entered(names(change.entered), size));
    if (left.length) said.push(words.leftList(names(left)));
    const others = change.up.length + change.down.length;
    if (!change.entered.length && others) said.push(words.reordered(others));
    if (said.length) return said;
    return [steady(before, after)];
  }

  /** What changed most in how likely it is, of those that are on both lists. */
  function mostChanged(before, after) {
    const was = new Map(before.map((item) => [item.item_id, worthOf(item)]));
    const [most] = after
      .slice(0, TEN)
      .filter((item) => was.has(item.item_id))
      .map((item) => ({ item, from: was.get(item.item_id), to: worthOf(item) }))
      .sort((one, other) => Math.abs(other.to - other.from) - Math.abs(one.to - one.from));
    return most && most.from !== most.to ? most : null;
  }

  /** Nothing moved: what changed then is how likely each is. */
  function steady(before, after) {
    const most = mostChanged(before, after);
    if (!most) return words.unchanged;
    const text = (worth) => (most.item.relevance === null ? worth.toFixed(2) : `${(100 * worth).toFixed(1)} %`);
    return words.steady(nameIn(most.item), text(most.from), text(most.to));
  }

  /** The strongest mover, and that the last answer is what moved it. */
  function reason(change, before, after, answered, scale) {
    const was = new Map(before.map((item) => [item.item_id, worthOf(item)]));
    const because = (item, isUp) => {
      const cause = causeOf(after.find((one) => one.item_id === item.item_id), answered, scale, isUp);
      if (cause) return words.becauseOf(cause);
      // Less likely than before, and higher all the same.
      return isUp && was.get(item.item_id) > worthOf(item) ? words.othersLost : ".";
    };
    const climb = ({ was, place }) => (was ?? 2 * TEN + 5) - place;
    const [riser] = [...change.entered, ...change.up].sort((one, other) => climb(other) - climb(one));
    if (riser) return words.rose(nameIn(riser.item), riser.was, riser.place) + because(riser.item, true);
    const [faller] = [...change.down].sort((one, other) => one.move - other.move);
    if (faller) return words.fell(nameIn(faller.item), faller.was, faller.place) + because(faller.item, false);
    const most = mostChanged(before, after);
    return most ? words.likelier(nameIn(most.item), most.to > most.from) + because(most.item, most.to > most.from) : words.onlyThis;
  }

  function announce(change, sentence, reasonText) {
    const { up, entered, left } = change;
    say(
      byId("change-announced"),
      [sentence, words.announce({ up: names(up), entered: names(entered), left: names(left) }), reasonText].join(" "),
    );
  }

  return {
    /**
     * @param {object} answer  the list now
     * @param {object} how
     * @param {object | null} how.act  what the visitor did since the list before
     * @param {object} how.model
     * @param {boolean} how.hasProfile
     * @returns {object | null} what changed
     */
    show(answer, { act, model, hasProfile }) {
      const after = answer.items;
      const isPersonal = answer.strategy === "adapted";
      const isSame = shown && JSON.stringify(shown) === JSON.stringify(after);
      const before = shown && act && !isSame ? shown : null;
      const size = Math.min(TEN, after.length);
      heading.textContent = isPersonal || hasProfile ? words.yourTen(size) : words.everyones;
      heading.dataset.strategy = answer.strategy;
      heading.dataset.learntFrom = answer.support_size;
      const change = difference(before ?? after, after);
      const beginning = doneBy(act, model.rating_scale);
      if (before) {
        const said = moved(change, before, after, act.item);
        const reasonText = reason(change, before, after, act.item, model.rating_scale);
        what.replaceChildren(el("strong", { text: words.closing(beginning) }), ` ${said.join(" ")}`);
        why.textContent = reasonText;
        announce(change, what.textContent, reasonText);
      } else if (act && isSame && shown) {
        what.replaceChildren(el("strong", { text: words.closing(beginning) }), ` ${words.unchanged}`);
        why.textContent = words.onlyThis;
        say(byId("change-announced"), what.textContent);
      } else if (!shown || !isPersonal) {
        what.textContent = isPersonal ? words.newVisit : hasProfile ? words.profileNote : words.everyonesNote();
        why.textContent = "";
      }
      if (!isSame || act) chart.show(change, before);
      shown = after;
      return before ? change : null;
    },
    /** @param {object[] | null} everybodys  items that somebody gets of whom nothing is known */
    compareWith(everybodys) {
      const isPersonal = heading.dataset.strategy === "adapted";
      differs.textContent = isPersonal && shown && everybodys
        ? words.differs(differing(shown, everybodys), Math.min(TEN, shown.length))
        : "";
    },
    /** Say that it can't be got. */
    failed(text) {
      what.textContent = text;
    },
    clear() {
      shown = null;
      chart.clear(TEN);
      what.textContent = words.waiting;
      why.textContent = "";
      differs.textContent = "";
    },
  };
}
