// Why an item is where it is, in words: from the effects that the service computed.

import { nameIn } from "./format.js";
import { isLoved } from "./rating.js";
import { words } from "./words.js";

const SOME = 0.004; // an effect below that says nothing
const LITTLE = 0.02; // lift below that: it is there because everybody likes it

/** What an answer is called by its action, where it counts as no rating. */
const ACTED = new Map([
  ["like", "youLoved"],
  ["dislike", "youDisliked"],
  ["picked", "youPicked"],
  ["unseen", "youDontKnow"],
  ["passed", "youPassed"],
]);
const IN_TURN = ["youLoved", "youLiked", "youPicked", "youDisliked", "youDontKnow", "youPassed", "youAnswered"];

/** The words that say what was answered. `scale` is null where there are no ratings. */
function saidBy({ rating, action }, scale) {
  if (rating === null) return ACTED.get(action) ?? "youAnswered";
  const [low, high] = scale ?? [0, 1];
  if (isLoved({ rating }, [low, high])) return "youLoved";
  return rating < low + 0.4 * (high - low) ? "youDisliked" : "youLiked";
}

/** The parts of a reason: what speaks for an item. */
function parts(because, scale) {
  const helps = because.filter(({ effect }) => effect >= SOME).slice(0, 3);
  const names = (said) => helps.filter((one) => saidBy(one, scale) === said).map(nameIn);
  return IN_TURN.map((said) => [said, names(said)])
    .filter(([, some]) => some.length)
    .map(([said, some]) => words[said](some));
}

const capital = (text) => text.charAt(0).toUpperCase() + text.slice(1);

/** Why an item is on a list; empty before the first answer. */
export function reasonOf(item, scale, isPersonal) {
  if (!isPersonal) return "";
  const said = parts(item.because ?? [], scale);
  const isEverybodys = item.lift !== null && item.lift !== undefined && item.lift < LITTLE;
  if (!said.length) return isEverybodys || item.lift === null ? words.everybodysFavourite : words.yourAnswers;
  return capital(words.and(said.slice(0, 2)));
}

/** What one answer did to an item, if it did something that way: "you loved Star Wars". */
export function causeOf(item, answered, scale, isUp) {
  const found = (item?.because ?? []).find(({ item_id }) => item_id === answered?.item_id);
  if (!found || Math.sign(found.effect) !== (isUp ? 1 : -1)) return "";
  return words[saidBy(found, scale)]([nameIn(found)]);
}
