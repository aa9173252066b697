"""How many of a user's best items ranking in two stages finds, beside scoring every item."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from model.estimator import Estimator
from model.ranking import best, places_of

RATINGS = 20
_LEVELS = 5
_CHUNK = 32_768


def recall_of_users(
    estimator: Estimator,
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
        estimator: What ranks.
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
        user = estimator.adapt({}, list(zip(rated.tolist(), ratings.tolist(), strict=True)))
        found = estimator.rank(user, limit, without=rated)
        index, scores = np.empty(0, dtype=np.int64), np.empty(0, dtype=np.float32)
        for start in range(0, items, _CHUNK):
            yield None
            chunk = np.arange(start, min(start + _CHUNK, items))
            mine = estimator.score(user, chunk)
            mine[places_of(rated, chunk)] = -np.inf
            index, scores = np.concatenate([index, chunk]), np.concatenate([scores, mine])
            chosen = best(scores, limit)
            index, scores = index[chosen], scores[chosen]
        yield len(np.intersect1d(found.index, index)) / max(len(index), 1)
