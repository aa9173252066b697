// What this browser remembers: who the visitor is, and what has not reached the service yet.

import { randomId } from "./melu.js";

const USER = "melu.user_id";
const PROFILE = "melu.has_profile";
const OUTBOX = "melu.outbox";
const TOKENS = "melu.tokens";
const CHANGED = "melu.changed";

const fallback = new Map(); // what localStorage, blocked or full, did not take: newer than what it has

function read(key) {
  if (fallback.has(key)) return fallback.get(key);
  try {
    return localStorage.getItem(key);
  } catch {
    return null;
  }
}

function write(key, value) {
  try {
    if (value === null) localStorage.removeItem(key);
    else localStorage.setItem(key, value);
    fallback.delete(key);
  } catch {
    fallback.set(key, value);
  }
}

/** Whether visitors here are made by the service, which gives them tokens. */
export const needsToken = Boolean(document.querySelector('meta[name="melu-demo-tokens"]'));

/** Who the visitor is; null where the service has to make one first. */
export function currentUser() {
  const user = read(USER);
  if (!needsToken) return user ?? newUser();
  return user && tokenOf(user) ? user : null;
}

export function newUser() {
  return needsToken ? becomeUser(null) : becomeUser(`visitor-${randomId()}`);
}

export function becomeUser(userId) {
  write(USER, userId);
  write(PROFILE, null);
  return userId;
}

function tokens() {
  try {
    return JSON.parse(read(TOKENS) ?? "{}") ?? {};
  } catch {
    return {};
  }
}

/** `{token, expires_at}` of a visitor. */
export const tokenOf = (userId) => tokens()[userId] ?? null;

export function keepToken(userId, token) {
  write(TOKENS, JSON.stringify({ ...tokens(), [userId]: token }));
}

export function forgetToken(userId) {
  const { [userId]: _gone, ...others } = tokens();
  write(TOKENS, Object.keys(others).length ? JSON.stringify(others) : null);
}

export const hasProfile = () => read(PROFILE) === "yes";
export const rememberProfile = () => write(PROFILE, "yes");

/** Tell other tabs that the service has something new of the visitor: two tabs are one visitor. */
export const tellOtherTabs = () => write(CHANGED, randomId());

/**
 * @param {object} callbacks
 * @param {() => void} callbacks.onuser  another tab has become somebody else
 * @param {() => void} callbacks.onchange  another tab has answered
 */
export function listenToOtherTabs({ onuser, onchange }) {
  let known = null;
  let change = null;
  window.addEventListener("storage", ({ key, newValue }) => {
    if (key === USER && newValue) onuser();
    if (key === CHANGED) onchange();
  });
  // A page that was left is told nothing until somebody comes back to it.
  window.addEventListener("pagehide", () => {
    known = read(USER);
    change = read(CHANGED);
  });
  window.addEventListener("pageshow", ({ persisted }) => {
    if (!persisted) return;
    if (read(USER) !== known) onuser();
    else if (read(CHANGED) !== change) onchange();
  });
}

/**
 * What the visitor did and the service has not confirmed, oldest first. It outlives the page, and
 * each entry carries an id, so sending it twice does no harm.
 */
export class Outbox {
  #sending = null;

  get entries() {
    try {
      const entries = JSON.parse(read(OUTBOX) ?? "[]");
      return Array.isArray(entries) ? entries : [];
    } catch {
      return [];
    }
  }

  /** Add an entry; what it makes pointless and is not on its way yet is dropped. */
  add(entry) {
    const added = { ...entry, id: randomId() };
    const kept = this.entries.filter((old) => old.id === this.#sending || !replaces(added, old));
    this.#keep([...kept, added]);
  }

  /** Return the oldest entry and remember that it is on its way. */
  take() {
    const [oldest] = this.entries;
    this.#sending = oldest?.id ?? null;
    return oldest;
  }

  putBack() {
    this.#sending = null;
  }

  done(entry) {
    this.#sending = null;
    this.#keep(this.entries.filter((old) => old.id !== entry.id));
  }

  #keep(entries) {
    write(OUTBOX, entries.length ? JSON.stringify(entries) : null);
  }
}

function replaces(newer, older) {
  if (newer.userId !== older.userId) return false;
  if (newer.kind === "erase") return true;
  if (newer.kind === "profile") return older.kind === "profile";
  return "item" in newer && newer.item.item_id === older.item?.item_id;
}
