// Every text of the back office that its page does not hold, to be translated here.

const number = new Intl.NumberFormat("en", { maximumFractionDigits: 2 });
export const shown = (value) => number.format(value);
export const percent = (part) => `${Math.round(100 * part)} %`;
export const count = (value, one, many = `${one}s`) => `${shown(value)} ${value === 1 ? one : many}`;

export const when = (text) =>
  new Date(text).toLocaleString("en-GB", { dateStyle: "medium", timeStyle: "short" });

export function duration(seconds) {
  if (seconds < 90) return `${Math.round(seconds)} s`;
  return seconds < 5400 ? `${Math.round(seconds / 60)} min` : `${(seconds / 3600).toFixed(1)} h`;
}

export const words = {
  // Access
  doorNote:
    "The operator sets it, in MELU_API_KEYS. It is kept in the memory of this tab alone: not stored, not in the address, and forgotten when you reload.",
  doorUnknown: "The service does not know this key.",
  doorEmpty: "Type a key first.",
  readOnly: "Read-only. Nothing you do here changes anything.",
  mayChange: "Changes are allowed, and each asks once more.",
  open: "This service has no API keys: whoever reaches it can do all of this.",
  allowFirst: "Tick “Allow changes” first.",
  locked: "The key was forgotten.",
  ended: "The service no longer takes this key.",

  tabs: { now: "Now", user: "One user", catalogue: "Catalogue", onboarding: "Onboarding", model: "Model" },
  cancel: "Cancel",
  retry: "Try again",
  loading: "Asking the service…",
  none: "–",
  found: "Found",

  // When something is wrong
  unreachable: "The service can’t be reached.",
  problem: (detail, requestId) => `${detail}${requestId ? ` (request ${requestId})` : ""}`,

  // Now
  now: {
    heading: "Now",
    note: (seconds) =>
      seconds < 2
        ? "Rates need two looks; the second comes in a moment."
        : `Over the last ${shown(Math.round(seconds))} s, of all workers of the service that answers here. This page’s own calls are left out, and files.`,
    requests: "requests a second",
    total: (all) => `${shown(all)} since the start`,
    median: "half are answered within",
    slow: "99 in 100 within",
    sinceStart: (text) => `${text} since the start`,
    errors: "answered with an error of ours",
    errorsNote: (all) => `${count(all, "answer")} with status 5xx since the start`,
    adapted: "of lists are personal",
    adaptedNote: (all) => `${count(all, "list")} since the start`,
    cached: "of lists were at hand",
    cachedNote: "and had not to be computed",
    queue: "computations run or wait",
    queueNote: (diverged) => `${count(diverged, "local update")} diverged since the start`,
    store: "the store",
    storeWords: { ok: "takes writes", read_only: "read-only", away: "away" },
    storeErrors: (all) => `${count(all, "failure")} since the start`,
    ready: (version) => `The service is ready, and serves ${version}.`,
    notReady: (detail) => `Not ready: ${detail}`,
    scarce: (names) => `Nearly used up: ${names.join(", ")}.`,
    refuses: (why) => `The store takes no writes: ${why}`,
    routes: "By path",
    columns: ["Path", "a second", "in all", "half within", "99 in 100", "5xx"],
    pause: "Pause",
    resume: "Go on",
    quietMinute: "no call",
  },

  // One user
  user: {
    heading: "One user",
    label: "User id",
    look: "Look up",
    note: "As your application calls the user. To look counts as a call on that user for MELU_USER_EXPIRY_DAYS, and changes nothing else.",
    unknown: (id) => `Nothing is stored of “${id}”. They get everyone’s list.`,
    facts: { support: "ratings to learn from", version: "changes so far", created: "first seen", updated: "last change" },
    attributes: "Profile",
    noAttributes: "No attributes are stored.",
    told: "Support set",
    toldNote: "Newest first. Leave answers out, or add one, to see the list that would follow. Nothing of it is stored.",
    toldNone: "No feedback.",
    more: (rest) => `and ${shown(rest)} older ones`,
    leaveOut: (title) => `Leave out ${title}`,
    leaveOutShort: "leave out",
    gone: "no longer in the catalogue",
    asked: "asked",
    weight: (value) => `× ${shown(value)}`,
    preferred: (one, other) => `${one} over ${other}`,
    group: (titles, points) => `${count(points, "point")} for ${titles}`,
    add: "What if they also said",
    addSearch: "Find an item",
    addNone: "Nothing found.",
    added: "Added",
    addAs: (title) => `What to say of ${title}`,
    addChoose: (rating) => `rated ${shown(rating)}`,
    actions: { like: "likes it", dislike: "dislikes it", unseen: "has not seen it" },
    whatIf: (left, added) =>
      `What if: ${[left ? `without ${count(left, "answer")}` : "", added ? `with ${count(added, "more answer", "more answers")}` : ""].filter(Boolean).join(", ")}.`,
    reset: "As it is",
    lists: "Lists side by side",
    everyones: "Everyone’s",
    everyonesNote: "without what this user has seen",
    theirs: "Theirs",
    ifSo: "What if",
    nowList: "Theirs now",
    summary: (fresh, size, top) =>
      fresh
        ? `${shown(fresh)} of ${shown(size)} are not on the list beside it${top ? `; ${top.title} rose most` : ""}.`
        : `The same ${shown(size)} items${top ? `; ${top.title} rose most, by ${shown(top.move)}` : ", in the same order"}.`,
    isNew: "new",
    up: (by) => `up ${by}`,
    down: (by) => `down ${by}`,
    gets: (chance, score) => [chance, score].filter(Boolean).join(" · "),
    because: "because of",
    effect: (value) => `${value >= 0 ? "+" : "−"}${Math.abs(value).toFixed(value && Math.abs(value) < 0.01 ? 3 : 2)}`,
    strategy: { adapted: "adapted to their answers", prior: "the shared model’s" },
    diverged: "The local update diverged on this feedback, so the shared model answers.",
    explored: "explored",
    export: "Export",
    exported: (file) => `${file} is downloaded.`,
    erase: "Erase…",
    eraseTitle: (id) => `Erase ${id}?`,
    eraseText: "Profile, feedback and lists go from the store and from every worker’s memory. This can’t be undone.",
    eraseType: (id) => `Type ${id} to go on`,
    eraseYes: "Erase for good",
    erased: (id) => `${id} is erased.`,
  },

  // Catalogue
  catalogue: {
    heading: "Catalogue",
    search: "Find an item",
    found: (size, more) => (size ? `${count(size, "item")}${more ? " or more" : ""}` : "Nothing found."),
    choose: "Choose an item to see and change its attributes.",
    title: "Title",
    id: (id) => `Id ${id}`,
    perLine: "one a line",
    range: (low, high) => `training saw ${low} to ${high}`,
    notANumber: (name) => `${name} is no number.`,
    save: "Save…",
    saveTitle: (title) => `Change ${title}?`,
    saveText: "The next request of every worker ranks it by this.",
    saveYes: "Change it",
    same: "There is nothing to change.",
    empty: "nothing",
    from: (name, before, after) => `${name}: ${before} → ${after}`,
    saved: (title) => `${title} is changed.`,
    remove: "Take out…",
    removeTitle: (title) => `Take ${title} out of the catalogue?`,
    removeText: "It is not recommended, found or asked about any more, until it is put again.",
    removeYes: "Take it out",
    removed: (title) => `${title} is out of the catalogue.`,

    upload: "Import",
    uploadNote:
      "JSON lines of {\"item_id\", \"title\", \"attributes\"}, or CSV with columns item_id, title and one an attribute; several values in a cell are separated by |. First it is only tried.",
    file: "File",
    tooLarge: "The file has more than 20 MB; use “melu items import”.",
    noId: "There is no column item_id.",
    badLine: "is no JSON object",
    badId: "has no item_id",
    unreadable: (problem) => `This can’t be read: ${problem}`,
    trying: (done, all) => `Tried ${shown(done)} of ${shown(all)}…`,
    tried: ({ fresh, changed, same, refused }) =>
      `${count(fresh, "item")} would be new, ${shown(changed)} changed, ${shown(same)} are as they were; ${count(refused, "row")} can’t be taken.`,
    write: (size) => `Write ${count(size, "item")}…`,
    writeTitle: (size) => `Write ${count(size, "item")}?`,
    writeText: "Each call of up to 500 is stored whole or not at all. Rows that can’t be taken, and items that are the same, are not sent.",
    writeYes: "Write them",
    writing: (done, all) => `Written ${shown(done)} of ${shown(all)}…`,
    written: (created, updated) => `${count(created, "item")} ${created === 1 ? "is" : "are"} new, ${shown(updated)} changed.`,
    changeColumns: ["Item", "What", "Fields"],
    kinds: { new: "new", changed: "changed", same: "same" },
    firstOf: (some, all) => `The first ${shown(some)} of ${shown(all)}.`,
    refusedHeading: "Rows that can’t be taken",
    line: (line, why) => `Line ${line}: ${why}`,

    fresh: "New since the training",
    freshNone: "Every item was there when the model was trained.",
    freshNote: (first, last, size) =>
      `What somebody of whom nothing is known gets: on everyone’s list of ${shown(size)} the first has a chance of ${first}, the last ${last}. New items are ranked by their attributes alone. Clicks and answers are counted for no item but those that the onboarding asks about.`,
    freshColumns: ["Item", "chance", "predicted rating", "place on everyone’s list"],
    beyond: (size) => `beyond ${shown(size)}`,
    chance: (value) => (value === null || value === undefined ? "–" : `${(100 * value).toFixed(value < 0.01 ? 2 : 1)} %`),
    rating: (value) => (value === null || value === undefined ? "–" : `★ ${value.toFixed(2)}`),
  },

  // Onboarding
  onboarding: {
    heading: "Onboarding",
    note: "Counted since the service started, over its workers, and of nobody by name. Calls are counted, not people: a page that asks anew after each answer makes one call an answer.",
    answers: "Answers",
    known: "know the item",
    unseen: "have not seen it",
    skipped: "skipped",
    compared: "compared",
    knownShare: (part) => `${percent(part)} of all answers about an item`,
    answersNone: "No answer has come yet. Counted are those with \"source\": \"onboarding\", “haven’t seen it”, screens and comparisons.",
    funnel: "On the way to enough",
    funnelColumns: ["answers given", "calls", "", "said enough"],
    funnelNone: "No user has been asked yet.",
    enough: (part, limit) => `${percent(part)} of calls said that there are enough answers.`,
    items: "What is asked about",
    itemsColumns: ["Item", "shown", "know it", "not seen", "skipped", "of answers, know it"],
    itemsNote: "Those that were shown most, 50 at most.",
    all: (size) => `Show all ${shown(size)}`,
    first: "What a newcomer is asked first",
    firstColumns: ["Item", "likely known", "gain"],
    firstNote: "Gain: likes more on a list of 20, discounted by place, that the answer is expected to bring.",
  },

  // Model
  model: {
    heading: "Model",
    facts: {
      version: "version",
      dataset: "data set",
      preset: "preset",
      created: "trained",
      items: "items",
      users: "users",
      ratings: "ratings",
      took: "training took",
      scale: "rating scale",
      orders: "orders",
      held: "users held out",
      seed: "seed",
    },
    noScale: "no ratings",
    curve: "Training",
    curveNone: "The bundle does not tell how it was trained.",
    lossRating: "Loss of predicted ratings",
    lossChoice: "Loss of what is chosen",
    quality: "List quality of held-out users",
    qualityNone: "This training measured no lists of held-out users. “melu evaluate-lists” does, beside tuned baselines.",
    qualityBest: (value) =>
      `List quality is nDCG@20 after five ratings; the best is ${value.toFixed(3)}. Compare bundles of the same data only. “melu evaluate-lists” measures beside tuned baselines.`,
    mae: "MAE of held-out users, by ratings given",
    epoch: "epoch",
    line: (name, first, last) => `${name}: ${first} → ${last}`,
    features: "Features",
    featureColumns: ["Feature", "kind", "values"],
    ofUsers: "of users",
    ofItems: "of items",
    many: "many",
    range: (low, high) => `${low} to ${high}`,
    configuration: "Configuration",
    reload: "Load the bundle again…",
    reloadTitle: "Load the bundle again?",
    reloadText: "The folder’s bundle is checked completely before it serves. A bad one changes nothing.",
    reloadYes: "Load it",
    reloaded: (version, previous) => (version === previous ? `${version} serves, as before.` : `${version} serves now.`),
  },
};
