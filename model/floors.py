"""Floors: simple predictors that stand beside every model, every time."""

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from model.data.loading import Ratings
from model.episodes import Episodes

ITEM_DAMPING = 5.0
USER_DAMPING = 3.0


@dataclass(frozen=True)
class Floors:
    """Global mean, item mean and damped user + item bias, fitted to training ratings.

    With b_i = Σ_u (r_ui − μ) / (n_i + λ_i) and, for a user's support set,
    b_u = Σ_i (r_ui − μ − b_i) / (n_u + λ_u):

        global mean μ,   item mean μ + b_i,   user + item bias μ + b_i + b_u

    (damped baseline predictors: Koren, Bell and Volinsky, "Matrix Factorization Techniques for
    Recommender Systems", 2009).

    Attributes:
        global_mean: μ on the rating scale.
        item_bias: b_i; 0 for items without ratings. Shape [items].
    """

    global_mean: float
    item_bias: Tensor

    @classmethod
    def fit(cls, ratings: Ratings, items: int) -> "Floors":
        """Fit to training ratings.

        Args:
            ratings: The training ratings.
            items: Number of items, rated or not.

        Returns:
            The fitted floors.
        """
        mean = float(ratings.rating.mean())
        count = np.bincount(ratings.item_index, minlength=items)
        total = np.bincount(ratings.item_index, weights=ratings.rating - mean, minlength=items)
        return cls(mean, torch.from_numpy((total / (count + ITEM_DAMPING)).astype(np.float32)))

    def predict(self, episodes: Episodes, scale: tuple[float, float]) -> dict[str, Tensor]:
        """Predict the query sets.

        Args:
            episodes: B episodes of q query places.
            scale: Lowest and highest rating, to clip to.

        Returns:
            Floor → predictions on the rating scale, shape [B, q].
        """
        support_set, query_set = episodes.support_set, episodes.query_set
        item_mean = self.global_mean + self.item_bias[query_set.item_index]
        residual = support_set.rating - self.global_mean - self.item_bias[support_set.item_index]
        user_bias = (residual * support_set.mask).sum(-1) / (
            support_set.mask.sum(-1) + USER_DAMPING
        )
        predictions = {
            "global mean": torch.full_like(item_mean, self.global_mean),
            "item mean": item_mean,
            "user + item bias": item_mean + user_bias.unsqueeze(-1),
        }
        return {name: value.clamp(*scale) for name, value in predictions.items()}
