// Runs the JavaScript client for tests: a line of JSON in is a thing to do, a line out what came of it.
import { createInterface } from "node:readline";
import { Melu } from "../../app/static/melu.js";

let melu, storage, tokens, asked, told;

const stored = (kept) => ({
  // As slow as stores that are not in memory.
  getItem: async (key) => (await null, kept.get(key) ?? null),
  setItem: async (key, value) => void (await null, kept.set(key, value)),
  removeItem: async (key) => void (await null, kept.delete(key)),
  getAllKeys: async () => (await null, [...kept.keys()]),
});

function make({ tokens: given, keeps_storage: keeps, ...options }) {
  melu?.close();
  if (!keeps) storage = stored(new Map());
  tokens = given ? [...given] : null;
  asked = [];
  told = [];
  const getToken = async (userId) => {
    asked.push(userId);
    const next = tokens.length > 1 ? tokens.shift() : tokens[0];
    return next === null ? new Promise(() => {}) : next; // one that never comes
  };
  melu = new Melu({ storage, ...(given && { getToken }), ...options });
  for (const type of ["queue", "sent", "refused"]) {
    melu.addEventListener(type, ({ detail }) => told.push({ type, ...detail, error: detail.error?.code }));
  }
}

async function all(entries) {
  const found = [];
  for await (const entry of entries) found.push(entry);
  return found;
}

const calls = {
  onboarding: (query) => melu.onboarding(query),
  send_feedback: ({ events, ...options }) => melu.sendFeedback(events, options),
  feedback: (query) => melu.feedback(query),
  all_feedback: (query) => all(melu.allFeedback(query)),
  delete_feedback: ({ item_id, ...options }) => melu.deleteFeedback(item_id, options),
  delete_pair: ({ preferred, over, ...options }) => melu.deletePair(preferred, over, options),
  delete_group: ({ group_id, ...options }) => melu.deleteGroup(group_id, options),
  recommendations: (query) => melu.recommendations(query),
  all_recommendations: (query) => all(melu.allRecommendations(query)),
  unstored_recommendations: ({ request }) => melu.unstoredRecommendations(request),
  items: (query) => melu.items(query),
  all_items: (query) => all(melu.allItems(query)),
  item: ({ item_id, ...options }) => melu.item(item_id, options),
  put_item: ({ item_id, content, ...options }) => melu.putItem(item_id, content, options),
  put_items: ({ items, ...options }) => melu.putItems(items, options),
  delete_item: ({ item_id, ...options }) => melu.deleteItem(item_id, options),
  user: (options) => melu.user(options),
  put_user: ({ attributes, ...options }) => melu.putUser(attributes, options),
  delete_user: (options) => melu.deleteUser(options),
  merge_user: ({ from_user_id, ...options }) => melu.mergeUser(from_user_id, options),
  user_token: (options) => melu.userToken(options),
  model: (options) => melu.model(options),
  model_card: (options) => melu.modelCard(options),
  reload_model: (options) => melu.reloadModel(options),
  onboarding_report: (options) => melu.onboardingReport(options),
  // The queue, which this client alone has.
  queue_feedback: ({ events, ...options }) => melu.queueFeedback(events, options),
  queued_feedback: (options) => melu.queuedFeedback(options),
  flush: () => melu.flush(),
};

async function done({ make: options, call, arguments: given, abort_after: seconds, tell, times }) {
  if (options) return make(options);
  if (tell === "tokens") return asked;
  if (tell === "events") return told;
  if (tell === "calls") return Object.keys(calls);
  if (times) return Promise.all(Array.from({ length: times }, () => done({ call, arguments: given })));
  const { user_id: userId, ...rest } = given;
  const signal = seconds === undefined ? undefined : AbortSignal.timeout(seconds * 1000);
  return calls[call]({ ...rest, ...(userId !== undefined && { userId }), ...(signal && { signal }) });
}

// Whatever a call still waits for.
process.stdin.on("end", () => process.exit());

for await (const line of createInterface({ input: process.stdin })) {
  let said;
  try {
    said = { answer: (await done(JSON.parse(line))) ?? null };
  } catch (error) {
    said = {
      error: {
        name: error.name,
        message: error.message,
        code: error.code ?? null,
        status: error.status ?? null,
        request_id: error.requestId ?? null,
        retry_after: error.retryAfter ?? null,
        problem: error.problem ?? null,
        passes: error.passes ?? null,
      },
    };
  }
  process.stdout.write(`${JSON.stringify(said)}\n`);
}
