// Compiled, never run: what the JavaScript client's types let pass, and what they don't.
import { Melu, MeluError, parseServerTiming, randomId } from "../../app/static/melu.js";
import type { FeedbackEvent, MeluStorage, OnboardingItems } from "../../app/static/melu.js";

const kept = new Map<string, string>();
const storage: MeluStorage = {
  getItem: async (key) => kept.get(key) ?? null,
  setItem: (key, value) => kept.set(key, value),
  removeItem: (key) => kept.delete(key),
  getAllKeys: () => [...kept.keys()],
};
export const elsewhere = new Melu({ storage: sessionStorage });
export const melu = new Melu({
  baseUrl: new URL("http://127.0.0.1:8000"),
  userId: randomId(),
  getToken: async (userId) => `token of ${userId}`,
  storage,
});

export async function journey(signal: AbortSignal): Promise<string[]> {
  const asked: OnboardingItems = await melu.onboarding({ mode: "grid", limit: 24, near: "50", signal });
  const picked = asked.items.slice(0, 2).map((item) => item.item_id);
  const events: FeedbackEvent[] = [
    { shown: asked.items.map((item) => item.item_id), picked },
    { item_id: "50", rating: 5, source: "onboarding", at: "2026-01-31T12:00:00Z" },
    { groups: { [asked.groups?.[0]?.group_id ?? ""]: 2 } },
  ];
  const { accepted } = await melu.sendFeedback(events);
  await melu.queueFeedback({ preferred: "50", over: "172" });
  melu.addEventListener("refused", ({ detail }) => console.log(detail.event.item_id, detail.error.code));
  let timing: Record<string, number> = {};
  const list = await melu.recommendations({
    limit: accepted,
    order: "lift",
    filter: ["genre:Drama"],
    onResponse: (response) => (timing = parseServerTiming(response.headers.get("Server-Timing"))),
  });
  const titles = list.items.map((item) => `${item.title} ${item.relevance?.toFixed(2)} ${timing.store}`);
  for await (const item of melu.allRecommendations({ diversity: 0.5 })) titles.push(item.title);
  for await (const entry of melu.allFeedback()) {
    titles.push("rating" in entry ? String(entry.rating) : entry.at);
  }
  const { created, changes } = await melu.putItems([{ item_id: "1", title: "One" }], { dry_run: true, signal });
  titles.push(`${created}`, ...(changes ?? []).flatMap(({ change, fields }) => [change, ...fields]));
  titles.push(`${(await melu.modelCard()).training?.users}`, (await melu.reloadModel({ signal })).version);
  titles.push(...(await melu.onboardingReport()).items.map((item) => `${item.title} ${item.known}`));
  const unstored = await melu.unstoredRecommendations({ feedback: events, candidates: ["1"], explain: true });
  return [...titles, ...unstored.warnings];
}

export function word(error: unknown): string {
  return error instanceof MeluError ? `${error.code} ${error.problem?.errors?.[0]?.message}` : "";
}

// @ts-expect-error - there is no such mode
void melu.onboarding({ mode: "quiz" });
// @ts-expect-error - nobody could tell what is kept there
new Melu({ storage: { getItem: () => null, setItem: () => {}, removeItem: () => {} } });
// @ts-expect-error - ids are texts
void melu.item(50);
// @ts-expect-error - a misspelt parameter
void melu.recommendations({ limits: 5 });
// @ts-expect-error - a misspelt field
void melu.sendFeedback({ item_id: "50", raiting: 5 });
// @ts-expect-error - a switch, not a text
void melu.putItems([], { dry_run: "yes" });
// @ts-expect-error - no such field in the answer
void melu.model().then((model) => model.colour);
