"""Rank the catalogue for a user."""

from __future__ import annotations

from dataclasses import dataclass
from time import perf_counter

from app.schemas import RecommendationQuery, Recommendations, RecommendedItem
from app.services.compute import Compute
from app.services.filters import matching_items
from app.services.items import shown_item
from app.services.personal import Personaliser
from app.services.ranking import best_items, exclude_items
from app.store import StoredUser, UserStore
from model.recommender import Recommender


@dataclass
class Timing:
    """Milliseconds that the parts of an answer took."""

    store: float = 0.0
    local_update: float = 0.0
    ranking: float = 0.0

    def header(self) -> str:
        """Render as a Server-Timing header."""
        return (
            f"store;dur={self.store:.2f}, local_update;dur={self.local_update:.2f}, "
            f"ranking;dur={self.ranking:.2f}"
        )


class RecommendationService:
    """Answers with a user's own ranking.

    Args:
        store: Where users are.
        recommender: The model.
        personaliser: Adapts to users.
        compute: Where tensors are computed.
    """

    def __init__(
        self,
        store: UserStore,
        recommender: Recommender,
        personaliser: Personaliser,
        compute: Compute,
    ) -> None:
        self._store = store
        self._recommender = recommender
        self._personaliser = personaliser
        self._compute = compute

    async def recommend(
        self, user_id: str, query: RecommendationQuery
    ) -> tuple[Recommendations, Timing]:
        """Adapt to a user's stored feedback and rank the whole catalogue.

        Args:
            user_id: The user; one never seen gets θ's own ranking.
            query: The parameters.

        Returns:
            The ranking, and how long its parts took.

        Raises:
            InvalidFilter: If a filter is not `name:value`.
            UnknownAttribute: If a filter names no attribute.
            StoreUnavailable: If the store can't be reached.
        """
        timing = Timing()
        started = perf_counter()
        user = await self._store.get(user_id)
        timing.store = 1000 * (perf_counter() - started)
        answer = await self._compute.run(lambda: self._rank(user_id, user, query, timing))
        return answer, timing

    def _rank(
        self, user_id: str, user: StoredUser | None, query: RecommendationQuery, timing: Timing
    ) -> Recommendations:
        catalogue = self._recommender.catalogue
        started = perf_counter()
        adapted = self._personaliser.adapt(user)
        timing.local_update = 1000 * (perf_counter() - started)

        started = perf_counter()
        allowed = matching_items(catalogue, query.filter)
        exclude_items(allowed, catalogue, query.exclude)
        if query.exclude_seen and user is not None:
            exclude_items(allowed, catalogue, user.seen)
        scores = self._recommender.score(adapted)
        low, high = self._recommender.rating_scale
        items = [
            RecommendedItem(
                **shown_item(catalogue, index).model_dump(),
                rank=rank,
                score=round(min(max(float(scores[index]), low), high), 4),
            )
            for rank, index in enumerate(best_items(scores, allowed, query.limit), start=1)
        ]
        timing.ranking = 1000 * (perf_counter() - started)
        return Recommendations(
            user_id=user_id,
            strategy="adapted" if adapted.local_steps else "prior",
            support_size=adapted.support_size,
            support_version=user.support_version if user else 0,
            local_steps=adapted.local_steps,
            model_version=self._recommender.manifest.version,
            items=items,
        )
