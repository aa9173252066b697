// What this browser remembers: who the visitor is, and what has not reached the service yet.

const USER = "melu.user_id";
const PROFILE = "melu.has_profile";
const OUTBOX = "melu.outbox";

const fallback = new Map(); // where localStorage is blocked, this page view is all there is

function read(key) {
  try {
    return localStorage.getItem(key) ?? fallback.get(key) ?? null;
  } catch {
    return fallback.get(key) ?? null;
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

/** A random id; `crypto.randomUUID` is missing where a page came over plain http. */
export function randomId() {
  if (crypto.randomUUID) return crypto.randomUUID();
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

export function currentUser() {
  return read(USER) ?? newUser();
}

export function newUser() {
  const userId = `visitor-${randomId()}`;
  write(USER, userId);
  write(PROFILE, null);
  return userId;
}

export const hasProfile = () => read(PROFILE) === "yes";
export const rememberProfile = () => write(PROFILE, "yes");

/** Call back when another tab starts over: two tabs are one visitor. */
export function onUserChangedElsewhere(callback) {
  window.addEventListener("storage", (event) => {
    if (event.key === USER && event.newValue) callback();
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
