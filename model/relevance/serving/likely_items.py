"""The items that a user chooses most likely, which lists are made of."""

from __future__ import annotations

import numpy as np

from model.arrays import Float32Array, Int64Array
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
    if against is None:
        return likely_with_chances(model, user, count, among=among, without=without)[0]
    among = _worth_scoring(model, user, count, among, without)
    value = model.relevance(model.log_chance(user, among))
    value -= model.relevance(model.log_chance(against, among))
    value[without if among is None else places_of(without, among)] = -np.inf
    found = best_ascending(value, count)
    return found if among is None else among[found]


def likely_with_chances(
    model: RelevanceModel,
    user: RelevanceUser,
    count: int,
    *,
    among: Int64Array | None = None,
    without: Int64Array = NO_ITEMS,
) -> tuple[Int64Array, Float32Array]:
    """Return the items that a user chooses most likely, and ln p of each; see `likely_items`."""
    vectors = model.vectors
    scored = _worth_scoring(model, user, count, among, without)
    if scored is None:
        bundled = without[without < vectors.bundled_count]
        scored, logits = vectors.bundled.top(user.weights, count, bundled)
        value = logits - np.float32(user.log_total)
        if vectors.live is None:
            return scored, value
        live = np.arange(vectors.bundled_count, len(vectors))
        scored = np.concatenate([scored, live])
        value = np.concatenate([value, model.log_chance(user, live)])
    else:
        value = model.log_chance(user, scored)
    value[places_of(without, scored)] = -np.inf
    found = best_ascending(value, count)
    return scored[found], value[found]


def _worth_scoring(
    model: RelevanceModel,
    user: RelevanceUser,
    count: int,
    among: Int64Array | None,
    without: Int64Array,
) -> Int64Array | None:
    """Return the items that are worth an exact score, in ascending order; None if all are."""
    vectors = model.vectors
    live = NO_ITEMS
    if among is not None:
        among, live = vectors.parted(among)
    elif vectors.live is not None:
        live = np.arange(vectors.bundled_count, len(vectors))
    among = worth_scoring(
        model.clusters,
        among,
        lambda allowed: model.coarse.candidates(user.weights, count + len(without), 0, allowed),
    )
    if among is None or not len(live):
        return among
    return np.concatenate([among, live])
