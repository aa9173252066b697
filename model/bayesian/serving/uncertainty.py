"""How unsure a user's predicted ratings are, by the posterior that the local update starts from.

With Φ the support set's representations, K = Φ Φᵀ and P the precisions of its ratings, the
posterior covariance of w is I − Φᵀ (K + P⁻¹)⁻¹ Φ. What a rating of an item can still move is the
standard deviation of w·φ.

Dimensions: M members, n ratings, D representation.
"""

from __future__ import annotations

import numpy as np

from model.arrays import Float32Array, Float64Array
from model.bayesian.decision_layers import LEAST_NOISE_LOG
from model.bayesian.serving.item_table import ItemTable
from model.bayesian.serving.local_update import AdaptedWeights, RatedItems
from model.rating_uncertainty import RatingUncertainty

_CHUNK = 8_192


def told(rated: RatedItems, decision: AdaptedWeights) -> Float64Array:
    """Tell what a support set told of w.

    Args:
        rated: The support set.
        decision: The weights that were adapted to it, one variant.

    Returns:
        L⁻¹ Φ with K + P⁻¹ = L Lᵀ, shape [M, n, D].
    """
    known = rated.phi
    # Of many alike ratings K is nearly singular, which single precision would not survive.
    gram = (known @ known.mT).astype(np.float64)
    gram += decision.noise[0][..., None] * np.eye(known.shape[1])
    found: Float64Array = np.linalg.solve(np.linalg.cholesky(gram), known)
    return found


def deviations(items: ItemTable, told_of_w: Float32Array) -> Float32Array:
    """Tell the standard deviation of w·φ of each item.

    Args:
        items: A table.
        told_of_w: What `told` returned.

    Returns:
        The members' mean, shape [items].
    """
    found = np.empty(len(items), dtype=np.float32)
    for start in range(0, len(found), _CHUNK):
        chunk = slice(start, start + _CHUNK)
        phi = items.phi(chunk)
        variance = (phi * phi).sum(-1) - ((phi @ told_of_w.mT) ** 2).sum(-1)
        found[chunk] = np.sqrt(np.maximum(variance, 0)).mean(0)
    return found


def rating_uncertainty(
    told_of_w: Float64Array, asked: Float64Array, predicted: Float64Array, noise_log: Float32Array
) -> RatingUncertainty:
    """Tell how unsure predicted ratings are; see `RatingUncertainty`.

    Args:
        told_of_w: What `told` returned.
        asked: φ of C items that the user may be asked about, shape [M, C, D].
        predicted: φ of T items whose ratings are predicted, shape [M, T, D].
        noise_log: Log variance of the user's rating of each item asked about, shape [M, C].

    Returns:
        Covariances, in units of a scale from 1 to 5.
    """
    of_asked, of_predicted = asked @ told_of_w.mT, predicted @ told_of_w.mT
    variance = (predicted * predicted).sum(2) - np.square(of_predicted).sum(2)
    # What is left of a difference: few digits will do from here on.
    return RatingUncertainty(
        among=(asked @ asked.mT - of_asked @ of_asked.mT).astype(np.float32),
        across=(asked @ predicted.mT - of_asked @ of_predicted.mT).astype(np.float32),
        variance=np.maximum(variance, 0).astype(np.float32),
        noise=np.exp(np.maximum(noise_log, LEAST_NOISE_LOG)),
    )
