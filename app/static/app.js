// The demo page: holds what the visitor did, sends it, and keeps the screen in step with it.

import * as api from "./api.js";
import { candidateCards, PLACES } from "./candidates.js";
import { byId } from "./dom.js";
import { currentUser, hasProfile, newUser, onUserChangedElsewhere, Outbox, randomId, rememberProfile } from "./memory.js";
import { profileForm } from "./profile.js";
import { ratingList } from "./ratings.js";
import { recommendationList } from "./recommendations.js";
import { itemSearch } from "./search.js";
import { statusStrip } from "./status.js";
import { plural } from "./words.js";

const RECOMMENDATIONS = 10;
const SPARE_CANDIDATES = 6; // to go on with while the service is away
const FIRST_PAUSE = 1000; // ms before the first retry, doubled up to the longest
const LONGEST_PAUSE = 15000;
const LOVED = 0.75; // of the rating scale, as the model reads it

const outbox = new Outbox();
const knownItems = new Map(); // item id → item
let userId = currentUser();
let model = null;
let answers = new Map(); // item id → {item, rating or action, order, isPending, isGone}
let newestOrder = 0;
let named = null; // an item that the visitor named and loves, until more like it is asked about

const status = statusStrip();
const candidates = candidateCards({ onanswer: (item, given) => answer(item, { ...given, source: "onboarding" }) });
const recommendations = recommendationList();
const ratings = ratingList({ onanswer: answer, onremove: takeBack, onmissing: fetchTitle });
const search = itemSearch({ find: findItems, onanswer: name, onproblem: failed });
const profile = profileForm({ onsave: saveProfile });

// --- what the visitor does ---------------------------------------------------------------------

function answer(item, given) {
  const order = answers.get(item.item_id)?.order ?? (newestOrder += 1);
  answers.set(item.item_id, { ...given, item, order, isPending: true });
  send({ kind: "feedback", item, ...given, event_id: randomId() });
}

/** Answer about something that the visitor named; what is loved brings more that is alike. */
function name(item, given) {
  const [low, high] = model.rating_scale ?? [0, 1];
  const isLoved = given.action === "like" || given.rating >= low + LOVED * (high - low);
  // What is alike a model without relevance can't tell.
  if (isLoved && model.orders.includes("relevance")) named = item;
  answer(item, given);
}

function takeBack(item) {
  answers.delete(item.item_id);
  send({ kind: "remove", item });
}

function saveProfile(attributes) {
  send({ kind: "profile", attributes });
}

function startOver() {
  send({ kind: "erase" });
  userId = newUser();
  named = null;
  begin();
}

function send(entry) {
  outbox.add({ ...entry, userId });
  showAnswers();
  if (retryTimer) {
    showAway(); // one more thing is kept
    candidates.goOn();
  } else {
    flush();
  }
}

// --- sending -----------------------------------------------------------------------------------

const deliver = {
  feedback: ({ item, rating, action, source, event_id }, user) =>
    api.postFeedback(user, { item_id: item.item_id, rating, action, source, event_id }),
  remove: ({ item }, user) => api.deleteFeedback(user, item.item_id),
  profile: ({ attributes }, user) => api.putUser(user, attributes),
  erase: (_entry, user) => api.deleteUser(user),
};

let isFlushing = false;

/** Send what the outbox holds, one after the other: the order is what the visitor did. */
async function flush() {
  if (isFlushing) return;
  isFlushing = true;
  try {
    for (let entry = outbox.take(); entry; entry = outbox.take()) {
      try {
        const result = await deliver[entry.kind](entry, entry.userId);
        outbox.done(entry);
        delivered(entry, result);
      } catch (problem) {
        if (!(problem instanceof api.Problem)) throw problem;
        if (problem.passes) {
          outbox.putBack();
          failed(problem);
          return;
        }
        outbox.done(entry);
        refused(entry, problem);
      }
    }
  } finally {
    isFlushing = false;
  }
  settle();
}

function delivered(entry, result) {
  if (entry.userId !== userId) return;
  if (entry.kind === "feedback") {
    const known = answers.get(entry.item.item_id);
    if (known && !isWaiting(entry.item.item_id)) known.isPending = false;
    showAnswers();
  } else if (entry.kind === "profile") {
    rememberProfile();
    profile.saved(result.warnings);
  }
  // A list of feedback asked for before this was stored would miss it.
  const listed = parts.feedback.isStale ? ["feedback"] : [];
  refresh("candidates", "recommendations", ...listed);
}

