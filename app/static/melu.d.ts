// Types of melu.js. What the service takes and answers is generated: melu-api.d.ts.
import type { components, operations } from "./melu-api.js";

type Schemas = components["schemas"];
type QueryOf<Name extends keyof operations> = NonNullable<operations[Name]["parameters"]["query"]>;

export type FeedbackEvent = Schemas["FeedbackEvent"];
export type FeedbackAccepted = Schemas["FeedbackAccepted"];
export type FeedbackPage = Schemas["FeedbackPage"];
export type FeedbackItem = FeedbackPage["items"][number];
export type Item = Schemas["Item"];
export type ItemContent = Schemas["ItemContent"];
export type BulkItem = Schemas["BulkItem"];
export type ItemPage = Schemas["ItemPage"];
export type ItemsPut = Schemas["ItemsPut"];
export type ItemChange = Schemas["ItemChange"];
export type PutItem = Schemas["PutItem"];
export type ModelDescription = Schemas["ModelDescription"];
export type ModelCard = Schemas["ModelCard"];
export type ModelReloaded = Schemas["ModelReloaded"];
export type OnboardingItem = Schemas["OnboardingItem"];
export type OnboardingItems = Schemas["OnboardingItems"];
export type OnboardingGroup = Schemas["OnboardingGroup"];
export type OnboardingReport = Schemas["OnboardingReport"];
export type Problem = Schemas["ProblemBody"];
export type Recommendations = Schemas["Recommendations"];
export type RecommendedItem = Schemas["RecommendedItem"];
export type RecommendationRequest = Schemas["RecommendationRequest"];
export type UnstoredRecommendations = Schemas["UnstoredRecommendations"];
export type User = Schemas["User"];
export type PutUser = Schemas["PutUser"];
export type Attributes = NonNullable<Schemas["ProfileRequest"]["attributes"]>;
export type Merged = Schemas["Merged"];
export type UserToken = Schemas["UserToken"];

/** The version of the API that this client was made with. */
export const version: string;

/** A random id, for a visitor or an event. */
export function randomId(): string;

/** `store;dur=3.6, ranking;dur=0.7` → `{store: 3.6, ranking: 0.7}`, milliseconds. */
export function parseServerTiming(header: string | null): Record<string, number>;

/** Why a call failed: what the service said, or that it said nothing (`status` 0). */
export class MeluError extends Error {
  constructor(
    code: string,
    message: string,
    more?: {
      status?: number;
      requestId?: string | null;
      retryAfter?: number | null;
      problem?: Problem | null;
      cause?: unknown;
    },
  );
  /**
   * The service's own word, such as `unknown_item`; `unreachable` or `timeout` where nothing
   * answered; `invalid_answer` or `unknown` where something else answered.
   */
  readonly code: string;
  readonly status: number;
  /** What the service's log has it under. */
  readonly requestId: string | null;
  /** Seconds. */
  readonly retryAfter: number | null;
  /** The whole problem, with `errors` for forms. */
  readonly problem: Problem | null;
  /** Whether the same call may well succeed later. */
  readonly passes: boolean;
}

/** Where queued feedback is kept, each event under a key of its own. */
interface KeptByKey {
  getItem(key: string): string | null | Promise<string | null>;
  setItem(key: string, value: string): unknown;
  removeItem(key: string): unknown;
}

/** localStorage or its like, React Native's AsyncStorage, or your own with all keys told. */
export type MeluStorage =
  | Storage
  | (KeptByKey & { getAllKeys(): readonly string[] | Promise<readonly string[]> });

export interface MeluOptions {
  /** Where the service is; may be left out where this file came from the service itself. */
  baseUrl?: string | URL;
  /** The user whom calls are about that name no other. */
  userId?: string;
  /** An API key or a user's token. */
  token?: string;
  /** Where tokens come from; called again, once, when the service refuses one. */
  getToken?: (userId: string | undefined) => string | Promise<string>;
  /** Instead of the platform's own. */
  fetch?: typeof fetch;
  /** Attempts after the first one; 3 if left out. */
  retries?: number;
  /** Seconds until an attempt counts as not answered; 15 if left out. */
  timeout?: number;
  /** Seconds of `Retry-After` that are waited for; a longer one is an error at once. 30 if left out. */
  longestWait?: number;
  /** Where queued feedback is kept; localStorage in browsers, else the memory. */
  storage?: MeluStorage;
}

export interface CallOptions {
  /** Ends the call and its retries; it rejects with the signal's reason. */
  signal?: AbortSignal;
  /** Called with the response of each attempt that was answered, for its headers. */
  onResponse?: (response: Response) => void;
}

export interface UserOptions extends CallOptions {
  /** Another user than the client's own. */
  userId?: string;
}

