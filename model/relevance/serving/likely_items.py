"""The items that a user chooses most likely, which lists are made of."""

from __future__ import annotations

import numpy as np

from model.arrays import Int64Array
from model.ranking import best_ascending, places_of
from model.ranking.first_stage import worth_scoring
from model.relevance.adapted_user import RelevanceUser
from model.relevance.model import RelevanceModel
from model.scored_items import NO_ITEMS


def likely_items(
    model: RelevanceModel,
    user: RelevanceUser,
    count: int,
    *,
    among: Int64Array | None = None,
    without: Int64Array = NO_ITEMS,
    against: RelevanceUser | None = None,
) -> Int64Array:
    """Return the items that a user chooses most likely.

    Args:
        model: θ.
        user: What `RelevanceModel.adapt` returned.
        count: Most items to return.
        among: Items to choose from, in ascending order; all if None.
        without: Items to leave out.
        against: Of another user, whose relevance is subtracted first.

    Returns:
        Internal item indices in ascending order.
    """
    vectors = model.vectors
    live = np.arange(vectors.bundled_count, len(vectors))
    if among is not None:
        among, live = vectors.parted(among)
    among = worth_scoring(
        model.clusters,
        among,
        lambda allowed: model.coarse.candidates(user.weights, count + len(without), 0, allowed),
    )
    if among is None and against is None:
        bundled = without[without < vectors.bundled_count]
        among = vectors.bundled.top(user.weights, count, bundled)
        if not len(live):
            return among
    if among is not None and len(live):
        among = np.concatenate([among, live])
    value = model.log_chance(user, among)
    if against is not None:
        value = model.relevance(value) - model.relevance(model.log_chance(against, among))
    value[without if among is None else places_of(without, among)] = -np.inf
    found = best_ascending(value, count)
    return found if among is None else among[found]
