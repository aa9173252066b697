"""What baselines are fitted to: ratings, and what several baselines share, each computed once."""

from __future__ import annotations

from functools import cached_property

import numpy as np

from model.arrays import Float32Array, Float64Array
from model.baselines.kernel import ContentKernel
from model.baselines.similarity import ItemSimilarity
from model.content.bias_statistics import ItemStatistics, item_statistics
from model.content.content import ItemContent
from model.content.factors import probabilistic_pca
from model.content.item_bias_prior import content_bias, taste_weights
from model.data.dataset import Dataset, Ratings

ITEM_DAMPING = 5.0


class BaselineData:
    """Training ratings with the statistics and regressions that baselines are made of.

    Args:
        dataset: Items and their features.
        ratings: What may be learnt from, brought to a scale that spans 4.
    """

    def __init__(self, dataset: Dataset, ratings: Ratings) -> None:
        self.dataset = dataset
        self.ratings = ratings
        self._factors: dict[tuple[int, float], Float32Array] = {}

    @cached_property
    def statistics(self) -> ItemStatistics:
        """Damped biases and sums."""
        return item_statistics(self.ratings, len(self.dataset.user_ids), len(self.dataset.item_ids))

    @cached_property
    def content(self) -> ItemContent:
        """What the items' features say, learnt from those with ratings."""
        return ItemContent.fit(
            self.dataset.item_features,
            self.dataset.item_feature_kinds,
            self.statistics.known,
            np.random.default_rng(0),
        )

    @cached_property
    def kernel(self) -> ContentKernel:
        """How alike two items' content is."""
        return ContentKernel(self.content.rows(taste_weights()), len(self.dataset.item_ids))

    @cached_property
    def quality(self) -> Float64Array:
        """The item bias expected from content alone; shape [items]."""
        if not self.content.blocks:
            return np.zeros(len(self.statistics.count))
        return content_bias(self.content, self.statistics).of_items

    @cached_property
    def similarity(self) -> ItemSimilarity:
        """How alike two items are rated, beyond μ + b_u + b_i."""
        user_bias = self.statistics.user_bias[self.ratings.user_index]
        residual = self._item_residual - user_bias
        return ItemSimilarity.fit(
            self.ratings, residual, len(self.dataset.user_ids), len(self.dataset.item_ids)
        )

    @cached_property
    def _item_residual(self) -> Float64Array:
        """Residual r − μ − b_i of every training rating."""
        bias = self.statistics.item_bias(self.quality, ITEM_DAMPING)
        residual: Float64Array = (
            self.ratings.rating - self.statistics.mean - bias[self.ratings.item_index]
        )
        return residual

    def factors(self, count: int, ridge: float) -> Float32Array:
        """Item loadings of a probabilistic PCA of the residuals over μ + b_i.

        Args:
            count: Number of factors.
            ridge: Penalty on the loadings.

        Returns:
            Shape [items, count].
        """
        if (count, ridge) not in self._factors:
            items = len(self.dataset.item_ids)
            self._factors[count, ridge] = probabilistic_pca(
                self.ratings,
                self._item_residual,
                items,
                ridge=ridge,
                start=np.random.default_rng(0).normal(0, 0.1, (items, count)),
            )
        return self._factors[count, ridge]
