"""Lists: the order that a person would choose by, of two objectives.

Candidates come of the chance of being chosen, and the order of the blend with the predicted rating
(`model.relevance.blend`); or the list is ordered by the predicted rating, or by lift.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from model.adapted_copy import AdaptedCopy
from model.arrays import Float32Array, Int64Array
from model.estimator import Estimator
from model.orders import Order
from model.ranking import best
from model.relevance import RelevanceModel
from model.relevance.serving.likely_items import likely_items, likely_with_chances
from model.scored_items import NO_ITEMS

_MARGIN = 100
"""Candidates beyond the length of the list, for the blend to choose from."""
_LEAST_CANDIDATES = 400
"""Candidates of a short list: of many ratings the blend moves items up by more than a margin."""

_MOST_KEPT = 4_096
"""Items up to which a prior's relevance is kept: many users have the same."""


@dataclass(frozen=True)
class ItemValues:
    """What a user's own copy tells of items.

    Attributes:
        value: What a list is ordered by, not clipped; for relevance ln p blended. Shape [items].
        score: Predicted ratings in the data set's units, not clipped to its scale, shape [items];
            None where the data have none.
        relevance: From 0 to 1, shape [items]; None where the preset has none.
        lift: Relevance less that of the prior, shape [items]; None where the preset has none.
    """

    value: Float32Array
    score: Float32Array | None
    relevance: Float32Array | None = None
    lift: Float32Array | None = None

    def rows(self, chosen: Int64Array) -> ItemValues:
        """Return the values of some items."""
        return ItemValues(
            self.value[chosen],
            None if self.score is None else self.score[chosen],
            None if self.relevance is None else self.relevance[chosen],
            None if self.lift is None else self.lift[chosen],
        )


@dataclass(frozen=True)
class RankedItems:
    """A list, best first.

    Attributes:
        index: Internal item indices.
        values: What is told of the items.
    """

    index: Int64Array
    values: ItemValues

    def rows(self, chosen: Int64Array) -> RankedItems:
        """Return some items of the list in another order."""
        return RankedItems(self.index[chosen], self.values.rows(chosen))


def orders_of(estimator: Estimator | None, relevance: RelevanceModel | None) -> tuple[Order, ...]:
    """Return the orders that there are; the first is the default."""
    if relevance is None:
        return (Order.RATING,)
    if estimator is None:
        return (Order.RELEVANCE, Order.LIFT)
    return (Order.RELEVANCE, Order.RATING, Order.LIFT)


def rank(
    estimator: Estimator | None,
    relevance: RelevanceModel | None,
    user: AdaptedCopy,
    limit: int,
    *,
    order: Order,
    among: Int64Array | None,
    without: Int64Array = NO_ITEMS,
) -> RankedItems:
    """Return the best items for a user.

    Args:
        estimator: Predicts ratings; None where the data have none.
        relevance: Tells chances; None where the preset has none.
        user: The user's own copy.
        limit: Most items to return.
        order: What they are ordered by.
        among: Items to choose from, in ascending order; all if None.
        without: Items to leave out.

    Returns:
        The list; equal values in the catalogue's order.
    """
    if order is Order.RATING or relevance is None:
        assert estimator is not None  # noqa: S101 - else there is no such order
        assert user.rating is not None  # noqa: S101 - adapted by the same model
        index = estimator.items.rank(user.rating, limit, among=among, without=without)
        values = values_of(estimator, relevance, user, index, order)
        return RankedItems(index, values)
    assert user.relevance is not None  # noqa: S101 - adapted by the same model
    against = None if user.prior is None or order is not Order.LIFT else user.prior.relevance
    count = max(limit + _MARGIN, _LEAST_CANDIDATES)
    if against is not None:
        candidates = likely_items(
            relevance, user.relevance, count, among=among, without=without, against=against
        )
        values = values_of(estimator, relevance, user, candidates, order)
        chosen = best(values.value, limit)
        return RankedItems(candidates[chosen], values.rows(chosen))
    # Who has given no feedback has no lift either: all items are equal; the likely ones come first.
    candidates, log_chance = likely_with_chances(
        relevance, user.relevance, count, among=among, without=without
    )
    score = _predicted(estimator, user, candidates)
    blended = relevance.with_ratings(user.relevance, log_chance, score)
    chosen = best(blended, limit)
    index = candidates[chosen]
    likely = relevance.relevance(blended[chosen])
    lift = likely - _prior_relevance(estimator, relevance, user, index, likely)
    of_ratings = None if score is None else score[chosen]
    return RankedItems(index, ItemValues(blended[chosen], of_ratings, likely, lift))


def values_of(
    estimator: Estimator | None,
    relevance: RelevanceModel | None,
    user: AdaptedCopy,
    items: Int64Array,
    order: Order,
) -> ItemValues:
    """Tell what a user's own copy makes of items; see `rank`."""
    score = _predicted(estimator, user, items)
    if relevance is None or user.relevance is None:
        assert score is not None  # noqa: S101 - one of both is there
        return ItemValues(score, score)
    blended = relevance.blended(user.relevance, items, score)
    likely = relevance.relevance(blended)
    lift = likely - _prior_relevance(estimator, relevance, user, items, likely)
    by_rating = blended if score is None else score
    value = {Order.RELEVANCE: blended, Order.RATING: by_rating, Order.LIFT: lift}[order]
    return ItemValues(value, score, likely, lift)


def _prior_relevance(
    estimator: Estimator | None,
    relevance: RelevanceModel,
    user: AdaptedCopy,
    items: Int64Array,
    likely: Float32Array,
) -> Float32Array:
    """Relevance of items before any feedback; `likely` where there has been none."""
    prior = user.prior
    if prior is None or prior.relevance is None:
        return likely
    count = len(relevance.vectors)
    if count > _MOST_KEPT:
        score = _predicted(estimator, prior, items)
        return relevance.blended_relevance(prior.relevance, items, score)
    if not prior.relevance_of_all:
        every = np.arange(count)
        score = _predicted(estimator, prior, every)
        prior.relevance_of_all[:] = [relevance.blended_relevance(prior.relevance, every, score)]
    found: Float32Array = prior.relevance_of_all[0][items]
    return found


def _predicted(
    estimator: Estimator | None, user: AdaptedCopy, items: Int64Array
) -> Float32Array | None:
    if estimator is None or user.rating is None:
        return None
    return estimator.items.score(user.rating, items)
