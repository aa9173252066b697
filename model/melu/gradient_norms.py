"""How far ratings of each item move the decision layers, as evidence candidates are chosen by."""

from __future__ import annotations

import torch
from torch import Tensor

from model.arrays import Float32Array
from model.data.dataset import Ratings
from model.evidence import SMALLEST_ERROR, mean_over_raters
from model.melu.decision_layers import predict, predicted_gradient_norm
from model.melu.weights import MetaWeights, RatingUnits

_CHUNK = 65_536


def mean_gradient_norms(
    theta: MetaWeights, units: RatingUnits, users: Tensor, items: Tensor, ratings: Ratings
) -> Float32Array:
    """Mean gradient norm of each item over its raters; see `Estimator.mean_gradient_norms`.

    Args:
        theta: θ.
        units: The estimator's units.
        users: Embeddings of all users, shape [users, U].
        items: Embeddings of all items, shape [items, E].
        ratings: Who rated what.

    Returns:
        Shape [items].
    """
    total = torch.zeros(len(items), dtype=torch.float64)
    with torch.no_grad():
        for start in range(0, len(ratings), _CHUNK):
            chunk = slice(start, start + _CHUNK)
            item_index = torch.from_numpy(ratings.item_index[chunk])
            user_index = torch.from_numpy(ratings.user_index[chunk])
            pair = torch.cat([users[user_index], items[item_index]], dim=-1)
            target = units.standardise(torch.from_numpy(ratings.rating[chunk]))
            error = (predict(theta.decision, pair) - target).abs()
            norm = 2 * predicted_gradient_norm(theta.decision, pair)
            total.index_add_(0, item_index, (norm / error.clamp(min=SMALLEST_ERROR)).double())
    return mean_over_raters(total, ratings)
