// Types of melu-elements.js.
import type { FeedbackEvent, Melu, OnboardingItems, RecommendedItem, Recommendations } from "./melu.js";

export interface MeluWords {
  unseen: string;
  like: string;
  dislike: string;
  rate: (title: string) => string;
  star: (value: number, highest: number) => string;
  next: string;
  neither: string;
  more: string;
  again: string;
  failed: string;
  done: string;
}

declare class MeluElement extends HTMLElement {
  /** The client; by itself one of the attributes `base-url` and `user-id`. */
  melu: Melu;
  get words(): MeluWords;
  /** Other words than the English ones; those that are left out stay. */
  set words(words: Partial<MeluWords>);
  /** Begin anew. */
  refresh(): Promise<void>;
}

/** `<melu-onboarding>`: asks, and sends the answers. */
export class MeluOnboarding extends MeluElement {}

/** `<melu-recommendations>`: the user's list; it follows the answers given on the page. */
export class MeluRecommendations extends MeluElement {}

export interface MeluElementEvents {
  "melu-asked": CustomEvent<{ questions: unknown[]; progress: OnboardingItems["progress"] }>;
  "melu-answer": CustomEvent<{ userId: string; events: FeedbackEvent[] }>;
  "melu-done": CustomEvent<{ progress: OnboardingItems["progress"] | null }>;
  "melu-list": CustomEvent<{ list: Recommendations }>;
  "melu-select": CustomEvent<{ item: RecommendedItem; listId: Recommendations["list_id"] }>;
  "melu-error": CustomEvent<{ error: unknown }>;
}

declare global {
  interface HTMLElementTagNameMap {
    "melu-onboarding": MeluOnboarding;
    "melu-recommendations": MeluRecommendations;
  }
  interface HTMLElementEventMap extends MeluElementEvents {}
}
