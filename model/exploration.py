"""Let new items be seen: a share of a list's places for items that the model is unsure about.

Thompson sampling (Thompson, "On the likelihood that one unknown probability exceeds another in
view of the evidence of two samples", Biometrika 1933): of each uncertain item a chance is drawn
from what is believed of it, and the highest ones get the places.
"""

from __future__ import annotations

import numpy as np

from model.adapted_copy import AdaptedCopy
from model.arrays import BoolArray, Float32Array, Int64Array
from model.estimator import Estimator
from model.lists import RankedItems, values_of
from model.orders import Order
from model.ranking import best
from model.relevance import RelevanceModel
from model.relevance.serving.uncertainty import uncertainty

_UNCERTAIN = 0.5
"""An item is uncertain while its own ratings have not halved the spread of what is believed."""
_MOST_DRAWN = 20_000
"""Uncertain items that a list draws from."""


def explore(
    estimator: Estimator | None,
    relevance: RelevanceModel | None,
    user: AdaptedCopy,
    ranking: RankedItems,
    share: float,
    *,
    order: Order,
    allowed: Int64Array,
    seed: int,
) -> tuple[RankedItems, BoolArray]:
    """Give a share of a list's places to items that the model is unsure about.

    Args:
        estimator: Predicts ratings; None where the data have none.
        relevance: Tells chances; None where the preset has none, and there is nothing to explore.
        user: The user's own copy.
        ranking: The list.
        share: Of the places, 0 to 1; 0 leaves the list as it is.
        order: What the list goes by.
        allowed: Items to choose from, in ascending order.
        seed: The draws follow from it: equal lists have equal seeds.

    Returns:
        The list, and which of its items were explored, shape [items of the list].
    """
    if not share or not len(ranking.index) or relevance is None or user.relevance is None:
        return ranking, np.zeros(len(ranking.index), dtype=np.bool_)
    unsure = uncertainty(relevance, allowed)
    uncertain = unsure > _UNCERTAIN * relevance.learnt.content_error
    items, unsure = allowed[uncertain], unsure[uncertain]
    if len(items) > _MOST_DRAWN:
        some = np.sort(np.random.default_rng(seed).permutation(len(items))[:_MOST_DRAWN])
        items, unsure = items[some], unsure[some]
    log_chance = relevance.log_chance(user.relevance, items)
    drawn = items[drawn_best(log_chance, unsure, len(ranking.index), seed)]
    index, explored = with_explored(ranking.index, drawn, share)
    return RankedItems(index, values_of(estimator, relevance, user, index, order)), explored


def places_to_explore(length: int, share: float) -> Int64Array:
    """Spread a share of a list's places evenly over it, the first place last of all.

    Args:
        length: Of the list.
        share: From 0 to 1.

    Returns:
        Ascending places; ⌊r · share⌋ of them are among the first r of any list.
    """
    filled = np.floor(np.arange(1, length + 1) * share + 1e-9).astype(np.int64)
    return np.flatnonzero(np.diff(filled, prepend=0))


def drawn_best(
    log_chance: Float32Array, uncertainty: Float32Array, count: int, seed: int
) -> Int64Array:
    """Draw what may be true of each item, and return the best.

    Args:
        log_chance: Mean of what is believed of ln p, shape [items].
        uncertainty: Its standard deviation, shape [items].
        count: How many.
        seed: The draws follow from it.

    Returns:
        Places, best first.
    """
    random = np.random.default_rng(seed)
    noise = random.standard_normal(len(log_chance)).astype(np.float32)
    return best(log_chance + uncertainty * noise, count)


def with_explored(
    index: Int64Array, explored: Int64Array, share: float
) -> tuple[Int64Array, BoolArray]:
    """Put explored items on their places of a list.

    Args:
        index: The list, best first, shape [n].
        explored: What to put in, best first; what is on the list's other places is passed over.
        share: Of the places.

    Returns:
        The new list, and which of its items were explored, shape [n].
    """
    places = places_to_explore(len(index), share)[: len(explored)]
    chosen = explored[: len(places)]
    mixed = np.empty(len(index), dtype=np.int64)
    marked = np.zeros(len(index), dtype=np.bool_)
    marked[places] = True
    mixed[places] = chosen
    rest = index[~np.isin(index, chosen)]
    mixed[~marked] = rest[: len(index) - len(places)]
    return mixed, marked
