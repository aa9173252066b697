// <melu-onboarding> and <melu-recommendations>: questions and a list, on any page. docs/clients.md
// names their attributes, events, slots and parts.
import { MeluOnboarding } from "./melu-onboarding.js";
import { MeluRecommendations } from "./melu-recommendations.js";

customElements.define("melu-onboarding", MeluOnboarding);
customElements.define("melu-recommendations", MeluRecommendations);

export { MeluOnboarding, MeluRecommendations };
