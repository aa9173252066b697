"""What a model is told of items that were put after training."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from model.arrays import Int64Array


@dataclass(frozen=True)
class LiveItems:
    """Items that were put after training.

    Attributes:
        features: Their features, a column each.
        count: Their number; a table of items without features has no rows.
        changed: Which of them are trained items with another content, shape [changed].
        trained: The trained items that these are, by internal index, shape [changed].
        trained_features: What those were trained with, a row each of `trained`.
    """

    features: pl.DataFrame
    count: int
    changed: Int64Array
    trained: Int64Array
    trained_features: pl.DataFrame
