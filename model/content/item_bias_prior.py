"""What content predicts: how good an item is, and how much each kind of feature says."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from model.arrays import Float64Array
from model.content.bias_statistics import RATING_VARIANCE, ItemStatistics
from model.content.content import ItemContent, LeaveOneOutRegression
from model.features.kinds import KINDS, FeatureKind

_QUALITY_VARIANCE = 0.4
_COUNT_POWER = 0.75


@dataclass(frozen=True)
class ContentBias:
    """The item bias that content alone predicts.

    Attributes:
        of_items: Of each item; of a known one, by the others' content. Shape [items].
        columns: What each content column adds to that of a new item, shape [columns, 1].
        intercept: What every new item begins with, shape [1].
    """

    of_items: Float64Array
    columns: Float64Array
    intercept: Float64Array


def taste_weights() -> dict[FeatureKind, float]:
    """Tell how much a feature of each kind says about who likes an item."""
    return {kind: kind.taste_weight for kind in KINDS.values() if kind.has_content_rows}


def quality_weights() -> dict[FeatureKind, float]:
    """Tell how much a feature of each kind says about how good an item is."""
    return {kind: kind.quality_weight for kind in KINDS.values() if kind.has_content_rows}


def content_bias(content: ItemContent, statistics: ItemStatistics) -> ContentBias:
    """Predict item biases from content.

    A ridge regression of the items' mean residuals. A mean of n ratings has the noise
    0.4 + 0.9 / n, times (n̄ / n)^¾ so that items with a history are fitted best.

    Args:
        content: Content of all items.
        statistics: What the ratings told.

    Returns:
        The biases, and how those of new items follow from their content.
    """
    known = statistics.known
    rated = statistics.count[known]
    noise = (_QUALITY_VARIANCE + RATING_VARIANCE / rated) * (rated.mean() / rated) ** _COUNT_POWER
    mean = statistics.residual_sum / np.maximum(statistics.count, 1)
    rows = content.rows(quality_weights())
    regression = LeaveOneOutRegression(rows, 1.0, known, noise)
    return ContentBias(regression.predict(mean[:, None])[:, 0], *regression.weights(mean[:, None]))
