"""User + item bias, and the item biases that other baselines start from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np
import torch
from torch import Tensor

from model.arrays import Float64Array
from model.baselines.baseline import Baseline
from model.baselines.data import ITEM_DAMPING, BaselineData
from model.content.bias_statistics import ItemStatistics
from model.episodes import Episodes


@dataclass(frozen=True)
class ItemBias:
    """μ + b_i with b_i damped towards an expected value.

    Attributes:
        statistics: Sums over the training ratings.
        expected: What b_i would be without any rating, shape [items].
        damping: λ of b_i.
    """

    statistics: ItemStatistics
    expected: Float64Array
    damping: float

    @classmethod
    def with_content(cls, data: BaselineData) -> ItemBias:
        """Take the bias expected from content where an item has few ratings."""
        return cls(data.statistics, data.quality, ITEM_DAMPING)

    def of_query(self, episodes: Episodes) -> Tensor:
        """μ + b_i of the query items, shape [B, q]."""
        bias = self.statistics.item_bias(self.expected, self.damping)
        return _tensor(self.statistics.mean + bias[episodes.query_set.item_index])

    def support_residual(self, episodes: Episodes) -> Tensor:
        """Residual r − μ − b_i of the support ratings, 0 where padded, shape [B, n].

        A support rating that b_i was learnt from is taken out of it first, as if it were new.
        """
        item = episodes.support_set.item_index
        rating = episodes.support_set.rating.numpy()
        total, count = self.statistics.residual_sum[item], self.statistics.count[item]
        if episodes.support_in_training:
            user_bias = self.statistics.user_bias[episodes.user_index]
            total = total - (rating - self.statistics.mean - user_bias[:, None])
            count = np.maximum(count - 1, 0)
        bias = (total + self.damping * self.expected[item]) / (count + self.damping)
        return _tensor(rating - self.statistics.mean - bias) * episodes.support_set.mask


@dataclass(frozen=True)
class UserItemBias(Baseline):
    """μ + b_i + b_u with b_u = Σ (r − μ − b_i) / (n + λ_u) over the support set.

    (Damped baseline predictors: Koren, Bell and Volinsky, "Matrix Factorization Techniques for
    Recommender Systems", 2009.)

    Attributes:
        item_bias: μ + b_i.
        user_damping: λ_u.
    """

    item_bias: ItemBias
    user_damping: float

    @classmethod
    def fit(
        cls, data: BaselineData, *, item_damping: float = 3.0, user_damping: float = 6.0
    ) -> Self:
        """Fit b_i to ratings; see `Baseline`.

        Args:
            data: The training ratings.
            item_damping: λ of b_i.
            user_damping: λ_u.

        Returns:
            The fitted baseline.
        """
        nothing = np.zeros(len(data.statistics.count))
        return cls(ItemBias(data.statistics, nothing, item_damping), user_damping)

    def predict(self, episodes: Episodes) -> Tensor:
        """Add the user's bias to the items'; see `Baseline`."""
        residual = self.item_bias.support_residual(episodes)
        user_bias = damped_mean(residual, episodes.support_set.mask, self.user_damping)
        return self.item_bias.of_query(episodes) + user_bias


def damped_mean(residual: Tensor, mask: Tensor, damping: float) -> Tensor:
    """Σ residual / (n + damping) of each episode, shape [B, 1]."""
    return (residual.sum(-1) / (mask.sum(-1) + damping)).unsqueeze(-1)


def _tensor(values: Float64Array) -> Tensor:
    return torch.from_numpy(values.astype(np.float32))