export type OnboardingQuery = Omit<QueryOf<"get_onboarding_items">, "user_id"> & UserOptions;
export type RecommendationQuery = QueryOf<"get_recommendations"> & UserOptions;
export type FeedbackQuery = QueryOf<"get_feedback"> & UserOptions;
export type ItemQuery = QueryOf<"get_items"> & CallOptions;
export type BulkOptions = QueryOf<"post_items"> & CallOptions;

export interface MeluEvents {
  /** The queue changed: what waits now, oldest first. */
  queue: CustomEvent<{ userId: string; events: FeedbackEvent[] }>;
  /** The service has taken queued events. */
  sent: CustomEvent<{ userId: string; events: FeedbackEvent[]; answer: FeedbackAccepted }>;
  /** The service will never take a queued event, so it was dropped. */
  refused: CustomEvent<{ userId: string; event: FeedbackEvent; error: MeluError }>;
}

export class Melu extends EventTarget {
  constructor(options?: MeluOptions);
  userId: string | undefined;

  /** What to ask; `mode` is `items`, `grid`, `pair` or `groups`. */
  onboarding(query?: OnboardingQuery): Promise<OnboardingItems>;

  /** Send one or up to 500 events now, all or none. */
  sendFeedback(events: FeedbackEvent | FeedbackEvent[], options?: UserOptions): Promise<FeedbackAccepted>;
  /** Keep events, and send them as soon as the service can be reached; resolves once they are kept. */
  queueFeedback(events: FeedbackEvent | FeedbackEvent[], options?: { userId?: string }): Promise<void>;
  /** What is kept and not sent yet, oldest first. */
  queuedFeedback(options?: { userId?: string }): Promise<FeedbackEvent[]>;
  /** Send what is kept, in order; rejects if the service does not take it now, and keeps it. */
  flush(): Promise<void>;

  feedback(query?: FeedbackQuery): Promise<FeedbackPage>;
  allFeedback(query?: FeedbackQuery): AsyncGenerator<FeedbackItem, void, void>;
  deleteFeedback(itemId: string, options?: UserOptions): Promise<void>;
  deletePair(preferred: string, over: string, options?: UserOptions): Promise<void>;
  deleteGroup(groupId: string, options?: UserOptions): Promise<void>;

  recommendations(query?: RecommendationQuery): Promise<Recommendations>;
  /** Every item of every page of one ranking, which holds still meanwhile. */
  allRecommendations(query?: RecommendationQuery): AsyncGenerator<RecommendedItem, void, void>;
  /** Rank for what the body tells; nothing is stored. Needs a server key. */
  unstoredRecommendations(body: RecommendationRequest, options?: CallOptions): Promise<UnstoredRecommendations>;

  items(query?: ItemQuery): Promise<ItemPage>;
  allItems(query?: ItemQuery): AsyncGenerator<Item, void, void>;
  item(itemId: string, options?: CallOptions): Promise<Item>;
  /** Needs a server key, as do the next two. */
  putItem(itemId: string, content: ItemContent, options?: CallOptions): Promise<PutItem>;
  /** `dry_run` stores nothing, and tells in `changes` what would become of each item. */
  putItems(items: BulkItem[], options?: BulkOptions): Promise<ItemsPut>;
  deleteItem(itemId: string, options?: CallOptions): Promise<void>;

  model(options?: CallOptions): Promise<ModelDescription>;
  /** How the model was trained. Needs a server key, as do the next two. */
  modelCard(options?: CallOptions): Promise<ModelCard>;
  /** Load the bundle that is now in the service's folder. */
  reloadModel(options?: CallOptions): Promise<ModelReloaded>;
  /** How the onboarding goes since the service started. */
  onboardingReport(options?: CallOptions): Promise<OnboardingReport>;

  user(options?: UserOptions): Promise<User>;
  putUser(attributes: Attributes, options?: UserOptions): Promise<PutUser>;
  /** Erase the user, and what is queued here. */
  deleteUser(options?: UserOptions): Promise<void>;
  /** Move another user's feedback to this one, and erase the other. Needs a server key. */
  mergeUser(fromUserId: string, options?: UserOptions): Promise<Merged>;
  /** A short-lived token for the user's browser. Needs a server key. */
  userToken(options?: UserOptions): Promise<UserToken>;

  /** Send no more of what is queued; it stays in the storage. */
  close(): void;

  addEventListener<Name extends keyof MeluEvents>(
    type: Name,
    listener: (event: MeluEvents[Name]) => void,
    options?: boolean | AddEventListenerOptions,
  ): void;
  addEventListener(
    type: string,
    listener: EventListenerOrEventListenerObject | null,
    options?: boolean | AddEventListenerOptions,
  ): void;
  removeEventListener<Name extends keyof MeluEvents>(
    type: Name,
    listener: (event: MeluEvents[Name]) => void,
    options?: boolean | EventListenerOptions,
  ): void;
  removeEventListener(
    type: string,
    listener: EventListenerOrEventListenerObject | null,
    options?: boolean | EventListenerOptions,
  ): void;
}
