"""What to ask a new user."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from app.metrics import note_questions
from app.problems import InvalidParameter, UnknownItemInBody
from app.schemas.onboarding import (
    Mode,
    OnboardingGroup,
    OnboardingItem,
    OnboardingItems,
    OnboardingProgress,
    OnboardingQuery,
    Strategy,
)
from app.services.arms.arms import Arms
from app.services.comparisons import pair_of
from app.services.item_groups import item_groups, labels_of
from app.services.items import shown_items
from app.services.model_state.executor import InferenceExecutor
from app.services.recommendations.adaptation import Adapter, SupportSet
from app.stages import Stage, in_stage
from app.store import StoredUser, UserStore
from model.adapted_copy import AdaptedCopy
from model.answers import Answer, Comparison
from model.arrays import Int64Array
from model.evidence import EvidenceScores
from model.onboarding import Onboarding
from model.ranking import best
from model.recommender import Recommender
from model.relevance import Questions
from model.scored_items import NO_ITEMS

_USUAL = 12
_LIMITS = {Mode.GRID: 24}
_PAIR = 2


class OnboardingService:
    """Chooses what to ask.

    Args:
        store: Where users are.
        arms: Choose what asks.
        adapter: Adapts to users.
        compute: Where tensors are computed.
        enough: Gain of one more answer below which there are enough.
    """

    def __init__(
        self,
        store: UserStore,
        arms: Arms,
        adapter: Adapter,
        compute: InferenceExecutor,
        enough: float,
    ) -> None:
        self._store = store
        self._arms = arms
        self._adapter = adapter
        self._compute = compute
        self._enough = enough

    async def candidates(self, query: OnboardingQuery) -> OnboardingItems:
        """Return the items to ask about, best first.

        For a known user, without the items already answered (`unseen` included), and by all
        answers so far.

        Args:
            query: The parameters.

        Returns:
            The items, and how far the user is.

        Raises:
            InvalidParameter: If the model can't choose in the way that is asked for.
            UnknownItemInBody: If `near` names no item.
            StoreUnavailable: If a user is named and the store can't be reached.
        """
        if query.user_id is None:
            arm = self._arms.current
            user, snapshot = None, await arm.live.latest_known()
        else:
            arm = self._arms.choose(query.user_id, lambda model: _can_ask(model, query)).arm
            user = await self._store.get(query.user_id)
            snapshot = await arm.live.at(self._store.catalogue_version)
        answer = await self._compute.run(
            lambda: self._pick(snapshot.recommender, query, user), is_dear=True
        )
        answer.arm = arm.name or None
        if query.user_id is not None:
            progress = answer.progress
            items = [one.item_id for one in answer.items]
            note_questions(items, progress.answers, enough=progress.enough)
        return answer

    def _pick(
        self, recommender: Recommender, query: OnboardingQuery, user: StoredUser | None
    ) -> OnboardingItems:
        strategy = _strategy_of(recommender, query)
        known = self._adapter.support_set_of(recommender, user)
        adapted = self._adapter.adapt_to(recommender, known)
        with in_stage(Stage.QUESTIONS):
            return self._choose(recommender, query, user, strategy, known, adapted)

    def _choose(
        self,
        recommender: Recommender,
        query: OnboardingQuery,
        user: StoredUser | None,
        strategy: Strategy,
        known: SupportSet,
        adapted: AdaptedCopy,
    ) -> OnboardingItems:
        catalogue, onboarding = recommender.catalogue, recommender.onboarding
        limit = _PAIR if query.mode is Mode.PAIR else query.limit or _LIMITS.get(query.mode, _USUAL)
        given = self._adapter.answers(recommender, known)
        left_out = [*query.exclude, *(user.answered if user else ())]
        without = np.union1d(catalogue.indices_of(left_out), catalogue.hidden)
        if onboarding is None:
            evidence = _evidence(recommender, adapted)
            progress = OnboardingProgress(
                answers=len(given), certainty=None, gain=None, enough=False
            )
            items = _by_score(evidence, strategy, limit, without)
            return _answer(recommender, strategy, progress, evidence, items, None)
        asked = _Asked(onboarding, known, given, adapted)
        evidence = catalogue.evidence
        among = None
        if query.near is not None:
            if query.near not in catalogue.index_of:
                raise UnknownItemInBody(f"query, near: there is no item {query.near!r}.")
            among = onboarding.near(catalogue.index_of[query.near], without)
        if query.mode is Mode.GROUPS:
            found = asked.about(NO_ITEMS)
        elif strategy is Strategy.ADAPTIVE and query.mode is Mode.PAIR:
            in_pairs = catalogue.indices_of(_compared_items(user))
            found = asked.pair(np.union1d(without, in_pairs), among)
        elif strategy is Strategy.ADAPTIVE:
            found = asked.questions(limit, without, among)
        elif strategy is Strategy.STATIC:
            every = onboarding.static.items
            every = every[~np.isin(every, without)]
            found = asked.about((every if among is None else every[np.isin(every, among)])[:limit])
        else:
            if strategy is Strategy.EVIDENCE:
                evidence = _evidence(recommender, adapted)
            found = asked.about(_by_score(evidence, strategy, limit, without, among))
        is_next = strategy is Strategy.ADAPTIVE and query.near is None
        next_one = found if is_next and query.mode in (Mode.ITEMS, Mode.GRID) else None
        gain = (next_one or asked.questions(1, without)).most_gain
        progress = OnboardingProgress(
            answers=len(given),
            certainty=round(onboarding.certainty(gain), 4),
            gain=round(gain, 6),
            enough=gain < self._enough,
        )
        answer = _answer(recommender, strategy, progress, evidence, found.items, found)
        if query.mode is Mode.GROUPS:
            answer.groups = _groups(recommender)
        return answer


class _Asked:
    """A user who is asked."""

    def __init__(
        self,
        onboarding: Onboarding,
        known: SupportSet,
        given: Sequence[Answer | Comparison],
        adapted: AdaptedCopy,
    ) -> None:
        self._onboarding = onboarding
        self._attributes = known.attributes
        # Where the local update went astray, nothing that follows from it is asked.
        self._given = [] if adapted.diverged else given
        self._adapted = adapted

    def questions(
        self, limit: int, without: Int64Array, among: Int64Array | None = None
    ) -> Questions:
        """Choose what to ask."""
        return self._onboarding.questions(
            self._attributes,
            self._given,
            limit,
            without=without,
            among=among,
            user=self._adapted,
        )

    def pair(self, without: Int64Array, among: Int64Array | None) -> Questions:
        """Choose two items to compare."""
        return self._onboarding.pair(
            self._attributes, self._given, without=without, among=among, user=self._adapted
        )

    def about(self, items: Int64Array) -> Questions:
        """Tell familiarity and gain of items, in their order."""
        return self._onboarding.weigh(self._attributes, self._given, items, self._adapted)


def _can_ask(recommender: Recommender, query: OnboardingQuery) -> bool:
    try:
        _strategy_of(recommender, query)
    except InvalidParameter:
        return False
    return True


def _strategy_of(recommender: Recommender, query: OnboardingQuery) -> Strategy:
    """Return the strategy that is asked for, or the preset's own."""
    if recommender.onboarding is None:
        preset = recommender.manifest.preset.name
        if query.strategy not in (None, Strategy.EVIDENCE, Strategy.POPULARITY):
            raise InvalidParameter(
                f"query, strategy: a model of the preset {preset} can't choose by answers; it "
                "has: evidence, popularity."
            )
        if query.near is not None:
            raise InvalidParameter(
                f"query, near: a model of the preset {preset} does not know what is alike."
            )
        if query.mode in (Mode.PAIR, Mode.GROUPS):
            raise InvalidParameter(
                f"query, mode: a model of the preset {preset} does not learn from comparisons; it "
                "has: items, grid."
            )
        return query.strategy or Strategy.EVIDENCE
    return query.strategy or Strategy.ADAPTIVE