function refused(entry, problem) {
  // Nothing to take back any more is what was wanted.
  if (entry.kind === "remove" && problem.status === 404) {
    delivered(entry);
    return;
  }
  if (entry.userId !== userId && entry.kind !== "erase") return;
  if (entry.kind === "profile") {
    profile.refused(problem.message);
    return;
  }
  const about = entry.item ? `“${entry.item.title}”: ` : "";
  status.problem(about + problem.message);
  refresh("feedback", "candidates"); // show what the service has, not what we hoped for
}

function isWaiting(itemId) {
  return outbox.entries.some((entry) => entry.userId === userId && entry.item?.item_id === itemId);
}

// --- loading -----------------------------------------------------------------------------------

const load = {
  model: async () => api.getModel(),
  profile: async (user) => {
    if (!hasProfile()) return null;
    try {
      return (await api.getUser(user)).attributes;
    } catch (problem) {
      if (problem.status === 404) return null;
      throw problem;
    }
  },
  feedback: (user) => api.getAllFeedback(user),
  candidates: async (user) => {
    const waiting = outbox.entries.filter((entry) => entry.userId === user && entry.kind === "feedback");
    const exclude = new Set([...candidates.shownIds, ...waiting.map((entry) => entry.item.item_id)]);
    // The answer about it has to be there before: it is not asked about itself.
    const near = named && !isWaiting(named.item_id) ? named : null;
    if (near) named = null;
    const found = await api.getCandidates(user, PLACES + SPARE_CANDIDATES, [...exclude], near?.item_id);
    return { ...found, near };
  },
  recommendations: (user) => api.getRecommendations(user, RECOMMENDATIONS),
};

const arrived = {
  model(newModel) {
    model = newModel;
    search.use(model);
    profile.use(model);
    showModel();
  },
  profile: (attributes) => attributes && profile.fill(attributes),
  feedback(feedback) {
    newestOrder = feedback.length;
    answers = new Map(
      feedback.map(({ item_id, rating, action }, index) => [
        item_id,
        { item: knownItems.get(item_id), rating, action, order: feedback.length - index },
      ]),
    );
    // What is still on its way counts as done.
    for (const entry of outbox.entries.filter((one) => one.userId === userId)) {
      if (entry.kind === "remove") answers.delete(entry.item.item_id);
      if (entry.kind !== "feedback") continue;
      const { item, rating, action } = entry;
      answers.set(item.item_id, { item, rating, action, order: (newestOrder += 1), isPending: true });
    }
    showAnswers();
  },
  candidates({ items, near }) {
    learnTitles(items);
    candidates.offer(items, model, near?.title);
  },
  recommendations(answer) {
    learnTitles(answer.items);
    recommendations.show(answer, model, hasProfile());
    // Another bundle serves by now.
    if (answer.model_version !== model.version) refresh("model").then(() => refresh("profile"));
  },
};

const parts = Object.fromEntries(
  Object.keys(load).map((name) => [name, { isStale: true, asked: 0, shown: 0 }]),
);

/** Load parts again; of several answers on their way, an older one never replaces a newer one. */
function refresh(...names) {
  for (const name of names) parts[name].isStale = true;
  return Promise.all(names.map(loadPart));
}

async function loadPart(name) {
  if (!model && name !== "model") return; // nothing can be drawn yet; it stays stale
  const part = parts[name];
  const asked = (part.asked += 1);
  const user = userId;
  const isOutdated = () => user !== userId || asked < part.shown;
  try {
    const answer = await load[name](user);
    if (isOutdated()) return;
    part.shown = asked;
    part.isStale = asked !== part.asked;
    arrived[name](answer);
    settle();
  } catch (problem) {
    if (!(problem instanceof api.Problem)) throw problem;
    if (isOutdated()) return;
    if (name === "candidates") candidates.goOn();
    failed(problem);
  }
}

/** Send what waits, then load what is not up to date. */
async function resume() {
  clearTimeout(retryTimer);
  retryTimer = null;
  await flush();
  if (retryTimer) return;
  const stale = Object.keys(parts).filter((name) => parts[name].isStale);
  // All else is drawn by the model's description of rating scale and features.
  if (stale.includes("model")) await loadPart("model");
  if (!model) return;
  await Promise.all(stale.filter((name) => name !== "model").map(loadPart));
  search.retry();
}

