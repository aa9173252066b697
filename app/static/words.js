// Every text that the page's scripts write, to be translated here and, for what stands there before
// they run, in index.html. What items are called comes from GET /model.

const number = new Intl.NumberFormat("en", { maximumFractionDigits: 2 });
const shown = (value) => number.format(value);

let noun = { one: "item", many: "items" };

/** What is done with an item before one has a view of it, by what the items are. */
const VERBS = {
  film: ["Not seen", "Seen", "haven’t seen"],
  movie: ["Not seen", "Seen", "haven’t seen"],
  series: ["Not seen", "Seen", "haven’t seen"],
  book: ["Not read", "Read", "haven’t read"],
  song: ["Not heard", "Heard", "haven’t heard"],
  track: ["Not heard", "Heard", "haven’t heard"],
  game: ["Not played", "Played", "haven’t played"],
};
const verbs = () => VERBS[noun.one] ?? ["Don’t know it", "Know it", "don’t know"];

export function useNoun(itemNoun) {
  if (itemNoun) noun = itemNoun;
}

export const count = (value, one, many = `${one}s`) => `${shown(value)} ${value === 1 ? one : many}`;
export const ofItems = (value) => count(value, noun.one, noun.many);

/** `["A", "B", "C"]` → `A, B and C`, the rest counted. */
export function listed(names, most = 3) {
  const some = names.slice(0, most);
  if (names.length > most) return `${some.join(", ")} and ${shown(names.length - most)} more`;
  return some.length < 2 ? some.join("") : `${some.slice(0, -1).join(", ")} and ${some.at(-1)}`;
}