def _evidence(recommender: Recommender, adapted: AdaptedCopy) -> EvidenceScores:
    """Return MeLU's score, under the user's own weights where there are any."""
    # A profile alone adapts nothing: its owner is asked what everyone is asked.
    if not adapted.support_size:
        return recommender.catalogue.evidence
    return recommender.evidence(adapted)


def _by_score(
    evidence: EvidenceScores,
    strategy: Strategy,
    limit: int,
    without: Int64Array,
    among: Int64Array | None = None,
) -> Int64Array:
    """Return the items with the highest score, or the best known."""
    scores = evidence.popularity if strategy is Strategy.POPULARITY else evidence.score
    scores = scores.copy()
    scores[without] = -np.inf
    if among is None:
        return best(scores, limit)
    found: Int64Array = among[best(scores[among], limit)]
    return found


def _answer(
    recommender: Recommender,
    strategy: Strategy,
    progress: OnboardingProgress,
    evidence: EvidenceScores,
    items: Int64Array,
    questions: Questions | None,
) -> OnboardingItems:
    return OnboardingItems(
        model_version=recommender.manifest.version,
        strategy=strategy,
        progress=progress,
        items=[
            OnboardingItem(
                **shown.model_dump(),
                rank=place + 1,
                score=round(float(evidence.score[index]), 6),
                discrimination=round(float(evidence.discrimination[index]), 6),
                popularity=round(float(evidence.popularity[index]), 6),
                familiarity=None if questions is None else _rounded(questions.familiarity[place]),
                gain=None if questions is None else _rounded(questions.gain[place]),
            )
            for place, (index, shown) in enumerate(
                zip(items.tolist(), shown_items(recommender.catalogue, items.tolist()), strict=True)
            )
        ],
    )


def _groups(recommender: Recommender) -> list[OnboardingGroup]:
    groups = item_groups(recommender)
    return [
        OnboardingGroup(
            group_id=one.group.group_id,
            label=label,
            items=list(shown_items(recommender.catalogue, one.examples.tolist())),
        )
        for one, label in zip(groups, labels_of(recommender, groups), strict=True)
    ]


def _compared_items(user: StoredUser | None) -> list[str]:
    """Return the items of the pairs that a user answered, so that none comes twice."""
    pairs = [pair_of(one) for one in (user.feedback if user else ())]
    return [item for one in pairs if one is not None for item in (one.preferred, one.over)]


def _rounded(value: np.float32) -> float:
    return round(float(value), 6)
