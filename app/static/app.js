// The demo page: puts its parts together, sends what the visitor does, and keeps the screen in step.

import { visitorActions } from "./actions.js";
import { answerList } from "./answers.js";
import { builtWith } from "./build.js";
import { changePanel } from "./change.js";
import { connection } from "./connection.js";
import { listDock } from "./dock.js";
import { byId } from "./dom.js";
import { nameIn } from "./format.js";
import { sayHowFast, sayWhatItIs } from "./headline.js";
import { insights } from "./insights.js";
import { lookups } from "./lookups.js";
import { hasProfile, listenToOtherTabs, needsToken, newUser, rememberProfile, tellOtherTabs } from "./memory.js";
import { measurements } from "./numbers.js";
import { pageParts } from "./parts.js";
import { profileForm } from "./profile.js";
import { questions } from "./questions.js";
import { itemSearch } from "./search.js";
import { sender } from "./sending.js";
import * as service from "./service.js";
import { bestShelf, FIRST, MOST, mostShelf } from "./shelves.js";
import { startOverDialog } from "./startover.js";
import { statusStrip, undoStrip } from "./status.js";
import { beginAnew, explained, isWaiting, learnItems, noteFeedback, outbox, visit } from "./visit.js";
import { useNoun, words } from "./words.js";

const status = statusStrip();
const undo = undoStrip();
const link = connection({ status, resume, waiting: () => outbox.entries.length });
const numbers = measurements();
const asked = questions({
  onanswer: (item, rated) => act.answer(item, rated),
  onothers: () => parts.refresh("questions"),
  onprogress(state) {
    numbers.progress(state);
    numbers.draw();
  },
});
const { cards } = asked;
const act = visitorActions({ send, undo, putBack: cards.putBack });
const { answer } = act;
const look = lookups({
  onproblem: failed,
  onoldcursor: () => parts.refresh("best", "filtered"),
  ontitle(isKnown) {
    // Otherwise listed again, and the title asked for, when all is well.
    if (isKnown) showAnswers();
    else parts.outdate("feedback");
  },
});
const search = itemSearch({ find: look.findItems, onanswer: act.name, onproblem: failed });
const change = changePanel();
const dock = listDock();
const most = mostShelf({ onanswer: answer });
const best = bestShelf({ onanswer: answer, onfilter: filter, onmore: look.nextPage });
const given = answerList({
  onanswer: (item, rated) => answer(item, { source: visit.answers.get(item.item_id)?.source, ...rated }),
  onremove: act.takeBack,
  onmissing: look.fetchTitle,
});
const profile = profileForm({ onsave: act.saveProfile });
const calls = builtWith({ base: service.base, hasToken: needsToken });
const learnt = insights({
  onproblem: failed,
  oneverybodys: () => change.compareWith(learnt.everybodys),
  onpause: () => calls.open(),
});

let hasNewAnswers = false; // since the progress that is shown

function filter() {
  if (best.isFiltered) parts.refresh("filtered");
  else if (visit.ranked) best.show(visit.ranked);
}

function startOver() {
  if (visit.userId) send({ kind: "erase" });
  visit.userId = newUser();
  begin();
}

function send(entry) {
  outbox.add({ ...entry, userId: visit.userId });
  showAnswers();
  if (link.isWaiting) {
    showKept(); // one more thing is kept
    cards.goOn();
  } else {
    flush().then(settle);
  }
}

// --- sending -----------------------------------------------------------------------------------

const flush = sender({ outbox, ondelivered: delivered, onrefused: refused, onfail: failed });

function delivered(entry, result) {
  if (entry.userId !== visit.userId) {
    tellOtherTabs();
    return;
  }
  hasNewAnswers = true;
  // A list of feedback asked for before this was stored would miss it.
  const listed = parts.isStale("feedback") ? ["feedback"] : [];
  // The list first: it is what a visitor looks at.
  parts.refresh("best").then(() => parts.refresh("questions", "filtered", "most", "progress", ...listed));
  tellOtherTabs();
  if (entry.kind === "feedback") {
    const known = visit.answers.get(entry.item.item_id);
    if (known && !isWaiting(entry.item.item_id)) known.isPending = false;
    showAnswers();
  } else if (entry.kind === "profile") {
    rememberProfile();
    profile.saved(result.warnings);
  }
}

function refused(entry, problem) {
  // Nothing to take back any more is what was wanted.
  if (entry.kind === "remove" && problem.status === 404) {
    delivered(entry);
    return;
  }
  if (entry.userId !== visit.userId && entry.kind !== "erase") return;
  if (entry.kind === "profile") {
    profile.refused();
    return;
  }
  undo.hide();
  const about = entry.item ? `“${nameIn(entry.item)}”: ` : "";
  status.problem(about + (words.refused[problem.code] ?? words.refusedOther));
  parts.refresh("feedback", "questions"); // show what the service has, not what we hoped for
}

// --- loading -----------------------------------------------------------------------------------

const isThere = () => Boolean(visit.userId && visit.model); // all else is drawn by the model's words

