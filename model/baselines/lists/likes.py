"""What list baselines learn from, and what they are."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

import numpy as np
import scipy.sparse as sparse

from model.arrays import Float32Array, Float64Array, Int64Array
from model.data.dataset import Dataset, Ratings
from model.data.signals import is_liked
from model.features import EncodedTable, FeatureSpace

_USER_MINIMUM_COUNT = 10


@dataclass(frozen=True)
class Likes:
    """Who likes what.

    Attributes:
        dataset: Users, items and their features.
        matrix: 1 for a like, shape [users, items].
    """

    dataset: Dataset
    matrix: sparse.csr_matrix

    @classmethod
    def of(cls, dataset: Dataset, ratings: Ratings) -> Likes:
        """Keep the likes of some ratings."""
        liked = ratings.where(is_liked(ratings.rating, dataset.scale))
        shape = (len(dataset.user_ids), len(dataset.item_ids))
        ones = np.ones(len(liked), dtype=np.float32)
        return cls(dataset, sparse.csr_matrix((ones, (liked.user_index, liked.item_index)), shape))

    @cached_property
    def popularity(self) -> Float64Array:
        """How many like each item, shape [items]."""
        counts: Float64Array = np.asarray(self.matrix.sum(0), dtype=np.float64).ravel()
        return counts

    @cached_property
    def together(self) -> Float64Array:
        """How many like both of two items, shape [items, items]."""
        counts: Float64Array = (self.matrix.T @ self.matrix).toarray().astype(np.float64)
        return counts

    @cached_property
    def users(self) -> EncodedTable:
        """The users' encoded features."""
        counts = dict.fromkeys(self.dataset.user_feature_kinds.values(), _USER_MINIMUM_COUNT)
        space = FeatureSpace.fit(
            self.dataset.user_features, self.dataset.user_feature_kinds, counts
        )
        return space.encode_table(self.dataset.user_features)


class ListBaseline(Protocol):
    """Scores the catalogue for users by what they like."""

    def scores(self, users: Int64Array, given: sparse.csr_matrix) -> Float32Array:
        """Score every item.

        Args:
            users: Internal user indices, for what is known of them beside their likes, shape [B].
            given: 1 for a like that is given, shape [B, items].

        Returns:
            Higher for what comes first on a list, shape [B, items].
        """
