"""How many of a user's best items ranking in two stages finds, beside scoring every item."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Generic, Protocol, TypeVar

import numpy as np

from model.adapted_user import AdaptedUser
from model.arrays import Float32Array, Int64Array
from model.estimator import Estimator
from model.ranking.top import best, places_of
from model.relevance import RelevanceModel, RelevanceUser
from model.relevance.serving.likely_items import likely_items

User = TypeVar("User")

RATINGS = 20
_LEVELS = 5
_CHUNK = 8_192


class TwoStages(Protocol, Generic[User]):
    """What finds the best items without a look at all of them."""

    def adapted_to(self, support_set: Sequence[tuple[int, float]]) -> User:
        """Adapt to a support set."""

    def found(self, user: User, limit: int, without: Int64Array) -> Int64Array:
        """Return the best items, by the way that is measured."""

    def exact(self, user: User, items: Int64Array) -> Float32Array:
        """Score some items, by what they are the best of."""


class PredictedRatings:
    """Rankings by predicted rating, as their recall is measured.

    Args:
        estimator: What predicts.
    """

    def __init__(self, estimator: Estimator) -> None:
        self._estimator = estimator

    def adapted_to(self, support_set: Sequence[tuple[int, float]]) -> AdaptedUser:
        """See `TwoStages`."""
        return self._estimator.adapt(self._estimator.user_space.slots({}), support_set)

    def found(self, user: AdaptedUser, limit: int, without: Int64Array) -> Int64Array:
        """See `TwoStages`."""
        return self._estimator.items.rank(user, limit, without=without)

    def exact(self, user: AdaptedUser, items: Int64Array) -> Float32Array:
        """See `TwoStages`."""
        return self._estimator.items.score(user, items)


class LikelyItems:
    """Lists by relevance, as their recall is measured: of all items the likely ones.

    Args:
        relevance: What tells chances.
    """

    def __init__(self, relevance: RelevanceModel) -> None:
        self._relevance = relevance

    def adapted_to(self, support_set: Sequence[tuple[int, float]]) -> RelevanceUser:
        """See `TwoStages`."""
        return self._relevance.adapted_to(support_set)

    def found(self, user: RelevanceUser, limit: int, without: Int64Array) -> Int64Array:
        """See `TwoStages`."""
        return likely_items(self._relevance, user, limit, without=without)

    def exact(self, user: RelevanceUser, items: Int64Array) -> Float32Array:
        """See `TwoStages`."""
        return self._relevance.log_chance(user, items)


def recall_of_users(
    model: TwoStages[User],
    items: int,
    scale: tuple[float, float],
    *,
    users: int,
    limit: int,
    seed: int,
) -> Iterator[float | None]:
    """Measure the recall for users who rate random items at random.

    To score every item takes long, so the work is in parts: between two of them a service can see
    to its requests.

    Args:
        model: What ranks.
        items: Size of the catalogue.
        scale: Lowest and highest rating.
        users: How many users.
        limit: How many of the best items are looked for.
        seed: Every random draw follows from it.

    Yields:
        None after a part of the work; at a user's last one the share of the exact best items that
        the ranking has.
    """
    random = np.random.default_rng(seed)
    low, high = scale
    for _ in range(users):
        rated = random.choice(items, min(RATINGS, items // 2), replace=False)
        ratings = low + (high - low) * random.integers(0, _LEVELS, len(rated)) / (_LEVELS - 1)
        user = model.adapted_to(list(zip(rated.tolist(), ratings.tolist(), strict=True)))
        found = model.found(user, limit, rated)
        index, scores = np.empty(0, dtype=np.int64), np.empty(0, dtype=np.float32)
        for start in range(0, items, _CHUNK):
            yield None
            chunk = np.arange(start, min(start + _CHUNK, items))
            mine = model.exact(user, chunk)
            mine[places_of(rated, chunk)] = -np.inf
            index, scores = np.concatenate([index, chunk]), np.concatenate([scores, mine])
            chosen = best(scores, limit)
            index, scores = index[chosen], scores[chosen]
        yield len(np.intersect1d(found, index)) / max(len(index), 1)
