// The back office: the door, the tabs, and whether changes are allowed.

import { byId, el } from "../dom.js";
import { catalogueTab } from "./catalogue.js";
import { modelTab } from "./model.js";
import { nowTab } from "./now.js";
import { onboardingTab } from "./onboarding.js";
import { textOf, toast } from "./parts.js";
import * as service from "./service.js";
import { userTab } from "./user.js";
import { words } from "./words.js";

let described = null; // GET /model, asked for once

function model({ isFresh = false } = {}) {
  if (!described || isFresh) {
    described = service.model();
    described.catch(() => (described = null));
  }
  return described;
}

const tabs = {
  now: nowTab(),
  user: userTab({ model }),
  catalogue: catalogueTab({ model }),
  onboarding: onboardingTab(),
  model: modelTab({ model }),
};
const names = Object.keys(tabs);
const buttons = new Map();
let shownTab = null;

// --- tabs --------------------------------------------------------------------------------------

for (const name of names) {
  const button = el("button", {
    type: "button",
    class: "tab",
    role: "tab",
    id: `tab-${name}`,
    "aria-controls": `panel-${name}`,
    "aria-selected": "false",
    tabindex: "-1",
    text: words.tabs[name],
    onclick: () => go(name),
    onkeydown: step,
  });
  buttons.set(name, button);
  byId("tabs").append(button);
  byId("panels").append(el("div", { role: "tabpanel", id: `panel-${name}`, "aria-labelledby": `tab-${name}`, hidden: true }, tabs[name].panel));
}

function step(event) {
  const to = { ArrowRight: 1, ArrowLeft: -1, Home: "first", End: "last" }[event.key];
  if (to === undefined) return;
  event.preventDefault();
  const at = names.indexOf(shownTab);
  const next = to === "first" ? 0 : to === "last" ? names.length - 1 : (at + to + names.length) % names.length;
  go(names[next]);
  buttons.get(names[next]).focus();
}

/** The address names the tab, and nothing else of what is looked at. */
function go(name) {
  if (location.hash !== `#${name}`) history.replaceState(null, "", `#${name}`);
  show(name);
}

function show(name) {
  if (shownTab === name) return;
  if (shownTab) tabs[shownTab].hide();
  shownTab = name;
  for (const one of names) {
    const isIt = one === name;
    const button = buttons.get(one);
    button.setAttribute("aria-selected", String(isIt));
    button.tabIndex = isIt ? 0 : -1;
    byId(`panel-${one}`).hidden = !isIt;
    if (isIt) button.scrollIntoView({ block: "nearest", inline: "nearest" });
  }
  tabs[name].show();
}

const asked = () => (names.includes(location.hash.slice(1)) ? location.hash.slice(1) : names[0]);

addEventListener("hashchange", () => !byId("tab-bar").hidden && show(asked()));

// --- the door ----------------------------------------------------------------------------------

const allow = byId("allow");

function sayAccess() {
  byId("access-said").textContent = `${service.hasKey() ? "" : `${words.open} `}${allow.checked ? words.mayChange : words.readOnly}`;
  byId("access").classList.toggle("changing", allow.checked);
}

function enter() {
  byId("door").hidden = true;
  byId("access").hidden = false;
  byId("tab-bar").hidden = false;
  byId("lock").hidden = !service.hasKey();
  allow.checked = false;
  sayAccess();
  show(asked());
}

function leave(said = "") {
  const wasOpen = byId("door").hidden;
  service.lock();
  described = null;
  if (shownTab) tabs[shownTab].hide();
  shownTab = null;
  for (const name of names) {
    byId(`panel-${name}`).hidden = true;
    tabs[name].forget();
  }
  if (byId("ask").open) byId("ask").close();
  byId("access").hidden = true;
  byId("tab-bar").hidden = true;
  byId("door").hidden = false;
  byId("door-note").textContent = words.doorNote;
  byId("door-said").textContent = said;
  if (wasOpen) byId("key").focus();
}

allow.addEventListener("change", () => {
  service.allowChanges(allow.checked);
  sayAccess();
});
byId("lock").addEventListener("click", () => {
  leave();
  toast(words.locked);
});

byId("door-form").addEventListener("submit", async (event) => {
  event.preventDefault();
  const said = byId("door-said");
  const typed = byId("key").value.trim();
  said.textContent = typed ? "" : words.doorEmpty;
  if (!typed) return;
  try {
    await service.unlock(typed, { onrefused: () => leave(words.ended) });
    byId("key").value = "";
    enter();
  } catch (error) {
    said.textContent = error.status === 401 ? words.doorUnknown : textOf(error);
    byId("key").select();
  }
});

/** A service without keys opens by itself. */
async function begin() {
  try {
    await service.unlock(null, { onrefused: () => leave() });
    enter();
  } catch (error) {
    leave(error.status === 401 ? "" : textOf(error));
    byId("key").focus();
  }
}

begin();
