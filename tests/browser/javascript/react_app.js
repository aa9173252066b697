// A small application over the hooks; bundled and run by test_hooks.py.
import { createElement as h, StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { Melu } from "melu-client";
import { MeluProvider, useMelu, useOnboarding, useRecommendations } from "melu-client/react";

function Questions() {
  const { items, answer, progress, isLoading } = useOnboarding({ limit: 2 });
  const like = ({ item_id }) => answer({ item_id, rating: 5, source: "onboarding" });
  return h("ul", { id: "questions", "aria-busy": isLoading, "data-answers": progress?.answers },
    items.map((item) => h("li", { key: item.item_id }, h("button", { onClick: () => like(item) }, item.title))));
}

function List() {
  const { items, strategy, hasMore, loadMore } = useRecommendations({ limit: 3 });
  return h("section", { id: "list", "data-strategy": strategy, "data-user": useMelu().userId },
    items.map((item) => h("p", { key: item.item_id }, item.title)), hasMore && h("button", { onClick: loadMore }, "More"));
}

const melu = new Melu({ baseUrl: location.origin, userId: "hooks" });
const root = document.body.appendChild(document.createElement("main"));
createRoot(root).render(h(StrictMode, null, h(MeluProvider, { melu }, h(Questions), h(List))));
