"""Evidence candidates: the items whose ratings tell most about a new user.

MeLU, section 4.3: an item is worth asking about if its rating moves the decision layers far
(discriminating) and many users can answer (popular).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from torch import Tensor

from model.arrays import Float32Array
from model.data.dataset import Ratings

SMALLEST_ERROR = 0.1
"""Standard deviations of the ratings that an error counts as at least."""


@dataclass(frozen=True)
class EvidenceScores:
    """One value an item; all between 0 and 1.

    Attributes:
        discrimination: Gradient norm, divided by the largest.
        popularity: Number of raters, divided by the largest.
        score: Their product.
    """

    discrimination: Float32Array
    popularity: Float32Array
    score: Float32Array


def evidence_scores(gradient_norms: Float32Array, raters: Float32Array) -> EvidenceScores:
    """Combine how far items move the decision layers with how many users know them.

    Args:
        gradient_norms: Not negative, shape [items].
        raters: Not negative, shape [items].

    Returns:
        Both parts normalised by their largest value, and their product.
    """
    discrimination, popularity = _normalised(gradient_norms), _normalised(raters)
    return EvidenceScores(discrimination, popularity, discrimination * popularity)


def mean_over_raters(total: Tensor, ratings: Ratings) -> Float32Array:
    """Divide sums over the raters of each item by their number.

    Args:
        total: Sums over the raters of this process, shape [items].
        ratings: Who rated what.

    Returns:
        Means over the raters of all processes, shape [items]; 0 for an item that nobody rated.
    """
    raters = ratings.ranks.total(np.bincount(ratings.item_index, minlength=len(total)))
    sums = ratings.ranks.total(total.numpy())
    mean: Float32Array = (sums / np.maximum(raters, 1)).astype(np.float32)
    return mean


def _normalised(values: Float32Array) -> Float32Array:
    largest = float(values.max(initial=0.0))
    return (values / (largest or 1.0)).astype(np.float32)
