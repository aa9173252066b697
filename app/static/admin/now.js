// What the service does just now: /metrics and /readyz, every few seconds while somebody looks.

import { el, svg } from "../dom.js";
import { figures, note, place, section, table, textOf } from "./parts.js";
import { between, quantile, Scrape } from "./prometheus.js";
import * as service from "./service.js";
import { percent, shown, words } from "./words.js";

const EVERY = 3000; // ms
const WINDOW = 60; // seconds that rates are of
const OWN = /^\/(admin|metrics|readyz|healthz|static|guide|docs|openapi\.json)/;
const text = words.now;

// Files of pages have no route, nor has what was refused before it reached one.
const isOthers = ({ route }) => route !== "unmatched" && !OWN.test(route);
const isError = (labels) => isOthers(labels) && labels.status.startsWith("5");
const inMs = (seconds) => (seconds === null ? words.none : `${shown(seconds * 1000 < 10 ? Math.round(seconds * 1e4) / 10 : Math.round(seconds * 1000))} ms`);
const inPercent = (part, all) => (all ? percent(part / all) : words.none);
const perSecond = (value) => (value >= 10 ? shown(Math.round(value)) : value.toFixed(1));

function sparkline(values) {
  const top = Math.max(...values, 1e-9);
  const points = values.map((value, index) => `${(100 * index) / Math.max(1, values.length - 1)},${22 - (20 * value) / top}`);
  return svg("svg", { class: "spark", viewBox: "0 0 100 24", preserveAspectRatio: "none", "aria-hidden": "true" },
    svg("polyline", { points: points.join(" "), "vector-effect": "non-scaling-stroke" }));
}

export function nowTab() {
  let looks = []; // within the window, the oldest first
  let timer = null;
  let isShown = false;
  let isPaused = false;
  const shownPlace = place();
  const pause = el("button", { type: "button", class: "plain small", text: text.pause, onclick: toggle });
  const panel = el("div", {}, section("now", text.heading, shownPlace.box, el("div", { class: "row" }, pause)));

  function toggle() {
    isPaused = !isPaused;
    pause.textContent = isPaused ? text.resume : text.pause;
    if (!isPaused) look();
  }

  async function look() {
    clearTimeout(timer);
    if (!isShown || isPaused) return;
    if (!document.hidden) await shownPlace.show(read, { quietly: true });
    clearTimeout(timer);
    if (isShown) timer = setTimeout(look, EVERY);
  }

  async function read() {
    const ready = service.readiness().catch((error) => ({ error }));
    const now = new Scrape(await service.metrics(), performance.now() / 1000);
    const last = looks.at(-1);
    // It started again in between.
    if (last && now.sum("melu_requests_total") < last.sum("melu_requests_total")) looks = [];
    looks.push(now);
    while (looks.length > 2 && now.at - looks[1].at > WINDOW) looks.shift();
    return drawn(now, looks[0], await ready);
  }

  function drawn(now, first, ready) {
    const seconds = now.at - first.at;
    const grown = (name, isMeant) => now.sum(name, isMeant) - first.sum(name, isMeant);
    const spread = (isMeant) => between(now.buckets("melu_request_seconds", isMeant), first.buckets("melu_request_seconds", isMeant));
    const calls = now.sum("melu_requests_total", isOthers);
    const ever = now.buckets("melu_request_seconds", isOthers);
    const lately = spread(isOthers);
    const lists = now.sum("melu_recommendations_total");
    const errors = now.sum("melu_requests_total", isError);
    // Of the window; where it had nothing, since the start.
    const [since, of] = grown("melu_recommendations_total") ? [grown, grown("melu_recommendations_total")] : [(name, isMeant) => now.sum(name, isMeant), lists];
    const rates = looks.slice(1).map((one, index) => {
      const before = looks[index];
      return Math.max(0, one.sum("melu_requests_total", isOthers) - before.sum("melu_requests_total", isOthers)) / (one.at - before.at);
    });
    const recent = grown("melu_requests_total", isOthers);
    const state = ready.error ? "away" : ready.store;
    return [
      ready.error
        ? el("p", { class: "complaint", role: "alert", text: text.notReady(textOf(ready.error)) })
        : el("p", { class: "good", text: text.ready(modelOf(now)) }),
      ...warnings(ready).map((one) => el("p", { class: "warning", text: one })),
      note(text.note(seconds)),
      figures([
        { name: text.requests, value: seconds > 1 ? perSecond(recent / seconds) : words.none, more: text.total(calls), picture: rates.length > 1 ? sparkline(rates) : null },
        { name: text.median, value: inMs(quantile(lately, 0.5)), more: text.sinceStart(inMs(quantile(ever, 0.5))) },
        { name: text.slow, value: inMs(quantile(lately, 0.99)), more: text.sinceStart(inMs(quantile(ever, 0.99))) },
        { name: text.errors, value: inPercent(grown("melu_requests_total", isError), recent), more: text.errorsNote(errors), kind: errors ? "bad" : "" },
        { name: text.adapted, value: inPercent(since("melu_recommendations_total", ({ strategy }) => strategy === "adapted"), of), more: text.adaptedNote(lists) },
        { name: text.cached, value: inPercent(since("melu_recommendations_total", ({ cache }) => cache === "hit"), of), more: text.cachedNote },
        { name: text.queue, value: shown(now.sum("melu_compute_pending")), more: text.queueNote(now.sum("melu_adaptation_diverged_total")) },
        { name: text.store, value: text.storeWords[state] ?? state, more: text.storeErrors(now.sum("melu_store_errors_total")), kind: state === "ok" ? "" : "bad" },
      ]),
      el("h3", { class: "sub", text: text.routes }),
      table(text.routes, text.columns, byRoute(now, first, seconds), { numeric: [1, 2, 3, 4, 5] }),
    ];
  }

  function warnings({ warnings: told = [], scarce, store_refusal: refusal }) {
    return [refusal ? text.refuses(refusal) : "", scarce ? text.scarce(scarce) : "", ...told].filter(Boolean);
  }

  function byRoute(now, first, seconds) {
    const names = [...new Set(now.of("melu_requests_total", isOthers).map(({ labels }) => labels.route))];
    const of = (name) => ({ route }) => route === name;
    const all = new Map(names.map((name) => [name, now.sum("melu_requests_total", of(name))]));
    return names.sort((one, other) => all.get(other) - all.get(one)).map((name) => {
      const ever = now.buckets("melu_request_seconds", of(name));
      const recent = all.get(name) - first.sum("melu_requests_total", of(name));
      return [
        el("code", { text: name }),
        seconds > 1 ? perSecond(recent / seconds) : words.none,
        shown(all.get(name)),
        inMs(quantile(ever, 0.5)),
        inMs(quantile(ever, 0.99)),
        shown(now.sum("melu_requests_total", (labels) => labels.route === name && labels.status.startsWith("5"))),
      ];
    });
  }

  const modelOf = (now) => now.of("melu_model_info").filter(({ value }) => value === 1).map(({ labels }) => labels.version).join(", ");

  document.addEventListener("visibilitychange", () => document.hidden || look());

  return {
    panel,
    show() {
      isShown = true;
      look();
    },
    hide() {
      isShown = false;
      clearTimeout(timer);
    },
    forget() {
      looks = [];
      shownPlace.clear();
    },
  };
}
