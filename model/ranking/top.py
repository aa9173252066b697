"""The best of many scores."""

import numpy as np
import torch

from model.arrays import Float32Array, Int64Array


def best(scores: Float32Array, limit: int) -> Int64Array:
    """Return the places of the highest scores.

    Args:
        scores: Shape [n]; −∞ where a place may not be picked.
        limit: Most places to return.

    Returns:
        Best first; equal scores in the order of their places.
    """
    places = at_least(scores, kth_highest(scores, limit))
    order = np.argsort(-scores[places], kind="stable")[:limit]
    return places[order]


def kth_highest(scores: Float32Array, k: int) -> float:
    """Return the k-th highest score, −∞ if there are fewer."""
    if k > len(scores):
        return -np.inf
    # A quarter of the time that NumPy's partition takes for a large catalogue.
    return float(torch.topk(torch.from_numpy(scores), k).values[-1])


def at_least(scores: Float32Array, threshold: float) -> Int64Array:
    """Return the places of all scores from a threshold on, but never one that is −∞."""
    if threshold == -np.inf:
        return np.flatnonzero(scores > -np.inf)
    return np.flatnonzero(scores >= threshold)


def places_of(values: Int64Array, ascending: Int64Array) -> Int64Array:
    """Return where values stand in an ascending array; those that don't are passed over."""
    places: Int64Array = np.searchsorted(ascending, values)
    inside = places < len(ascending)
    places, values = places[inside], values[inside]
    found: Int64Array = places[ascending[places] == values]
    return found
