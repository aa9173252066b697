"""Evidence candidates: the items whose ratings tell most about a new user.

MeLU, section 4.3: an item is worth asking about if its rating moves the decision layers far
(discriminating) and many users can answer (popular).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch

from model.data.loading import Ratings
from model.decision_layers import predict, predicted_gradient_norm
from model.estimator import MetaWeights, RatingUnits, embed
from model.features import EncodedTable

FloatArray = npt.NDArray[np.float32]

_CHUNK = 65_536
SMALLEST_ERROR = 0.1


@dataclass(frozen=True)
class EvidenceScores:
    """One value an item; all between 0 and 1.

    Attributes:
        discrimination: Mean gradient norm over the item's raters, divided by the largest.
        popularity: Number of raters, divided by the largest.
        score: Their product.
    """

    discrimination: FloatArray
    popularity: FloatArray
    score: FloatArray


def evidence_scores(
    theta: MetaWeights,
    units: RatingUnits,
    users: EncodedTable,
    items: EncodedTable,
    ratings: Ratings,
    *,
    user_count: int,
    item_count: int,
) -> EvidenceScores:
    """Score every item by the users who rated it.

    For a rating with squared error L the paper takes the Frobenius norm of the decision layers'
    gradient of L / ‖L‖, so that a large error does not pass for a discriminating item. With
    e = ŷ − y that norm is 2 ‖∇ŷ‖ / |e|. It grows without bound as e nears 0, so |e| counts as
    at least 0.1 standard deviations of the ratings.

    Args:
        theta: θ.
        units: The estimator's units.
        users: All users' encoded features.
        items: All items' encoded features.
        ratings: The ratings of the warm users.
        user_count: Number of users.
        item_count: Number of items.

    Returns:
        The scores; an item that nobody rated has 0 throughout.
    """
    total = torch.zeros(item_count, dtype=torch.float64)
    with torch.no_grad():
        user = embed(theta.user_embeddings, users, user_count)
        item = embed(theta.item_embeddings, items, item_count)
        for start in range(0, len(ratings), _CHUNK):
            chunk = slice(start, start + _CHUNK)
            item_index = torch.from_numpy(ratings.item_index[chunk])
            embedding = torch.cat(
                [user[torch.from_numpy(ratings.user_index[chunk])], item[item_index]], dim=-1
            )
            target = units.standardise(torch.from_numpy(ratings.rating[chunk]))
            error = (predict(theta.decision, embedding) - target).abs().clamp(min=SMALLEST_ERROR)
            norm = 2 * predicted_gradient_norm(theta.decision, embedding) / error
            total.index_add_(0, item_index, norm.double())
    raters = np.bincount(ratings.item_index, minlength=item_count)
    mean_norm = total.numpy() / np.maximum(raters, 1)
    discrimination = (mean_norm / (mean_norm.max() or 1.0)).astype(np.float32)
    popularity = (raters / max(raters.max(), 1)).astype(np.float32)
    return EvidenceScores(discrimination, popularity, discrimination * popularity)
