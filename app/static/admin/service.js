// The service, as the back office uses it. The key is here and nowhere else.

import { Melu } from "../melu.js";
import { words } from "./words.js";

const base = new URL(".", document.baseURI);

let key = null;
let mayChange = false;
let melu = null;
let onrefused = () => {};

/** Nothing is ever kept: the client's own storage would be the browser's. */
const nowhere = { getItem: () => null, setItem() {}, removeItem() {}, getAllKeys: () => [] };

function client(token) {
  return new Melu({ baseUrl: base, retries: 1, timeout: 60, storage: nowhere, fetch: noted, ...(token ? { token } : {}) });
}

async function noted(url, options) {
  const response = await fetch(url, { ...options, cache: "no-store" });
  if (response.status === 401 && melu) onrefused();
  return response;
}

/** Try a key, or none; it stays if the service takes it. Rejects as its client does. */
export async function unlock(newKey, { onrefused: refused }) {
  const tried = client(newKey);
  await tried.model();
  [key, melu, onrefused] = [newKey, tried, refused];
}

export function lock() {
  melu?.close();
  [key, melu, mayChange, onrefused] = [null, null, false, () => {}];
}

export const hasKey = () => Boolean(key);

export function allowChanges(allowed) {
  mayChange = allowed;
}

export const changesAllowed = () => mayChange;

/** A path that the client has no call for. */
async function get(path, { text = false } = {}) {
  const headers = key ? { Authorization: `Bearer ${key}` } : {};
  let response;
  try {
    response = await noted(new URL(path, base), { headers });
  } catch {
    throw new Error(words.unreachable);
  }
  if (text && response.ok) return response.text();
  const answer = await response.json();
  if (!response.ok) throw Object.assign(new Error(answer.detail), { status: response.status });
  return answer;
}

const changing = (call) => async (...given) => {
  if (!mayChange) throw new Error(words.allowFirst);
  return call(...given);
};

// --- reading -----------------------------------------------------------------------------------

export const metrics = () => get("metrics", { text: true });
export const readiness = () => get("readyz");
export const modelCard = () => melu.modelCard();
export const onboardingReport = () => melu.onboardingReport();
export const model = () => melu.model();
export const firstQuestions = (limit) => melu.onboarding({ limit });

export async function userOf(userId) {
  try {
    return await melu.user({ userId });
  } catch (error) {
    if (error.status === 404) return null;
    throw error;
  }
}

/** All that a user told, newest first. */
export async function feedbackOf(userId) {
  const all = [];
  for await (const one of melu.allFeedback({ userId, limit: 200 })) all.push(one);
  return all;
}

export const listOf = (userId, limit) => melu.recommendations({ userId, limit, explain: true });
export const listFor = (body) => melu.unstoredRecommendations(body);
export const findItems = (query, options) => melu.items({ query, ...options });
export const itemOf = (itemId) => melu.item(itemId);

/** Tell what a bulk call would do; it stores nothing. */
export const tryItems = (items) => melu.putItems(items, { dry_run: true });

// --- changing ----------------------------------------------------------------------------------

export const eraseUser = changing((userId) => melu.deleteUser({ userId }));
export const putItem = changing((itemId, content) => melu.putItem(itemId, content));
export const deleteItem = changing((itemId) => melu.deleteItem(itemId));
export const writeItems = changing((items) => melu.putItems(items));
export const reloadModel = changing(() => melu.reloadModel());