const parts = pageParts({
  user: () => visit.userId,
  onfail(problem, part) {
    if (!service.isProblem(problem)) throw problem;
    if (part === "questions") cards.goOn();
    failed(problem, part);
  },
  onsettle: settle,
  parts: {
    visitor: {
      isWanted: () => !visit.userId,
      load: service.newVisitor,
      arrived: () => {},
    },
    model: { isWanted: () => Boolean(visit.userId), load: service.getModel, arrived: showModel },
    profile: {
      isWanted: isThere,
      load: (user) => (hasProfile() ? service.getProfile(user) : null),
      arrived(found) {
        if (!found) return;
        visit.attributes = found;
        profile.fill(found);
      },
    },
    best: {
      isWanted: isThere,
      load: (user) => service.getRecommendations(user, { limit: best.isFiltered ? FIRST : best.query.limit, ...explained() }),
      arrived(list) {
        visit.ranked = list;
        showRanking();
      },
    },
    questions: { isWanted: isThere, load: asked.load, arrived: asked.arrived },
    progress: {
      isWanted: () => isThere() && hasNewAnswers,
      load: asked.loadProgress,
      arrived(state) {
        hasNewAnswers = false;
        asked.showProgress(state);
      },
    },
    feedback: {
      isWanted: isThere,
      load: service.getAllFeedback,
      arrived(feedback) {
        noteFeedback(feedback);
        showAnswers();
        if (visit.answers.size) parts.refresh("best", "most");
      },
    },
    filtered: {
      isWanted: () => isThere() && best.isFiltered,
      load: (user) => service.getRecommendations(user, { ...best.query, ...explained() }),
      arrived(list) {
        learnItems(list.items);
        if (best.isFiltered) best.show(list);
      },
    },
    most: {
      isWanted: () => isThere() && visit.model.orders.includes("lift") && (visit.answers.size > 0 || most.isFilled),
      load: (user) => service.getRecommendations(user, { limit: MOST, order: "lift", explain: true }),
      arrived(list) {
        learnItems(list.items);
        most.show(list, visit.model);
      },
    },
  },
});

// --- when the service is away ------------------------------------------------------------------

/** Send what waits, then load what is not up to date. */
async function resume() {
  link.trying();
  await flush();
  if (link.isWaiting) return;
  // Each needs what comes before it.
  for (const first of ["visitor", "model"]) if (parts.stale.includes(first)) await parts.loadPart(first);
  await Promise.all(parts.stale.map(parts.loadPart));
  if (visit.model) search.retry();
  settle();
}

/** Say what is wrong; keep the screen as it is; try again by ourselves if that may help. */
function failed(problem) {
  if (problem.status === 401 || problem.code === "not_admitted" && problem.status === 403) {
    change.failed(words.closedNote);
    status.problem(words.closed, resume);
    return;
  }
  if (!service.mayPass(problem)) {
    status.problem(words.refused[problem.code] ?? words.refusedOther, resume);
    return;
  }
  parts.outdate("best"); // its answer is what shows that all is well again
  cards.goOn();
  link.lost(problem);
  if (!visit.model) change.failed(words.startFailed);
  showKept();
}

function showKept() {
  if (outbox.entries.some((entry) => entry.kind === "profile")) profile.kept();
  link.show();
}

function settle() {
  if (!outbox.entries.length && !parts.stale.length) link.found();
}

// --- the screen --------------------------------------------------------------------------------

function showModel(model) {
  visit.model = model;
  useNoun(model.item_noun);
  for (const view of [search, profile, best, numbers]) view.use(model);
  most.hide(!model.orders.includes("lift"));
  sayWhatItIs(model);
  sayHowFast(model, numbers.whole);
  showAnswers();
  learnt.draw();
}

function showRanking() {
  const { ranked: list, model, act: done } = visit;
  learnItems(list.items);
  const isPersonal = list.strategy === "adapted";
  if (!isPersonal && !hasProfile()) learnt.everybodysAre(list.items);
  else learnt.needEverybodys();
  const changed = change.show(list, { act: done, model, hasProfile: hasProfile() });
  change.compareWith(learnt.everybodys);
  dock.show(list.items, changed, isPersonal || hasProfile());
  numbers.answered(list.timing);
  if (done?.at) numbers.clicked(performance.now() - done.at);
  if (!outbox.entries.length) visit.act = null;
  // What is further down follows once this is painted.
  setTimeout(() => visit.ranked === list && showBelow(list, isPersonal));
  // Another bundle serves by now.
  if (list.model_version !== model.version) parts.refresh("model").then(() => parts.refresh("profile"));
}

function showBelow(list, isPersonal) {
  if (!best.isFiltered) best.show(list);
  if (!isPersonal && most.isFilled) most.clear();
  sayHowFast(visit.model, numbers.whole);
  numbers.draw();
  learnt.draw();
  learnt.refresh();
}

function showAnswers() {
  for (const view of [cards, search, most, best]) view.mark(visit.answers);
  if (visit.model) given.show(visit.answers, visit.model);
}

/** Show a visitor from the beginning. */
function begin() {
  beginAnew();
  undo.hide();
  for (const view of [asked, change, dock, most, best, given, search, profile, numbers, calls, learnt]) view.clear();
  showAnswers();
  parts.outdate("visitor", "profile", "feedback", "questions", "best", "filtered", "most");
  if (!link.isWaiting) resume();
}

startOverDialog({ hasSomething: () => visit.answers.size > 0 || hasProfile(), onstartover: startOver });

service.onCall((key, call) => {
  calls.note(key, call);
  calls.draw();
});
new IntersectionObserver(([entry], watcher) => {
  if (!entry.isIntersecting) return;
  calls.open();
  watcher.disconnect();
}, { rootMargin: "400px 0px" }).observe(byId("build"));

listenToOtherTabs({
  onuser: () => window.location.reload(),
  onchange() {
    visit.act ??= { kind: "elsewhere" };
    hasNewAnswers = true;
    parts.refresh("profile", "feedback", "best", "filtered", "most", "questions", "progress");
  },
});

begin();
