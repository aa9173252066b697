// "Build it": the calls that this page has just made, to copy, with what came back.

import { byId, el } from "./dom.js";
import { words } from "./words.js";

const LANGUAGES = ["JavaScript", "Python", "curl"];
const MOST_LINES = 34;
const MOST_ITEMS = 2;

const steps = [
  { key: "onboarding", title: words.ask },
  { key: "feedback", title: words.tell },
  { key: "recommendations", title: words.rank },
];

/** Indent by `by` all lines but the first. */
const indented = (text, by) => text.replaceAll("\n", `\n${" ".repeat(by)}`);
const json = (value, by = 0) => indented(JSON.stringify(value, null, 2), by);
const quoted = (text) => `'${text.replaceAll("'", "'\\''")}'`;

function parametersOf(url) {
  const query = {};
  for (const name of new Set(url.searchParams.keys())) {
    const values = url.searchParams.getAll(name);
    if (name !== "user_id" && name !== "exclude") query[name] = values.length > 1 ? values : values[0];
  }
  return query;
}

const userOf = (calls) => {
  for (const { url } of Object.values(calls)) {
    const found = /\/users\/([^/]+)\//.exec(url.pathname)?.[1] ?? url.searchParams.get("user_id");
    if (found) return decodeURIComponent(found);
  }
  return "ada";
};

/** The calls as a program. `calls`: key → {url, body}. */
const programs = {
  JavaScript(calls, base, token) {
    const value = (text) => (/^(?:-?\d+(?:\.\d+)?|true|false)$/.test(text) ? text : JSON.stringify(text));
    const options = (url) => {
      const pairs = Object.entries(parametersOf(url)).map(([name, one]) => `${name}: ${Array.isArray(one) ? JSON.stringify(one) : value(one)}`);
      return pairs.length ? `{ ${pairs.join(", ")} }` : "";
    };
    const user = JSON.stringify(userOf(calls));
    return [
      `import { Melu } from "${base}static/melu.js";`,
      `const melu = new Melu({ baseUrl: "${base}", userId: ${user}${token ? ", getToken" : ""} });`,
      calls.onboarding && `const ask = await melu.onboarding(${options(calls.onboarding.url)});`,
      calls.feedback && `await melu.sendFeedback(${json(calls.feedback.body.events)});`,
      calls.recommendations && `const { items } = await melu.recommendations(${options(calls.recommendations.url)});`,
    ];
  },
  Python(calls, base, token) {
    const python = (one) => JSON.stringify(one).replaceAll(/\b(true|false|null)\b/g, (word) => ({ true: "True", false: "False", null: "None" })[word]);
    const value = (text) => {
      if (Array.isArray(text)) return python(text);
      return /^-?\d+(?:\.\d+)?$/.test(text) ? text : ({ true: "True", false: "False" })[text] ?? JSON.stringify(text);
    };
    const options = (url) => Object.entries(parametersOf(url)).map(([name, one]) => `, ${name}=${value(one)}`).join("");
    const user = JSON.stringify(userOf(calls));
    return [
      "from melu_client import Melu",
      `melu = Melu("${base}"${token ? ", token=token" : ""})`,
      calls.onboarding && `ask = melu.onboarding(user_id=${user}${options(calls.onboarding.url)})["items"]`,
      calls.feedback && `melu.send_feedback(${user}, ${python(calls.feedback.body.events)})`,
      calls.recommendations && `items = melu.recommendations(${user}${options(calls.recommendations.url)})["items"]`,
    ];
  },
  curl(calls, base, token) {
    const bearer = token ? ` -H "Authorization: Bearer $TOKEN"` : "";
    const get = (url) => {
      const clean = new URL(url);
      clean.searchParams.delete("exclude");
      return `curl -s${bearer} ${quoted(clean.href)}`;
    };
    return [
      calls.onboarding && get(calls.onboarding.url),
      calls.feedback && `curl -s${bearer} ${quoted(calls.feedback.url.href)} \\\n     -H 'Content-Type: application/json' \\\n     -d ${quoted(JSON.stringify(calls.feedback.body))}`,
      calls.recommendations && get(calls.recommendations.url),
    ];
  },
};

/** The beginning of an answer, for a person to read. */
function beginning(answer) {
  const short = answer.items ? { ...answer, items: answer.items.slice(0, MOST_ITEMS) } : answer;
  const lines = JSON.stringify(short, null, 2).split("\n");
  return lines.length > MOST_LINES ? [...lines.slice(0, MOST_LINES), "  …"].join("\n") : lines.join("\n");
}

export function builtWith({ base, hasToken }) {
  const box = byId("calls");
  const calls = {}; // key → {url, body, answer, milliseconds}
  let language = 0;
  let isOpen = false;

  const tabs = LANGUAGES.map((name, index) =>
    el("button", {
      type: "button", role: "tab", id: `tab-${index}`, "aria-controls": "program", text: name, class: "tab",
      onclick: () => choose(index),
      onkeydown: (event) => {
        const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
        if (!step) return;
        event.preventDefault();
        choose((index + step + tabs.length) % tabs.length);
        tabs[language].focus();
      },
    }));
  const code = el("code");
  const copy = el("button", {
    type: "button", class: "plain small", text: words.copy,
    async onclick() {
      await navigator.clipboard?.writeText(code.textContent).catch(() => {});
      copy.textContent = words.copied;
      setTimeout(() => (copy.textContent = words.copy), 1500);
    },
  });
  const program = el("pre", { id: "program", role: "tabpanel", tabindex: "0" }, code);
  const answers = el("div", { class: "answers" });
  const frame = [el("div", { class: "tabs" }, el("div", { role: "tablist", "aria-labelledby": "build-heading" }, ...tabs), copy), program, answers];

  function choose(index) {
    language = index;
    draw();
  }

  function draw() {
    byId("build-heading").textContent = words.build;
    const some = Object.keys(calls).length > 0;
    byId("build-note").textContent = some ? words.buildNote : words.buildNone;
    if (!some || !isOpen) return;
    if (!frame[0].isConnected) box.replaceChildren(...frame);
    tabs.forEach((tab, index) => {
      tab.setAttribute("aria-selected", String(index === language));
      tab.setAttribute("tabindex", index === language ? "0" : "-1");
    });
    program.setAttribute("aria-labelledby", `tab-${language}`);
    code.textContent = programs[LANGUAGES[language]](calls, base, hasToken).filter(Boolean).join("\n\n");
    const opened = new Set([...answers.children].filter((one) => one.open).map((one) => one.dataset.step));
    answers.replaceChildren(
      ...steps.filter(({ key }) => calls[key]).map(({ key, title }) =>
        el(
          "details",
          { class: "fold", "data-step": key, open: opened.has(key) },
          el("summary", { text: `${title} · ${words.took(Math.round(calls[key].milliseconds))}` }),
          el("pre", { tabindex: "0", "aria-label": title }, el("code", { text: beginning(calls[key].answer) })),
        )),
    );
  }

  return {
    /** Take note of a call that was answered. */
    note(key, call) {
      calls[key] = call;
    },
    open() {
      isOpen = true;
      draw();
    },
    draw,
    clear() {
      for (const key of Object.keys(calls)) delete calls[key];
      box.replaceChildren();
      draw();
    },
  };
}
