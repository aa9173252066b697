"""Item-kNN on residuals."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import torch
from torch import Tensor

from model.baselines.baseline import Baseline
from model.baselines.bias import ItemBias, damped_mean
from model.baselines.chunks import episode_chunks
from model.baselines.data import BaselineData
from model.baselines.similarity import ItemSimilarity
from model.episodes import Episodes

_PULL = 0.1


@dataclass(frozen=True)
class ItemNeighbours(Baseline):
    """The user + item bias, corrected by the user's residuals on the most similar items.

    Similarity is the cosine of two items' residuals over the users of both, shrunk by
    n / (n + λ) for n such users; a negative one counts as 0. The correction is the mean residual
    of the most similar support items weighted by similarity, pulled to 0 by a weight of 0.1.
    (Sarwar et al., "Item-Based Collaborative Filtering Recommendation Algorithms", 2001; shrinkage
    as in Koren, "Factor in the Neighbors", 2010.)

    Attributes:
        item_bias: μ + b_i.
        similarity: Of every two items.
        shrinkage: λ.
        neighbours: How many similar items count.
        user_damping: λ_u of the user's bias.
    """

    item_bias: ItemBias
    similarity: ItemSimilarity
    shrinkage: float
    neighbours: int
    user_damping: float

    @classmethod
    def fit(
        cls,
        data: BaselineData,
        *,
        shrinkage: float = 200.0,
        neighbours: int = 40,
        user_damping: float = 4.0,
    ) -> Self:
        """Compare the items; see `Baseline`.

        Args:
            data: The training ratings.
            shrinkage: λ.
            neighbours: How many similar items count.
            user_damping: λ_u of the user's bias.

        Returns:
            The fitted baseline.
        """
        item_bias = ItemBias.with_content(data)
        return cls(item_bias, data.similarity, shrinkage, neighbours, user_damping)

    def predict(self, episodes: Episodes) -> Tensor:
        """Correct the bias by the neighbours' residuals; see `Baseline`."""
        support, query = episodes.support_set.item_index, episodes.query_set.item_index
        residual, mask = self.item_bias.support_residual(episodes), episodes.support_set.mask
        user_bias = damped_mean(residual, mask, self.user_damping)
        own = (residual - user_bias) * mask
        correction = torch.empty(query.shape)
        for rows in episode_chunks(len(query), query.shape[1] * support.shape[1]):
            similarity = self.similarity.shrunk(query[rows], support[rows], self.shrinkage)
            similarity = similarity * mask[rows].unsqueeze(1)
            if similarity.shape[-1] > self.neighbours:
                least = similarity.topk(self.neighbours, dim=-1).values[..., -1:]
                similarity = similarity.where(similarity >= least, 0.0)
            weighted = (similarity @ own[rows].unsqueeze(-1)).squeeze(-1)
            correction[rows] = weighted / (similarity.sum(-1) + _PULL)
        return self.item_bias.of_query(episodes) + user_bias + correction
