"""Score many items with one user's own decision layers, in blocks that stay in the cache."""

from __future__ import annotations

import numpy as np

from model.arrays import Float32Array, Int64Array
from model.bayesian.serving.item_table import ItemTable
from model.bayesian.serving.local_update import AdaptedWeights

_CHUNK = 8_192


def predict_items(
    items: ItemTable, decision: AdaptedWeights, index: Int64Array | None = None
) -> Float32Array:
    """Predict a user's ratings.

    Args:
        items: A table.
        decision: Adapted weights, one variant.
        index: Which of its items; all if None.

    Returns:
        Brought to a range of 4, shape [items].
    """
    count = len(items) if index is None else len(index)
    scores = np.empty(count, dtype=np.float32)
    for start in range(0, count, _CHUNK):
        chunk = slice(start, start + _CHUNK)
        rows = chunk if index is None else index[chunk]
        scores[chunk] = items.mean_base[rows] + decision.predict(items.phi(rows))[0]
    return scores
