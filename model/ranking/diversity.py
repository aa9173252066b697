"""Variety in a ranking, by maximal marginal relevance.

Carbonell and Goldstein, "The use of MMR, diversity-based reranking for reordering documents and
producing summaries", SIGIR 1998.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt

from model.arrays import Float32Array, Int64Array

_SMALLEST = 1e-12


def diversified(
    scores: Float32Array, views: Sequence[Float32Array], diversity: float
) -> Int64Array:
    """Order items so that each is good and unlike those before it.

    The next item is always the one with the highest

        (1 − diversity) · relevance − diversity · its greatest similarity to an item before it.

    Relevance is the score, from 0 for the worst of these items to 1 for the best. Similarity is
    the cosine of the features' differences from their mean, averaged over the views, from 0 for
    opposite items to 1 for alike ones.

    Args:
        scores: Best first, shape [n].
        views: What tells the items apart, one or several times, shape [n, F] each.
        diversity: 0 for the order of the scores, 1 for variety alone.

    Returns:
        Places in the new order, shape [n]; equally good places in their order.
    """
    relevance = scores.astype(np.float64) - scores.min(initial=np.inf)
    relevance *= (1 - diversity) / max(relevance.max(initial=0), _SMALLEST)
    features = np.concatenate([_directions(view) for view in views], axis=1)
    greatest = np.full(len(scores), -np.inf)
    order = np.zeros(len(scores), dtype=np.int64)
    chosen = 0  # the best item, also where variety alone counts
    for rank in range(len(scores)):
        order[rank] = chosen
        relevance[chosen] = -np.inf
        cosine = features @ features[chosen] / len(views)
        np.maximum(greatest, (1 + cosine) / 2, out=greatest)
        chosen = int((relevance - diversity * greatest).argmax())
    return order


def shared_values(items: Sequence[Mapping[str, object]]) -> Float32Array:
    """Mark which attribute values items have, if others of them have it too.

    Args:
        items: Attribute → value; numbers say too little about likeness to count.

    Returns:
        Shape [items, values].
    """
    rows: dict[tuple[str, str], list[int]] = {}
    for row, attributes in enumerate(items):
        for name, value in attributes.items():
            for one in value if isinstance(value, list) else [value]:
                if isinstance(one, str):
                    rows.setdefault((name, one), []).append(row)
    shared = [having for having in rows.values() if len(having) > 1]
    marks = np.zeros((len(items), len(shared)), dtype=np.float32)
    for column, having in enumerate(shared):
        marks[having, column] = 1
    return marks


def _directions(view: Float32Array) -> npt.NDArray[np.float64]:
    """Bring the differences from the mean to length 1."""
    apart: npt.NDArray[np.float64] = view - view.mean(0, dtype=np.float64)
    apart /= np.maximum(np.linalg.norm(apart, axis=1, keepdims=True), _SMALLEST)
    return apart
