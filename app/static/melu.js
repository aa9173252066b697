// The client of MeLU Online for browsers and Node 20; docs/clients.md is its guide.

export const version = "0.1.0";

const MOST_EVENTS = 500; // of a call
const MOST_ANSWERS = 50; // kept for If-None-Match
const PASSING = new Set([408, 429, 502, 503, 504]);
const REFUSED = new Set([400, 413, 422]); // the events are at fault

/** Why a call failed; status 0: there was no answer. */
export class MeluError extends Error {
  constructor(code, message, { status = 0, requestId = null, retryAfter = null, problem = null, cause } = {}) {
    super(message, { cause });
    this.name = "MeluError";
    Object.assign(this, { code, status, requestId, retryAfter, problem });
  }

  get passes() {
    return this.status === 0 || PASSING.has(this.status);
  }
}

// Pages over http have no `crypto.randomUUID`.
export const randomId = () => crypto.randomUUID?.() ?? crypto.getRandomValues(new Uint32Array(4)).join("-");

/** `store;dur=3.6` → `{store: 3.6}`. */
export function parseServerTiming(header) {
  const found = (header ?? "").matchAll(/([\w-]+)[^,]*?;\s*dur=([\d.]+)/g);
  return Object.fromEntries(Array.from(found, ([, name, duration]) => [name, Number(duration)]));
}

function secondsOf(retryAfter) {
  if (!retryAfter) return null;
  const seconds = /^\d+$/.test(retryAfter) ? Number(retryAfter) : (Date.parse(retryAfter) - Date.now()) / 1000;
  return Number.isFinite(seconds) ? Math.max(0, seconds) : null;
}

// An id in a path, where `..` would name what is above.
function step(id) {
  if (typeof id !== "string" || /^\.{0,2}$/.test(id)) throw new TypeError(`${JSON.stringify(id)} is no id`);
  return encodeURIComponent(id);
}

// Timers of more than 24 days end at once.
const later = (act, seconds) => setTimeout(act, Math.min(seconds, 2e6) * 1000);

// Aborted in time; the `fetch` of Node 20 may hang even then.
async function within(seconds, signal, act) {
  signal?.throwIfAborted();
  const abort = new AbortController();
  const stop = () => abort.abort();
  signal?.addEventListener("abort", stop, { once: true });
  const timer = later(stop, seconds);
  try {
    return await Promise.race([act(abort.signal), new Promise((_, reject) => (abort.signal.onabort = reject))]);
  } catch (cause) {
    signal?.throwIfAborted();
    throw abort.signal.aborted ? new MeluError("timeout", `No answer within ${seconds} s.`) : cause;
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener("abort", stop);
  }
}

function ownStorage() {
  try {
    const own = globalThis.document && localStorage; // that of Node only warns
    if (own) return own;
  } catch {} // it is blocked
  const kept = new Map();
  return {
    getItem: (key) => kept.get(key) ?? null,
    setItem: (key, value) => void kept.set(key, value),
    removeItem: (key) => void kept.delete(key),
    getAllKeys: () => [...kept.keys()],
  };
}

function ownBase() {
  const [base, rest] = import.meta.url.split("static/melu.js");
  if (rest === undefined || !base.startsWith("http")) throw new TypeError("baseUrl is missing");
  return base;
}

export class Melu extends EventTarget {
  #options;
  #base;
  #token = null; // {userId, promise}
  #answers = new Map(); // URL → {etag, text}, the oldest first
  #flushing = null; // the pass through the queue that is under way
  #nextFlush = null; // the one that waits for it
  #count = 0; // of events that were queued here
  #timer = null;
  #failures = 0;
  #userId;
  #online = () => this.#flushSoon(0);

