"""The first stage of ranking a large catalogue: which of its items are worth an exact score."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from model.arrays import BoolArray, Int64Array
from model.ranking.clusters import Clusters

EXACT_AMONG = 30_000
"""Items that a filter leaves, up to which all of them are scored."""


def worth_scoring(
    clusters: Clusters | None,
    among: Int64Array | None,
    candidates: Callable[[BoolArray | None], Int64Array],
) -> Int64Array | None:
    """Return the items of the bundle that are scored exactly.

    Args:
        clusters: Clusters of the items; None where there are so few that all are scored.
        among: Items to choose from, in ascending order; all if None.
        candidates: Returns the items that come near to a user's best, told which are allowed,
            shape [items], or None if all are.

    Returns:
        Candidates of a large catalogue that is not narrowed down far; else `among` as it is.
    """
    if clusters is None or (among is not None and len(among) <= EXACT_AMONG):
        return among
    if among is None:
        return candidates(None)
    allowed = np.zeros(len(clusters.cluster), dtype=np.bool_)
    allowed[among] = True
    return candidates(allowed)
