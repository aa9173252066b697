"""Compute rankings and write their pages; everything here runs on a compute thread."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from time import perf_counter

import numpy as np
import orjson

from app.problems import InvalidBody, InvalidParameter
from app.schemas.recommendations import RankingParameters
from app.services.filters import matching_items
from app.services.model_state.jobs import SharedStep
from app.services.model_state.live_model import Snapshot
from app.services.recommendations.adaptation import Adapter, SupportSet
from app.services.recommendations.explanations import Explanations
from app.services.recommendations.ranking_snapshots import (
    SCORE_SCALE,
    RankingSnapshot,
    ShownValues,
)
from app.services.recommendations.timing import Timing, milliseconds_since
from app.stages import Stage, in_stage, note_stage
from app.store import StoredUser
from model.adapted_copy import AdaptedCopy
from model.arrays import BoolArray, Float32Array, Int64Array
from model.lists import RankedItems
from model.orders import Order
from model.recommender import DIVERSIFIED, Recommender

_DEAR_LIMIT = 100
"""Items of a page beyond which it is written apart from others."""


def is_dear(query: RankingParameters) -> bool:
    """Tell whether a ranking with its first page takes many times as long as another."""
    return query.explain or query.limit > _DEAR_LIMIT


def can_follow(recommender: Recommender, query: RankingParameters) -> bool:
    """Tell whether a model can order and explore as a query asks."""
    orders = recommender.orders
    return (query.order is None or query.order in orders) and (
        not query.explore or Order.RELEVANCE in orders
    )


@dataclass(frozen=True)
class Page:
    """A page of a ranking.

    Attributes:
        body: JSON from after the user's id to the end of the items.
        following: Items of the ranking up to the end of the page; None for the last page.
        milliseconds: How long it took to write.
    """

    body: bytes
    following: int | None
    milliseconds: float


@dataclass(frozen=True)
class Adapted:
    """What the local update gives a ranking.

    Attributes:
        known: What it learnt from.
        copy: The user's own copy of the decision layers.
        milliseconds: How long it took, for all users whose local updates were taken together.
    """

    known: SupportSet
    copy: AdaptedCopy
    milliseconds: float


class Ranker:
    """Ranks the catalogue, or some of its items, for users.

    Args:
        adapter: Adapts to users.
        list_items: Best items of a ranking that can be paged through.
        explore: Share of the places for items that the model is unsure about, unless a query
            says another.
        arm: What its answers say that they are made by; empty for nothing.
    """

    def __init__(self, adapter: Adapter, list_items: int, explore: float, arm: str = "") -> None:
        self._arm = arm
        self._adapter = adapter
        self._list_items = list_items
        self._explore = explore
        self._reasons = Explanations(adapter)

    def adaptation(
        self, snapshot: Snapshot, user: StoredUser | None
    ) -> SharedStep[StoredUser | None, Adapted]:
        """Return the local update as a step that rankings by the same model take together."""
        recommender = snapshot.recommender
        return SharedStep(
            # As long as the step waits, both live, and no other has their place.
            (id(self), id(recommender)),
            Stage.LOCAL_UPDATE,
            lambda users: self._adapted(recommender, users),
            user,
        )

    def adapted(self, snapshot: Snapshot, user: StoredUser | None) -> Adapted:
        """Run the local update of one user."""
        with in_stage(Stage.LOCAL_UPDATE):
            return self._adapted(snapshot.recommender, [user])[0]

    def _adapted(
        self, recommender: Recommender, users: Sequence[StoredUser | None]
    ) -> list[Adapted]:
        started = perf_counter()
        adapted = self._adapter.adapt_each(recommender, users)
        took = milliseconds_since(started)
        return [Adapted(known, copy, took) for known, copy in adapted]

    def rank(
        self,
        snapshot: Snapshot,
        user: StoredUser | None,
        adapted: Adapted,
        query: RankingParameters,
        list_id: str,
        candidates: Int64Array | None = None,
    ) -> tuple[RankingSnapshot, Timing]:
        """Rank with a user's own copy.

        Args:
            snapshot: Model and catalogue.
            user: What is stored; None for an unknown user.
            adapted: What the step that `adaptation` returned gave.
            query: The parameters.
            list_id: Names the ranking.
            candidates: Items to choose from, in ascending order, all of which are weighed; the
                whole catalogue if None.

        Returns:
            The best items, as many as can be paged through, and how long it took.

        Raises:
            InvalidFilter: If a filter is not `name:value`.
            UnknownAttribute: If a filter names no attribute.
            InvalidBody: If the model does not have the order, or can't explore.
        """
        recommender, catalogue = snapshot.recommender, snapshot.catalogue
        order = _order_of(recommender, query)
        known, copy = adapted.known, adapted.copy
        started = perf_counter()
        left_out = set(query.exclude)
        if query.exclude_seen and user is not None:
            left_out |= user.seen
        among = matching_items(catalogue, query.filter)
        without = catalogue.indices_of(left_out)
        depth = max(query.limit, self._list_items)
        if candidates is not None:
            depth = max(depth, len(candidates))
            among = candidates if among is None else np.intersect1d(among, candidates)
        ranking = recommender.rank(
            copy,
            max(depth, DIVERSIFIED) if query.diversity else depth,
            order=order,
            among=among,
            without=without,
        )
        if query.diversity:
            ranking = recommender.diversified(ranking, query.diversity)
        ranking, explored = recommender.explored(
            copy,
            ranking,
            self._explore_of(recommender, query),
            order=order,
            among=among,
            without=without,
            # Equal lists explore alike, on every worker.
            seed=int(list_id, 16) % 2**63,
        )
        head: dict[str, str | int] = {
            "strategy": "adapted" if copy.local_steps else "prior",
            "support_size": copy.support_size,
            "support_version": user.support_version if user else 0,
            "local_steps": copy.local_steps,
            "model_version": recommender.manifest.version,
            "list_id": list_id,
        }
        if self._arm:
            head["arm"] = self._arm
        if copy.diverged:
            head["diverged"] = True
        found = RankingSnapshot(
            head,
            catalogue.ids(ranking.index[:depth]),
            _shown(ranking, explored, depth, recommender.scale),
            order,
            known if query.explain and not copy.diverged else None,
        )
        note_stage(Stage.RANKING, started)
        timing = Timing(local_update=adapted.milliseconds, ranking=milliseconds_since(started))
        return found, timing

    def _explore_of(self, recommender: Recommender, query: RankingParameters) -> float:
        if Order.RELEVANCE in recommender.orders:
            return self._explore if query.explore is None else query.explore
        if query.explore:
            message = "a model without relevance does not know what it is unsure about"
            raise _refusal(query, "explore", message)
        return 0.0

    def rank_and_page(
        self,
        snapshot: Snapshot,
        user: StoredUser | None,
        adapted: Adapted,
        query: RankingParameters,
        list_id: str,
    ) -> tuple[RankingSnapshot, Page, Timing]:
        """Rank, and write the first page; see `rank` and `page`."""
        ranking, timing = self.rank(snapshot, user, adapted, query, list_id)
        page = self.page(snapshot, ranking, 0, query.limit)
        return ranking, page, timing + Timing(ranking=page.milliseconds)

    def page(self, snapshot: Snapshot, ranking: RankingSnapshot, start: int, limit: int) -> Page:
        """Write a page; items that were removed since the ranking was computed are passed over.

        Args:
            snapshot: Model and catalogue.
            ranking: The ranking.
            start: Items before the page.
            limit: Most items on the page.

        Returns:
            The page.
        """
        started = perf_counter()
        catalogue = snapshot.catalogue
        index_of = catalogue.index_of
        left = (
            (place, index_of[item_id])
            for place, item_id in enumerate(itertools.islice(ranking.item_ids, start, None), start)
            if item_id in index_of
        )
        shown = list(itertools.islice(left, limit))
        index = [item for _, item in shown]
        reasons = [b"[]"] * len(shown)
        if ranking.known is not None:
            with in_stage(Stage.EXPLANATION):
                reasons = self._reasons.of(
                    snapshot, ranking.known, np.array(index, dtype=np.int64), ranking.order
                )
        writing = perf_counter()
        items = [
            b'%b,"rank":%d,%b,"because":%b}'
            % (fragment, place + 1, ranking.values.json_of(place), because)
            for (place, _), fragment, because in zip(
                shown, snapshot.item_json.of(catalogue, index), reasons, strict=True
            )
        ]
        body = b',%b,"items":[%b]' % (orjson.dumps(ranking.head)[1:-1], b",".join(items))
        has_more = next(left, None) is not None
        following = shown[-1][0] + 1 if has_more else None
        note_stage(Stage.SERIALISATION, writing)
        return Page(body, following, milliseconds_since(started))


def _order_of(recommender: Recommender, query: RankingParameters) -> Order:
    if query.order is None:
        return recommender.orders[0]
    if query.order not in recommender.orders:
        preset = recommender.manifest.preset.name
        raise _refusal(
            query,
            "order",
            f"a model of the preset {preset} has no order {query.order.value}; it has: "
            f"{', '.join(recommender.orders)}",
        )
    return query.order


def _refusal(query: RankingParameters, name: str, message: str) -> InvalidBody:
    """Make the problem of a parameter that the model can't follow."""
    kind = InvalidParameter if query.place == "query" else InvalidBody
    return kind(f"{query.place}, {name}: {message}.")


def _shown(
    ranking: RankedItems, explored: BoolArray, depth: int, scale: tuple[float, float]
) -> ShownValues:
    values = ranking.values
    return ShownValues(
        _in_ten_thousandths(values.relevance, depth),
        _in_ten_thousandths(values.lift, depth),
        None if values.score is None else _in_ten_thousandths(values.score.clip(*scale), depth),
        np.flatnonzero(explored[:depth]).tolist(),
    )


def _in_ten_thousandths(values: Float32Array | None, depth: int) -> list[int] | None:
    if values is None:
        return None
    scaled: list[int] = (
        np.rint(values[:depth].astype(np.float64) * SCORE_SCALE).astype(np.int64).tolist()
    )
    return scaled