  constructor(options = {}) {
    super();
    const { retries = 3, timeout = 15, longestWait = 30, storage = ownStorage() } = options;
    this.#options = { ...options, retries, timeout, longestWait, storage };
    const base = new URL(options.baseUrl ?? ownBase(), globalThis.document?.baseURI);
    if (!base.pathname.endsWith("/")) base.pathname += "/";
    this.#base = base;
    this.userId = options.userId;
    globalThis.addEventListener?.("online", this.#online);
  }

  get userId() {
    return this.#userId;
  }

  set userId(userId) {
    this.#userId = userId;
    if (userId !== undefined) this.#flushSoon(0);
  }

  /** Send no more of what waits. */
  close() {
    globalThis.removeEventListener?.("online", this.#online);
    clearTimeout(this.#timer);
    this.#timer = false;
  }

  onboarding({ userId = this.userId, ...query } = {}) {
    return this.#read("onboarding/items", { ...query, userId }, { user_id: userId });
  }

  /** Send events now. By ids the service knows what it has. */
  async sendFeedback(events, options = {}) {
    const body = { events: [events].flat().map(named) };
    return this.#call("POST", `${this.#user(options)}/feedback`, { ...options, body });
  }

  /** Keep events until the service has them. */
  async queueFeedback(events, { userId = this.userId } = {}) {
    const at = new Date().toISOString();
    const prefix = this.#prefix(userId);
    const added = [events].flat().map((event) => {
      const kept = { ...named(event), at: event.at ?? at };
      return [`${prefix}${at} ${String(this.#count++).padStart(9, "0")} ${kept.event_id}`, JSON.stringify(kept)];
    });
    for (const [key, text] of added) await this.#options.storage.setItem(key, text);
    await this.#tellQueue(userId);
    this.#flushSoon(0);
  }

  async queuedFeedback({ userId = this.userId } = {}) {
    return (await this.#queue(userId)).map(([, event]) => event);
  }

  /** Send what waits, in order. */
  flush() {
    if (!this.#flushing) return (this.#flushing = this.#sendQueue().finally(() => (this.#flushing = null)));
    const next = () => {
      this.#nextFlush = null;
      return this.flush();
    };
    return (this.#nextFlush ??= this.#flushing.then(next, next));
  }

  async feedback({ userId, ...query } = {}) {
    return this.#read(`${this.#user({ userId })}/feedback`, { userId, ...query });
  }

  async deleteFeedback(itemId, options = {}) {
    const path = `${this.#user(options)}/feedback/${step(itemId)}`;
    const dropped = await this.#drop((event) => event.item_id === itemId, options);
    return this.#delete(path, options, dropped);
  }

  async deletePair(preferred, over, options = {}) {
    return this.#delete(`${this.#user(options)}/feedback/pairs/${step(preferred)}/${step(over)}`, options);
  }

  async deleteGroup(groupId, options = {}) {
    return this.#delete(`${this.#user(options)}/feedback/groups/${step(groupId)}`, options);
  }

  async recommendations({ userId, ...query } = {}) {
    return this.#read(`${this.#user({ userId })}/recommendations`, { userId, ...query });
  }

  unstoredRecommendations(body, options) {
    return this.#call("POST", "recommendations", { ...options, body });
  }

  allRecommendations(query) {
    return all((page) => this.recommendations(page), query);
  }

  allFeedback(query) {
    return all((page) => this.feedback(page), query);
  }

  allItems(query) {
    return all((page) => this.items(page), query);
  }

  items(query) {
    return this.#read("items", query);
  }

  model(options) {
    return this.#call("GET", "model", options);
  }

  modelCard(options) {
    return this.#call("GET", "admin/model", options);
  }

  reloadModel(options) {
    return this.#call("POST", "admin/model/reload", options);
  }

  onboardingReport(options) {
    return this.#call("GET", "admin/onboarding", options);
  }

  async item(itemId, options) {
    return this.#call("GET", `items/${step(itemId)}`, options);
  }

  async putItem(itemId, content, options) {
    return this.#call("PUT", `items/${step(itemId)}`, { ...options, body: content });
  }

  putItems(items, { dry_run, ...options } = {}) {
    return this.#call("POST", "items", { ...options, query: { dry_run }, body: { items } });
  }

  async deleteItem(itemId, options) {
    return this.#delete(`items/${step(itemId)}`, options);
  }

  async user(options = {}) {
    return this.#call("GET", this.#user(options), options);
  }

  async putUser(attributes, options = {}) {
    return this.#call("PUT", this.#user(options), { ...options, body: { attributes } });
  }

  /** Erase a user: what waits is never sent. */
  async deleteUser(options = {}) {
    const path = this.#user(options);
    await this.#drop(() => true, options);
    this.#answers.clear();
    return this.#delete(path, options);
  }

  async mergeUser(fromUserId, options = {}) {
    return this.#call("POST", `${this.#user(options)}/merge`, { ...options, body: { from_user_id: fromUserId } });
  }

  async userToken(options = {}) {
    return this.#call("POST", `${this.#user(options)}/token`, options);
  }

  #user({ userId = this.userId }) {
    return `users/${step(userId)}`;
  }

  async #read(path, { userId, signal, onResponse, ...query } = {}, more = {}) {
    return this.#call("GET", path, { userId, signal, onResponse, query: { ...query, ...more } });
  }

  async #delete(path, options, unknownWillDo = false) {
    try {
      await this.#call("DELETE", path, options);
    } catch (error) {
      if (!unknownWillDo || error.status !== 404) throw error;
    }
  }

  async #call(method, path, { userId = this.userId, signal, onResponse, query = {}, body } = {}) {
    const url = new URL(path, this.#base);
    for (const [name, value] of Object.entries(query)) {
      for (const one of [value].flat()) if (one !== undefined && one !== null) url.searchParams.append(name, one);
    }
    const { retries, timeout, longestWait } = this.#options;
    let renewed = false;
    let lost = false; // it may have been carried out
    for (let attempt = 0; ; attempt++) {
      const held = this.#tokenOf(userId);
      const token = await within(timeout, signal, () => held.promise);
      try {
        return await this.#attempt(method, url, { token, userId, signal, onResponse, body });
      } catch (error) {
        if (!(error instanceof MeluError)) throw error;
        if (method === "DELETE" && lost && error.status === 404) return null;
        lost ||= !error.status || error.status > 500;
        if (error.status === 401 && this.#options.getToken && !renewed) {
          renewed = true;
          this.#forget(held);
          continue;
        }
        const seconds = error.retryAfter ?? 0.25 * 2 ** attempt * (1 + Math.random());
        if (!error.passes || attempt - renewed >= retries || seconds > longestWait) throw error;
        await within(seconds, signal, () => new Promise(() => {})).catch(() => signal?.throwIfAborted());
      }
    }
  }

  async #attempt(method, url, { token, userId, signal, onResponse, body }) {
    const { timeout, fetch = globalThis.fetch } = this.#options;
    const headers = { Accept: "application/json" };
    if (body !== undefined) headers["Content-Type"] = "application/json";
    if (token) headers.Authorization = `Bearer ${token}`;
    const key = `${userId} ${url}`;
    const known = method === "GET" && this.#answers.get(key);
    if (known) headers["If-None-Match"] = known.etag;
    let response, text;
    try {
      await within(timeout, signal, async (signal) => {
        response = await fetch(url, { method, headers, body: body && JSON.stringify(body), signal });
        text = await response.text();
      });
    } catch (cause) {
      if (signal?.aborted || cause instanceof MeluError) throw cause;
      throw new MeluError("unreachable", "The service can’t be reached.", { cause });
    }
    onResponse?.(response);
    if (response.status === 304 && known) return JSON.parse(known.text);
    const { status } = response;
    let answer = null;
    try {
      if (text) answer = JSON.parse(text);
    } catch {
      if (response.ok) throw new MeluError("invalid_answer", "This is not the service.", { status });
    }
    if (!response.ok) {
      throw new MeluError(answer?.code ?? "unknown", answer?.detail ?? `The service answered with ${status}.`, {
        status,
        requestId: response.headers.get("X-Request-ID"),
        retryAfter: secondsOf(response.headers.get("Retry-After")),
        problem: answer,
      });
    }
    const etag = response.headers.get("ETag");
    if (method === "GET" && etag) {
      this.#answers.delete(key);
      this.#answers.set(key, { etag, text });
      if (this.#answers.size > MOST_ANSWERS) this.#answers.delete(this.#answers.keys().next().value);
    }
    return answer;
  }

  #tokenOf(userId) {
    const { token, getToken, timeout } = this.#options;
    if (!getToken) return { promise: token };
    if (!this.#token || this.#token.userId !== userId) {
      const held = { userId, promise: within(timeout, null, () => getToken(userId)) };
      this.#token = held;
      held.promise.catch(() => this.#forget(held));
    }
    return this.#token;
  }

  #forget(token) {
    if (this.#token === token) this.#token = null;
  }

  // A key an event: tabs see late what others wrote.
  #prefix(userId = this.userId) {
    return `melu.queue ${this.#base} ${step(userId)} `;
  }

  /** What waits, as [key, event], the oldest first. */
  async #queue(userId) {
    const { storage } = this.#options;
    const prefix = this.#prefix(userId);
    const keys = (await storage.getAllKeys?.()) ?? Object.keys(storage);
    const found = [];
    for (const key of keys.filter((key) => key.startsWith(prefix)).sort()) {
      try {
        found.push([key, JSON.parse(await storage.getItem(key))]);
      } catch {} // it is not ours
    }
    return found.filter(([, event]) => event); // another tab may have sent it
  }

  async #remove(entries, userId) {
    for (const [key] of entries) await this.#options.storage.removeItem(key);
    await this.#tellQueue(userId);
  }

