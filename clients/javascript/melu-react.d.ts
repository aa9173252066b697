// Types of melu-react.js.
import type { ReactElement, ReactNode } from "react";
import type {
  FeedbackEvent,
  Melu,
  OnboardingGroup,
  OnboardingItem,
  OnboardingItems,
  OnboardingQuery,
  RecommendationQuery,
  RecommendedItem,
  Recommendations,
} from "./melu.js";

/** Give all below a client. */
export function MeluProvider(props: { melu: Melu; children?: ReactNode }): ReactElement;

/** The client that a `MeluProvider` above gives. */
export function useMelu(): Melu;

export interface Onboarding {
  items: OnboardingItem[];
  /** Of the mode `groups`. */
  groups: OnboardingGroup[];
  progress: OnboardingItems["progress"] | null;
  error: unknown;
  isLoading: boolean;
  /** Keep answers, send them, and ask on; what can't be sent now is sent later. */
  answer(events: FeedbackEvent | FeedbackEvent[]): Promise<void>;
  reload(): Promise<void>;
}

/** What to ask the client's user. */
export function useOnboarding(query?: Omit<OnboardingQuery, "signal" | "onResponse">): Onboarding;

export interface RecommendationList {
  items: RecommendedItem[];
  strategy: Recommendations["strategy"] | null;
  hasMore: boolean;
  error: unknown;
  isLoading: boolean;
  /** Add the next page. */
  loadMore(): Promise<void>;
  reload(): Promise<void>;
}

/** The user's list; it is asked for again when queued feedback was sent. */
export function useRecommendations(query?: Omit<RecommendationQuery, "signal" | "onResponse">): RecommendationList;
