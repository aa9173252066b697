"""One Gaussian process a user: ridge regression on content, on factors of the ratings, or both."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np
import torch
from torch import Tensor

from model.arrays import Int64Array
from model.baselines.baseline import Baseline
from model.baselines.bias import ItemBias
from model.baselines.chunks import episode_chunks
from model.baselines.data import BaselineData
from model.baselines.kernel import ContentKernel
from model.episodes import Episodes

_USER_VARIANCE = 0.2
_BIAS_VARIANCE = 0.2


@dataclass(frozen=True)
class GaussianProcess(Baseline):
    """A user's taste as a Gaussian process over items.

    r − μ − b_i of one user has zero mean and the covariance

        k(i, j) = 0.2 + v_iᵀ v_j + σ_c² x_i x_jᵀ

    plus noise σ² and, for a rating in the support set, the doubt about b_i itself, which falls
    with the item's number of ratings. The prediction is the posterior mean
    μ + b_q + k(q, S) (k(S, S) + D)⁻¹ (r_S − μ − b_S). (Rasmussen and Williams, "Gaussian
    Processes for Machine Learning", 2006, eq. 2.25.)

    With v alone this is the fold-in of a new user into a probabilistic matrix factorisation; with
    x alone it is a bias and one ridge regression a user on content features.

    Attributes:
        item_bias: μ + b_i.
        factors: v, shape [items, factors]; no columns if they are not used.
        content: Products of x; None if it is not used.
        content_variance: σ_c².
        noise: σ².
    """

    item_bias: ItemBias
    factors: Tensor
    content: ContentKernel | None
    content_variance: float
    noise: float

    @classmethod
    def fit(
        cls,
        data: BaselineData,
        *,
        factors: int = 0,
        ridge: float = 0.0,
        content_variance: float = 0.0,
        noise: float = 0.7,
    ) -> Self:
        """Factorise the ratings and compare the items' content; see `Baseline`.

        Args:
            data: The training ratings.
            factors: Number of factors; 0 for none.
            ridge: Penalty on the factors' loadings.
            content_variance: σ_c²; 0 for no content.
            noise: σ².

        Returns:
            The fitted baseline.
        """
        items = len(data.statistics.count)
        loadings = data.factors(factors, ridge) if factors else np.zeros((items, 0), np.float32)
        return cls(
            ItemBias.with_content(data),
            torch.from_numpy(loadings),
            data.kernel if content_variance else None,
            content_variance,
            noise,
        )

    def predict(self, episodes: Episodes) -> Tensor:
        """Take the posterior mean; see `Baseline`."""
        support, query = episodes.support_set.item_index, episodes.query_set.item_index
        residual, mask = self.item_bias.support_residual(episodes), episodes.support_set.mask
        personal = torch.empty(query.shape)
        numbers = support.shape[1] * max(support.shape[1], query.shape[1])
        for rows in episode_chunks(len(query), numbers):
            personal[rows] = self._posterior(support[rows], query[rows], residual[rows], mask[rows])
        return self.item_bias.of_query(episodes) + personal

    def _posterior(
        self, support: Int64Array, query: Int64Array, residual: Tensor, mask: Tensor
    ) -> Tensor:
        """k(q, S) (k(S, S) + D)⁻¹ residual; padding is an observation that touches nothing."""
        statistics, damping = self.item_bias.statistics, self.item_bias.damping
        doubt = _BIAS_VARIANCE * damping / (statistics.count[support] + damping)
        noise = self.noise + torch.from_numpy(doubt.astype(np.float32))
        covariance = self._kernel(support, support) * mask.unsqueeze(-1) * mask.unsqueeze(-2)
        dual = torch.linalg.solve(covariance + torch.diag_embed(noise), residual.unsqueeze(-1))
        personal: Tensor = (self._kernel(query, support) @ dual).squeeze(-1)
        return personal

    def _kernel(self, first: Int64Array, second: Int64Array) -> Tensor:
        covariance = self.factors[first] @ self.factors[second].mT + _USER_VARIANCE
        if self.content is not None:
            covariance += self.content_variance * self.content.between(first, second)
        return covariance