async function fetchTitle(itemId) {
  if (knownItems.has(itemId)) return;
  knownItems.set(itemId, undefined); // on its way
  try {
    learnTitles([await api.getItem(itemId)]);
  } catch (problem) {
    knownItems.delete(itemId);
    const known = answers.get(itemId);
    if (problem.status === 404 && known) known.isGone = true;
    else if (problem instanceof api.Problem) {
      parts.feedback.isStale = true; // listed again, and this title asked for, when all is well
      failed(problem);
    }
  }
  const known = answers.get(itemId);
  if (known) known.item ??= knownItems.get(itemId);
  showAnswers();
}

async function findItems(query, limit, signal) {
  const page = await api.findItems(query, limit, signal);
  learnTitles(page.items);
  return page;
}

function learnTitles(items) {
  for (const { item_id, title, attributes } of items) knownItems.set(item_id, { item_id, title, attributes });
}

// --- when the service is away ------------------------------------------------------------------

let retryTimer = null;
let pause = FIRST_PAUSE;
let isAway = false;
let lastProblem = null;

/** Say what is wrong; keep the screen as it is; try again by ourselves if that may help. */
function failed(problem) {
  if (problem.status === 401) {
    showClosed();
    return;
  }
  if (!problem.passes) {
    status.problem(problem.message, resume);
    return;
  }
  isAway = true;
  lastProblem = problem;
  parts.recommendations.isStale = true; // its answer is what shows that all is well again
  if (!retryTimer) {
    const asked = problem.retryAfter === null ? pause : Math.max(problem.retryAfter * 1000, 500);
    retryTimer = setTimeout(resume, asked * (1 + 0.2 * Math.random()));
    pause = Math.min(pause * 2, LONGEST_PAUSE);
  }
  candidates.goOn();
  showAway();
}

/** A key opens everything, so it has no place in a page that anybody may load. */
function showClosed() {
  byId("strategy-note").textContent = "This service asks for an API key, and this page has none.";
  status.problem(
    "This service asks for an API key, which no page may hold. To try the page, start the service on your own machine without MELU_API_KEYS.",
    resume,
  );
}

function showAway() {
  const waiting = outbox.entries.length;
  const kept = waiting
    ? ` ${plural(waiting, "change")} of yours ${waiting === 1 ? "is" : "are"} kept here and sent as soon as it is back.`
    : "";
  if (outbox.entries.some((entry) => entry.kind === "profile")) profile.kept();
  status.away(`${lastProblem.message} Trying again by itself.${kept}`, resume);
}

/** Say that all is well again, once nothing waits and nothing on screen is old. */
function settle() {
  if (!isAway || outbox.entries.length || Object.values(parts).some((part) => part.isStale)) return;
  clearTimeout(retryTimer);
  retryTimer = null;
  isAway = false;
  pause = FIRST_PAUSE;
  status.back("Back again. Everything you did is saved.");
}

// --- the screen --------------------------------------------------------------------------------

function showAnswers() {
  candidates.mark(answers);
  search.mark(answers);
  if (model) ratings.show(answers, model);
}

function showModel() {
  byId("about-model").textContent =
    `Data set ${model.dataset} · ${plural(model.items, "item")} · model ${model.version}`;
}

/** Show a visitor from the beginning. */
function begin() {
  answers = new Map();
  candidates.clear();
  recommendations.clear();
  ratings.clear();
  search.clear();
  profile.clear();
  showAnswers();
  for (const name of Object.keys(parts)) {
    if (name !== "model" || !model) parts[name].isStale = true;
  }
  if (!retryTimer) resume();
}

byId("start-over").addEventListener("click", () => {
  if (answers.size || hasProfile()) byId("start-over-dialog").showModal();
  else startOver();
});
byId("start-over-no").addEventListener("click", () => byId("start-over-dialog").close());
byId("start-over-yes").addEventListener("click", () => {
  byId("start-over-dialog").close();
  startOver();
  window.scrollTo({ top: 0 });
  byId("rate-heading").focus({ preventScroll: true });
});

// On a phone the list is below: a small link tells that it changed.
new IntersectionObserver(([entry]) => {
  byId("jump").hidden = entry.isIntersecting || entry.boundingClientRect.top < 0;
}).observe(byId("for-you"));

window.addEventListener("online", () => isAway && resume());
onUserChangedElsewhere(() => window.location.reload());

begin();
