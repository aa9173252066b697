// Why an item is where it is, in words: from the effects that the service computed.

import { nameIn } from "./format.js";
import { isLoved } from "./rating.js";
import { words } from "./words.js";

const SOME = 0.004; // an effect below that says nothing
const LITTLE = 0.02; // lift below that: it is there because everybody likes it

/** The parts of a reason: what speaks for an item. `scale` is null where there are no ratings. */
function parts(because, scale) {
  const [low, high] = scale ?? [0, 1];
  const helps = because.filter(({ effect }) => effect >= SOME).slice(0, 3);
  const isHigh = ({ rating }) => isLoved({ rating }, scale ?? [0, 1]);
  const isLow = ({ rating }) => rating < low + 0.4 * (high - low);
  const loved = helps.filter(isHigh).map(nameIn);
  const disliked = helps.filter(isLow).map(nameIn);
  const liked = helps.filter((one) => !isHigh(one) && !isLow(one)).map(nameIn);
  return [
    loved.length ? words.youLoved(loved) : "",
    liked.length ? words.youLiked(liked) : "",
    disliked.length ? words.youDisliked(disliked) : "",
  ].filter(Boolean);
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
  const [low, high] = scale ?? [0, 1];
  if (isLoved({ rating: found.rating }, scale ?? [0, 1])) return words.youLoved([nameIn(found)]);
  if (found.rating < low + 0.4 * (high - low)) return words.youDisliked([nameIn(found)]);
  return words.youLiked([nameIn(found)]);
}
