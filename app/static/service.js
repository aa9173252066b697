// The service, as the page uses it: its client, the tokens of demo visitors, and a note of each call.

import { becomeUser, currentUser, keepToken, needsToken, tokenOf } from "./memory.js";
import { visit } from "./visit.js";
import { Melu, MeluError, parseServerTiming } from "./melu.js";

export const base = new URL(".", document.baseURI).href;
const SPARE_SECONDS = 30; // a token that ends sooner is renewed

let note = () => {};

/** Have each call told that is worth showing: `(key, {url, body, answer, milliseconds})`. */
export function onCall(callback) {
  note = callback;
}

const SHOWN = [
  ["onboarding", "GET", /\/onboarding\/items$/],
  ["feedback", "POST", /\/feedback$/],
  ["recommendations", "GET", /\/recommendations$/],
];

async function noted(url, options) {
  const isMain = !["order", "exclude_seen", "cursor"].some((name) => url.searchParams.has(name)) && url.searchParams.get("limit") !== "1";
  const key = isMain && SHOWN.find(([, method, path]) => method === options.method && path.test(url.pathname))?.[0];
  const started = performance.now();
  const response = await fetch(url, options);
  if (key && response.ok) {
    const milliseconds = performance.now() - started;
    const body = options.body ? JSON.parse(options.body) : undefined;
    response.clone().json().then((answer) => note(key, { url: new URL(url), body, answer, milliseconds }), () => {});
  }
  return response;
}

/** Ask for a visitor of our own; with a token of theirs, for another token. */
async function admit(token) {
  let response;
  try {
    response = await fetch(new URL("demo/visitor", base), {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(token ? { token } : {}),
    });
  } catch (cause) {
    throw new MeluError("unreachable", "", { cause });
  }
  if (!response.ok) {
    const seconds = Number(response.headers.get("Retry-After"));
    throw new MeluError("not_admitted", "", { status: response.status, retryAfter: seconds || null });
  }
  const { user_id, ...given } = await response.json().catch((cause) => {
    throw new MeluError("invalid_answer", "", { status: response.status, cause });
  });
  keepToken(user_id, given);
  return user_id;
}

async function freshToken(userId) {
  const held = tokenOf(userId);
  const endsIn = held ? (Date.parse(held.expires_at) - Date.now()) / 1000 : 0;
  if (endsIn > SPARE_SECONDS) return held.token;
  const admitted = await admit(held?.token);
  // Whoever was away for too long begins anew.
  if (admitted !== userId && currentUser() === userId) {
    becomeUser(admitted);
    window.location.reload();
  }
  return tokenOf(admitted).token;
}

// Whatever fails is tried again by the page itself, in the order of what the visitor did.
const melu = new Melu({ baseUrl: base, retries: 0, fetch: noted, ...(needsToken ? { getToken: freshToken } : {}) });

/** Become a visitor that the service makes. */
export async function newVisitor() {
  visit.userId = becomeUser(await admit());
}

export const getModel = (userId) => melu.model({ userId });
export const getItem = (userId, itemId) => melu.item(itemId, { userId });
export const findItems = (userId, query, limit, signal) => melu.items({ userId, query, limit, signal });

/** What to ask; with `near`, what is alike that item. */
export const getQuestions = (userId, query) => melu.onboarding({ userId, ...query });

export async function getRecommendations(userId, query) {
  let timing = {};
  const onResponse = ({ headers }) => {
    timing = parseServerTiming(headers.get("Server-Timing"));
  };
  const list = await melu.recommendations({ userId, ...query, onResponse });
  // An item knows its list, so that an answer can say where it was seen.
  const items = list.items.map((item) => ({ ...item, list_id: list.list_id }));
  return { ...list, items, timing };
}

/** A list for what is told here, of which nothing is stored. */
export const rankFor = (userId, body) => melu.unstoredRecommendations(body, { userId });

export const postFeedback = (userId, event) => melu.sendFeedback(event, { userId });
export const deleteFeedback = (userId, itemId) => melu.deleteFeedback(itemId, { userId });

/** All answers about single items. */
export async function getAllFeedback(userId) {
  const all = [];
  // Comparisons, which other clients may have sent, are of no single item.
  for await (const one of melu.allFeedback({ userId, limit: 200 })) if (one.item_id !== undefined) all.push(one);
  return all;
}

/** What a visitor told about themselves; null if nothing is stored. */
export async function getProfile(userId) {
  try {
    return (await melu.user({ userId })).attributes;
  } catch (error) {
    if (error.status === 404) return null;
    throw error;
  }
}
export const putUser = (userId, attributes) => melu.putUser(attributes, { userId });
export const deleteUser = (userId) => melu.deleteUser({ userId });

export const isProblem = (error) => error instanceof MeluError;

/** Whether it may succeed later; where somebody else answered, such as a hotel's login, it may. */
export const mayPass = ({ passes, code }) => passes || code === "invalid_answer";