export const words = {
  promise: (items, milliseconds) =>
    `Tell us about a few ${noun.many}. All ${shown(items)} are ranked anew for you after each answer` +
    (milliseconds ? `, in about ${shown(milliseconds)} ms, without retraining.` : ", without retraining."),
  scope: (items, range) =>
    range
      ? `In the catalogue: ${ofItems(items)}, ${range.name.toLowerCase()} ${range.low} to ${range.high}. Nothing beyond is in it.`
      : `In the catalogue: ${ofItems(items)}.`,

  // Tell us
  question: () => `Which of these ${noun.many} do you know?`,
  loved: "Loved",
  okay: "Okay",
  notForMe: "Not for me",
  unseen: () => verbs()[0],
  seen: () => verbs()[1],
  unseenOf: (title) => `${verbs()[0]}: ${title}`,
  seenOf: (title) => `${verbs()[1]}: ${title}. Hide it.`,
  answerOf: (title) => `Your answer on ${title}`,
  rate: (title) => `Rate ${title}`,
  of: (rating, most) => `${shown(rating)} of ${shown(most)}`,
  near: (title) => `More like ${title}: do you know these?`,
  askedAll: "That is all there is to ask. Search for more.",
  others: "Show others",
  searchLabel: () => `Name ${/^[aeiou]/.test(noun.one) ? "an" : "a"} ${noun.one} you love`,
  results: (found) => count(found, "result"),
  nothingFound: (query) => `Nothing found for “${query}”.`,
  catalogueHint: (items, range) =>
    `The catalogue has ${ofItems(items)}${range ? `, ${range.name.toLowerCase()} ${range.low} to ${range.high}` : ""}.`,
  searchBroken: "Searching does not work just now. What you typed stays; it is tried again.",

  // Progress
  progressStart: "Your first answer makes the list yours.",
  progressLabel: "How well we know your taste",
  progressCount: (answers) => `${count(answers, "answer")} so far`,
  progressKnown: (certainty) => `${Math.round(100 * certainty)} % of what answers can tell`,
  progressGain: (gain) =>
    gain >= 0.095
      ? `One more adds about ${gain.toFixed(1)} good ${gain >= 0.95 && gain < 1.05 ? noun.one : noun.many} to your best 20.`
      : "One more refines it a little.",
  progressEnough: "That is enough: the list is yours. More answers only polish it.",
  progressLink: "See what is most you",

  // What changed
  everyones: "What everybody gets",
  everyonesNote: () => `So far this is everybody’s list. Answer one ${noun.one} and watch it move.`,
  profileNote: "What people like you get. Answer one and it becomes yours.",
  yourTen: (size) => (size ? `Your ${size === 10 ? "ten" : shown(size)}` : "Your list"),
  waiting: "Getting your list…",
  before: "before",
  now: "now",
  said: (answer, title) => `${answer} ${title}`,
  closing: (said) => `${said}:`,
  tookBack: (title) => `You took back ${title}`,
  newVisit: "Your list, as your answers made it.",
  otherTab: "You answered in another window",
  profileSaved: "You told us about yourself",
  entered: (names, size) => `${shown(names.length)} of your ${size === 10 ? "ten" : shown(size)} ${names.length === 1 ? "is" : "are"} new: ${listed(names)}.`,
  leftList: (names) => `${listed(names)} ${names.length === 1 ? "left" : "left"}.`,
  reordered: (moved) => `${moved === 1 ? "One" : shown(moved)} changed places.`,
  steady: (title, from, to) =>
    `The same list in the same order. What we expect of it changed: ${title} most, from ${from} to ${to}.`,
  unchanged: "The list stays as it was.",
  differs: (different, size) =>
    different ? `${shown(different)} of ${shown(size)} differ from what everybody gets.` : "So far they are the same as everybody’s.",
  rose: (title, from, to) => (from ? `${title} rose most, from place ${from} to ${to}` : `${title} came in at place ${to}`),
  fell: (title, from, to) => `${title} fell most, from place ${from} to ${to}`,
  likelier: (title, isMore) => `${title} is ${isMore ? "likelier" : "less likely"} for you now`,
  onlyThis: "This answer is all that is new since the list before.",
  othersLost: ", as others lost more by this answer.",
  becauseOf: (because) => `, because ${because}.`,
  wasAsked: (title) => `${title} is off the list: you have answered it.`,
  up: (by) => `up ${by}`,
  down: (by) => `down ${by}`,
  isNew: "new",
  leftLabel: "left",
  fromPlace: (place) => (place ? `from place ${place}` : "from further down"),
  dock: ({ entered, up, down }, size) => {
    if (entered.length) return `${shown(entered.length)} new in your ${size === 10 ? "ten" : shown(size)}`;
    return up.length + down.length ? `${shown(up.length + down.length)} moved in your ${size === 10 ? "ten" : shown(size)}` : "Your list, same order";
  },
  announce: ({ up, entered, left }) =>
    [
      entered.length ? `New: ${entered.join(", ")}.` : "",
      up.length ? `Up: ${up.join(", ")}.` : "",
      left.length ? `Left: ${left.join(", ")}.` : "",
    ].filter(Boolean).join(" "),

  // Shelves
  most: "Most you",
  mostNote: () => `The ${noun.many} that your answers moved up most.`,
  mostFew: "What you did not like moves little up. Love one, and this shelf fills.",
  mostEmpty: "Answer one above: what your answers move up most will stand here.",
  best: "Best for you",
  bestNote: "What you are likeliest to choose and like.",
  bestRated: "What you would rate highest.",
  lift: (points) => `+${shown(points)} ${points === 1 ? "point" : "points"}`,
  liftTitle: (points) => `${shown(points)} points in a hundred likelier for you than for everybody`,
  chance: (relevance) => `${Math.round(100 * relevance)} %`,
  chanceTitle: (relevance) => `${Math.round(100 * relevance)} in a hundred that you choose and like it`,
  stars: (score) => `★ ${score.toFixed(1)}`,
  wildCard: "wild card",
  wildCardTitle: () => `We know little of this ${noun.one} yet`,
  youLoved: (names) => `you loved ${listed(names, 2)}`,
  youLiked: (names) => `you liked ${listed(names, 2)}`,
  youDisliked: (names) => `${listed(names, 2)} ${names.length === 1 ? "was" : "were"} not for you`,
  youPicked: (names) => `you picked ${listed(names, 2)}`,
  youDontKnow: (names) => `you ${verbs()[2]} ${listed(names, 2)}`,
  youPassed: (names) => `you passed over ${listed(names, 2)}`,
  youAnswered: (names) => `you told us of ${listed(names, 2)}`,
  and: (parts) => parts.join(", and "),
  everybodysFavourite: "Liked by almost everybody",
  yourAnswers: "From all your answers together",
  all: "All",
  moreFilters: "More filters",
  clearFilters: "Clear filters",
  from: (name) => `${name} from`,
  to: (name) => `${name} to`,
  safe: "Safe",
  surprising: "Surprising",
  surprise: "From safe to surprising",
  more: (size) => `Show ${size} more`,
  noMore: "That is all.",
  nothingLeft: "Nothing is left: you have answered all there is.",
  nothingFits: (items) => `No ${items} fit these filters.`,
  showing: (shownCount) => `Showing ${ofItems(shownCount)}.`,
  holdsStill: "The list holds still while you page through it.",

  // Your answers
  answers: "Your answers",
  answersNone: "Nothing yet. What you answer is listed here, to change or take back.",
  showAll: (size) => `Show all ${shown(size)}`,
  remove: "Remove",
  removeOf: (title) => `Remove your answer on ${title}`,
  notSent: "not sent yet",
  gone: "no longer in the catalogue",
  unknown: (id) => `${noun.one} ${id}`,
  undo: "Undo",

  // About you
  about: "About you",
  optional: "(optional)",
  aboutNote: "We start from what we know of people like you. Leave blank whatever you like.",
  save: "Save",
  saving: "Saving…",
  saved: "Saved.",
  kept: "Kept here; it is sent as soon as the service is back.",
  between: (low, high) => `Please give a number from ${shown(low)} to ${shown(high)}.`,
  noNumber: "Please give a number.",
  beyond: (name, low, high) => `${name}: beyond what we have met (${shown(low)} to ${shown(high)}); we take the nearest.`,
  neverMet: (name) => `${name}: we have not met this before, so it tells us nothing.`,
  profileRefused: "This could not be saved. Look at what you entered, and try again.",

  // What we learnt
  learnt: "Your taste, against everybody’s",
  learntNote: () => `Of 100 ${noun.many} you would pick, how many are…`,
  learntPlain: () => `Of your best 100 ${noun.many}, how many are…`,
  learntBy: "By what",
  learntNone: "Answer one, and your taste is drawn here.",
  you: "you",
  everybody: "everybody",
  whatIf: "What if you had not said…",
  whatIfNote: "Choose an answer to see your list without it. Nothing is stored.",
  whatIfNone: "Answer one, and you can see what it did.",
  without: (title) => `Without ${title}`,
  withoutSame: "The same list, in the same order.",
  withoutSays: (comes, leaves) => `${listed(comes)} would be in your list, and ${listed(leaves)} would not.`,
  withoutMoves: (moved) => `The same ${noun.many}, ${shown(moved)} of them in other places.`,
  answersWith: "with it",
  answersWithout: "without",

  // Twin
  twin: "Your opposite",
  twinNote: "The same catalogue, for somebody who answered the opposite each time.",
  twinNone: "Answer one, and your opposite stands here.",
  twinShared: (shared, size) => (shared ? `${shown(shared)} of ${shown(size)} are on both lists.` : `Not one of ${shown(size)} is on both lists.`),
  twinMiddle: "Your answers are all in the middle: the opposite is the same.",
  twinYou: "You",
  twinOther: "Your opposite",
  onBoth: "on both",

  // Build it
  build: "What this page has just called",
  buildNote: "Three calls make a page like this. These are the last ones, with what came back.",
  buildNone: "The calls appear here as you answer.",
  copy: "Copy",
  copied: "Copied",
  ask: "what to ask",
  tell: "the answer",
  rank: "the list",
  took: (milliseconds) => `${shown(milliseconds)} ms`,

  // Numbers
  numbers: "Measured here, just now",
  screen: "from your click to the new list",
  learn: "to learn from all your answers",
  rankAll: (items) => `to rank ${ofItems(items)}`,
  numbersNone: "Answer one, and it is measured here.",
  quality: "How much better lists get with each answer, on held-out people and beside simpler methods:",
  qualityInShort: "quality in short",
  gainTitle: "What one more answer was worth, by answers given",
  gainNote: () => `In good ${noun.many} more on a list of 20, as it is expected before you answer.`,

  // Start over
  startOver: "Start over",

  // When something is wrong
  retry: "Retry",
  retryNow: "Retry now",
  dismiss: "Dismiss",
  unreachable: "We can’t reach the service.",
  paused: "The service is taking a break.",
  busy: "The service asks to go a little slower.",
  goingOn: "Trying again by itself.",
  keptHere: (waiting) =>
    `${count(waiting, "change")} of yours ${waiting === 1 ? "is" : "are"} kept here and sent as soon as it is back.`,
  back: "Back again. Everything you did is saved.",
  refused: {
    unknown_item: "This is no longer in the catalogue, so your answer was not kept.",
    rating_out_of_range: "This answer is not on the scale, so it was not kept.",
    invalid_filter: "This filter does not fit. Change it, and the list comes back.",
    forbidden: "This page may not do that here.",
    payload_too_large: "That was too much at once, so it was not kept.",
  },
  refusedOther: "The service could not use this, so it was not kept.",
  closedNote: "This service is closed to visitors.",
  closed:
    "This service asks for an API key, which no page may hold. Start it with MELU_DEMO=true to let visitors try this page, or without MELU_API_KEYS on your own machine.",
  startFailed: "We could not start. Check that the service runs and that you are online; we keep trying.",
};
