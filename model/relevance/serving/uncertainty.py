"""How unsure it is what users make of an item, by what is known of it."""

from __future__ import annotations

import numpy as np

from model.arrays import Float32Array, Int64Array
from model.relevance.model import RelevanceModel
from model.relevance.serving.item_table import ChoiceTable

_KNOWN_AFTER = 5.0
"""Ratings after which an item's own ones count as much as its content."""


def uncertainty(model: RelevanceModel, items: Int64Array | None = None) -> Float32Array:
    """Tell how unsure ln p of items is, as a standard deviation.

    What content says of an item is off by the error that it has for known ones. With n ratings
    of its own that shrinks as a posterior does, by √(1 + n / 5).

    Args:
        model: θ.
        items: Internal item indices; all items if None.

    Returns:
        Shape [items].
    """

    def of(table: ChoiceTable, rows: Int64Array | None) -> Float32Array:
        ratings = table.ratings if rows is None else table.ratings[rows]
        shrunk = np.sqrt(1 + ratings / np.float32(_KNOWN_AFTER))
        found: Float32Array = np.float32(model.learnt.content_error) / shrunk
        return found

    return model.vectors.read(items, of)