  /** Drop what waits; tell whether there was some. */
  async #drop(isDropped, { userId = this.userId }) {
    const dropped = (await this.#queue(userId)).filter(([, event]) => isDropped(event));
    await this.#remove(dropped, userId);
    await this.#flushing?.catch(() => {}); // what is on its way can't be held back
    return dropped.length > 0;
  }

  async #sendQueue() {
    const { userId } = this;
    if (userId === undefined) return;
    let most = MOST_EVENTS;
    for (;;) {
      const entries = (await this.#queue(userId)).slice(0, most);
      if (!entries.length) break;
      const events = entries.map(([, event]) => event);
      try {
        this.#tell("sent", { userId, events, answer: await this.sendFeedback(events, { userId }) });
        most = MOST_EVENTS;
      } catch (error) {
        if (!REFUSED.has(error.status)) throw error;
        if (events.length > 1) {
          // Until the bad one is alone.
          most = events.length >> 1;
          continue;
        }
        this.#tell("refused", { userId, event: events[0], error });
      }
      await this.#remove(entries, userId);
    }
    this.#failures = 0;
  }

  #flushSoon(seconds) {
    if (this.#timer === false) return;
    clearTimeout(this.#timer);
    this.#timer = later(() => {
      this.flush().catch((error) => {
        this.#flushSoon(Math.max(error.retryAfter ?? 0, Math.min(60, 2 ** ++this.#failures)));
      });
    }, seconds);
    this.#timer.unref?.(); // Node does not wait for it
  }

  async #tellQueue(userId) {
    this.#tell("queue", { userId, events: await this.queuedFeedback({ userId }) });
  }

  #tell(type, detail) {
    this.dispatchEvent(new CustomEvent(type, { detail }));
  }
}

const named = (event) => ({ ...event, event_id: event.event_id ?? randomId() });

async function* all(read, query = {}) {
  let { cursor } = query;
  do {
    const page = await read({ ...query, cursor });
    yield* page.items;
    cursor = page.next_cursor;
  } while (cursor);
}
