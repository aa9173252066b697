"""What to ask a new user."""

from __future__ import annotations

import numpy as np

from app.schemas.onboarding import OnboardingItem, OnboardingItems, OnboardingQuery
from app.services.items import shown_items
from app.services.model_state.executor import InferenceExecutor
from app.services.model_state.live_model import LiveModel
from app.services.recommendations.adaptation import Adapter
from app.store import StoredUser, UserStore
from model.ranking import best
from model.recommender import Recommender


class OnboardingService:
    """Picks evidence candidates.

    Args:
        store: Where users are.
        live: The model and its catalogue.
        adapter: Adapts to users.
        compute: Where tensors are computed.
    """

    def __init__(
        self,
        store: UserStore,
        live: LiveModel,
        adapter: Adapter,
        compute: InferenceExecutor,
    ) -> None:
        self._store = store
        self._live = live
        self._adapter = adapter
        self._compute = compute

    async def candidates(self, query: OnboardingQuery) -> OnboardingItems:
        """Return the evidence candidates, best first.

        For a known user, without the items already answered (`unseen` included). From the first
        usable rating on, each item's discrimination is taken under the user's adapted weights.

        Args:
            query: The parameters.

        Returns:
            The items to ask about.

        Raises:
            StoreUnavailable: If a user is named and the store can't be reached.
        """
        if query.user_id is None:
            user, snapshot = None, await self._live.latest_known()
        else:
            user = await self._store.get(query.user_id)
            snapshot = await self._live.at(self._store.catalogue_version)
        return await self._compute.run(lambda: self._pick(snapshot.recommender, query, user))

    def _pick(
        self, recommender: Recommender, query: OnboardingQuery, user: StoredUser | None
    ) -> OnboardingItems:
        catalogue = recommender.catalogue
        evidence = catalogue.evidence
        left_out = list(query.exclude)
        if user is not None:
            adapted = self._adapter.adapt(recommender, user)
            if adapted.support_size:
                # A profile alone adapts nothing: its owner is asked what everyone is asked.
                evidence = recommender.evidence(adapted)
            left_out += user.answered
        scores = evidence.score.copy()
        scores[catalogue.indices_of(left_out)] = -np.inf
        scores[catalogue.hidden] = -np.inf
        chosen = best(scores, query.limit).tolist()
        items = [
            OnboardingItem(
                **shown.model_dump(),
                rank=rank,
                score=round(float(evidence.score[index]), 6),
                discrimination=round(float(evidence.discrimination[index]), 6),
                popularity=round(float(evidence.popularity[index]), 6),
            )
            for rank, (index, shown) in enumerate(
                zip(chosen, shown_items(catalogue, chosen), strict=True), start=1
            )
        ]
        return OnboardingItems(model_version=recommender.manifest.version, items=items)
