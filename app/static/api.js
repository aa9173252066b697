// The service's HTTP contract, as functions.

const PATIENCE = 15000; // ms until a call counts as not answered

/** Why a call failed: the service's problem+json, or that nothing answered at all (status 0). */
export class Problem extends Error {
  constructor({ status = 0, code = "unreachable", detail, retryAfter = null }) {
    super(detail);
    this.name = "Problem";
    this.status = status;
    this.code = code;
    this.retryAfter = retryAfter; // seconds
  }

  /** Whether the same call may well succeed later. */
  get passes() {
    return this.status === 0 || this.status === 429 || this.status >= 500;
  }
}

async function call(method, path, { query = {}, body, signal } = {}) {
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    for (const one of [value].flat()) {
      if (one !== undefined && one !== null) search.append(name, one);
    }
  }
  // Relative to the page, which a proxy may have put below a path of its own.
  const address = new URL(path.slice(1), document.baseURI);
  address.search = search;
  const abort = new AbortController();
  const timer = setTimeout(() => abort.abort(), PATIENCE);
  signal?.addEventListener("abort", () => abort.abort(), { once: true });
  try {
    const response = await fetch(address, {
      method,
      signal: abort.signal,
      headers: body === undefined ? {} : { "Content-Type": "application/json" },
      body: body === undefined ? undefined : JSON.stringify(body),
    });
    if (!response.ok) throw await problemOf(response);
    const data = response.status === 204 ? null : await response.json();
    return { data, headers: response.headers };
  } catch (error) {
    if (error instanceof Problem) throw error;
    throw new Problem({ detail: "The service can’t be reached." });
  } finally {
    clearTimeout(timer);
  }
}

async function problemOf(response) {
  const body = await response.json().catch(() => null);
  return new Problem({
    status: response.status,
    code: body?.code ?? "unknown",
    detail: body?.detail ?? body?.title ?? `The service answered with status ${response.status}.`,
    retryAfter: retryAfter(response.headers.get("Retry-After")),
  });
}

/** `Retry-After` is seconds or a date. */
function retryAfter(header) {
  if (!header) return null;
  const seconds = /^\d+$/.test(header.trim()) ? Number(header) : (Date.parse(header) - Date.now()) / 1000;
  return Number.isFinite(seconds) ? Math.max(0, seconds) : null;
}

/** `store;dur=3.6, local_update;dur=0.7` → `{store: 3.6, local_update: 0.7}`. */
export function parseServerTiming(header) {
  const timing = {};
  for (const entry of (header ?? "").split(",")) {
    const [name, ...parameters] = entry.split(";").map((part) => part.trim());
    const duration = parameters.find((parameter) => parameter.startsWith("dur="));
    if (name && duration) timing[name] = Number(duration.slice(4));
  }
  return timing;
}

const userPath = (userId) => `/users/${encodeURIComponent(userId)}`;
const dataOf = async (promise) => (await promise).data;

export const getModel = () => dataOf(call("GET", "/model"));

export const getItem = (itemId) => dataOf(call("GET", `/items/${encodeURIComponent(itemId)}`));

export const findItems = (query, limit, signal) =>
  dataOf(call("GET", "/items", { query: { query, limit }, signal }));

/** What to ask; with `near`, what is alike that item. */
export const getCandidates = (userId, limit, exclude, near) =>
  dataOf(call("GET", "/onboarding/items", { query: { user_id: userId, limit, exclude, near } }));

export async function getRecommendations(userId, limit) {
  const answer = await call("GET", `${userPath(userId)}/recommendations`, { query: { limit } });
  return { ...answer.data, timing: parseServerTiming(answer.headers.get("Server-Timing")) };
}

export const postFeedback = (userId, event) =>
  dataOf(call("POST", `${userPath(userId)}/feedback`, { body: { events: [event] } }));

/** All answers about single items. */
export async function getAllFeedback(userId) {
  const all = [];
  let cursor = null;
  do {
    const page = await dataOf(call("GET", `${userPath(userId)}/feedback`, { query: { limit: 200, cursor } }));
    // Comparisons, which other clients may have sent, are of no single item.
    all.push(...page.items.filter((one) => one.item_id !== undefined));
    cursor = page.next_cursor;
  } while (cursor);
  return all;
}

export const deleteFeedback = (userId, itemId) =>
  dataOf(call("DELETE", `${userPath(userId)}/feedback/${encodeURIComponent(itemId)}`));

export const getUser = (userId) => dataOf(call("GET", userPath(userId)));

export const putUser = (userId, attributes) => dataOf(call("PUT", userPath(userId), { body: { attributes } }));

export const deleteUser = (userId) => dataOf(call("DELETE", userPath(userId)));
