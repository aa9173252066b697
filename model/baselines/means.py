"""Baselines that are the same for every user: the global mean and the item mean."""

from dataclasses import dataclass
from typing import Self

import numpy as np
import torch
from torch import Tensor

from model.baselines.baseline import Baseline
from model.baselines.data import ITEM_DAMPING, BaselineData
from model.episodes import Episodes


@dataclass(frozen=True)
class GlobalMean(Baseline):
    """μ for every rating.

    Attributes:
        mean: μ.
    """

    mean: float

    @classmethod
    def fit(cls, data: BaselineData) -> Self:
        """Take the mean; see `Baseline`."""
        return cls(float(data.ratings.rating.mean()))

    def predict(self, episodes: Episodes) -> Tensor:
        """Predict μ; see `Baseline`."""
        return torch.full(episodes.query_set.item_index.shape, self.mean)


@dataclass(frozen=True)
class ItemMean(Baseline):
    """The item's mean rating, damped towards the global mean: μ + Σ_u (r_ui − μ) / (n_i + λ).

    Attributes:
        mean: One an item, shape [items].
    """

    mean: Tensor

    @classmethod
    def fit(cls, data: BaselineData) -> Self:
        """Take the means; see `Baseline`."""
        ratings, items = data.ratings, len(data.dataset.item_ids)
        mean = float(ratings.rating.mean())
        total = np.bincount(ratings.item_index, ratings.rating - mean, items)
        count = np.bincount(ratings.item_index, minlength=items)
        damped = mean + total / (count + ITEM_DAMPING)
        return cls(torch.from_numpy(damped.astype(np.float32)))

    def predict(self, episodes: Episodes) -> Tensor:
        """Look the items up; see `Baseline`."""
        return self.mean[episodes.query_set.item_index]
