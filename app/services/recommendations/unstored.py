"""Rank for what a body tells of a user, and store nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from time import perf_counter

import numpy as np
import orjson

from app.metrics import note_recommendation
from app.problems import Fault, InvalidBody, UnknownItemInBody
from app.schemas.recommendations import RecommendationRequest
from app.schemas.values import MAX_LIMIT, MOST_FAULTS
from app.services.arms.arms import Arm
from app.services.attributes import check_attributes
from app.services.feedback_events import EventReader
from app.services.model_state.executor import InferenceExecutor
from app.services.model_state.live_model import Snapshot
from app.services.recommendations.fingerprint import ANONYMOUS, Fingerprint
from app.services.recommendations.ranker import is_dear
from app.services.recommendations.scenarios import Scenarios
from app.services.recommendations.timing import Timing, milliseconds_since
from app.store import unstored_user
from model.arrays import Int64Array
from model.catalogue.live import LiveCatalogue

_NO_PAGES = 0
"""No cursor is given out, so none ends."""


@dataclass(frozen=True)
class Unstored:
    """An answer to a body.

    Attributes:
        body: JSON.
        timing: How long its parts took.
    """

    body: bytes
    timing: Timing


class UnstoredService:
    """Answers with the ranking of a user who is told of, and not stored.

    Nothing is read of the store but how far the catalogue has changed, and nothing is written.

    Args:
        arm: The model and its catalogue; the same for everybody, for there is no id to go by.
        events: Checks events.
        compute: Where tensors are computed.
        settings_digest: Names the settings that change a ranking.
        scenarios: Parameters under names.
    """

    def __init__(
        self,
        arm: Arm,
        events: EventReader,
        compute: InferenceExecutor,
        settings_digest: str,
        scenarios: Scenarios,
    ) -> None:
        self._arm = arm
        self._live = arm.live
        self._events = events
        self._ranker = arm.ranker
        self._compute = compute
        self._settings = settings_digest
        self._scenarios = scenarios

    async def recommend(self, request: RecommendationRequest) -> Unstored:
        """Adapt to the feedback of a body and rank the catalogue, or its candidates.

        Args:
            request: The body.

        Returns:
            The ranking, as it would be of a user of whom all this was stored.

        Raises:
            UnknownItemInBody: If an event or the candidates name no item of the catalogue.
            UnknownAction: If settings don't know an action.
            InvalidScreen: If what was picked was not shown, or too many items are named.
            UnknownGroup: If the model has no such group.
            InvalidComparison: If an item is compared with itself, or no group has points.
            RatingOutOfRange: If a rating is outside the scale.
            UnknownAttribute: If there is no such attribute, of users or to filter by.
            InvalidAttribute: If a value does not fit its attribute's kind.
            InvalidFilter: If a filter is not `name:value`.
            InvalidBody: If the model does not have the order, or can't explore.
            Overloaded: If too much is asked for at once.
        """
        request = self._scenarios.resolved(request)
        if request.limit > MAX_LIMIT and request.explain:
            raise InvalidBody(
                f"body, limit: at most {MAX_LIMIT} with explain, which the scenario asks for."
            )
        started = perf_counter()
        snapshot = await self._live.latest_known()
        reading = Timing(store=milliseconds_since(started))
        # What is checked and looked up grows with the body, which may be long.
        return await self._compute.run(
            lambda: self._answer(snapshot, request, reading), is_dear=is_dear(request)
        )

    def _answer(
        self, snapshot: Snapshot, request: RecommendationRequest, reading: Timing
    ) -> Unstored:
        recommender, now = snapshot.recommender, datetime.now(UTC)
        events = self._events.read(recommender, request.feedback, "feedback", now)
        warnings = check_attributes(recommender, request.attributes)
        candidates = None
        if request.candidates is not None:
            candidates = _indices_of(snapshot.catalogue, request.candidates)
        user = unstored_user(request.attributes, events.newest, now)
        list_id = self._list_id(snapshot, request)
        adapted = self._ranker.adapted(snapshot, user)
        ranking, timing = self._ranker.rank(snapshot, user, adapted, request, list_id, candidates)
        head = {name: one for name, one in ranking.head.items() if name != "support_version"}
        page = self._ranker.page(snapshot, replace(ranking, head=head), 0, request.limit)
        timing = reading + timing + Timing(ranking=page.milliseconds)
        note_recommendation(str(head["strategy"]), int(head["support_size"]), is_computed=True)
        # The page begins behind what other answers have first.
        body = b'{%b,"warnings":%b}' % (page.body.removeprefix(b","), orjson.dumps(warnings))
        return Unstored(body, timing)

    def _list_id(self, snapshot: Snapshot, request: RecommendationRequest) -> str:
        return Fingerprint(
            model=snapshot.key,
            settings=self._settings,
            arm=self._arm.name,
            owner=ANONYMOUS,
            revision=ANONYMOUS,
            ranking=request.ranking_key,
            page=request.ranking_key,
            until=_NO_PAGES,
        ).list_id


def _indices_of(catalogue: LiveCatalogue, item_ids: Sequence[str]) -> Int64Array:
    """Look candidates up; each of them has to exist."""
    index_of = catalogue.index_of
    faults = [
        Fault(loc=["body", "candidates", place], message=f"there is no item {one!r}")
        for place, one in enumerate(item_ids)
        if one not in index_of
    ]
    if faults:
        others = f", and {len(faults) - 1} more do not exist" if faults[1:] else ""
        raise UnknownItemInBody(
            f"Candidates: {faults[0].message}{others}. Leave out what does not exist.",
            errors=faults[:MOST_FAULTS],
        )
    return np.unique(catalogue.indices_of(item_ids))
