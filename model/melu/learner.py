"""The data that the preset `melu` learns from, encoded."""

from __future__ import annotations

import torch

from model.data.dataset import Dataset, Ratings
from model.episodes import RatingsByUser
from model.features import FeatureSpace
from model.melu.batch_features import BatchFeatures
from model.melu.preset import MeluPreset
from model.melu.start import LearntWeights
from model.melu.weights import MetaWeights, RatingUnits, initial_meta_weights


class Learner:
    """The encoded data.

    Args:
        dataset: The data set.
        ratings: The ratings to learn from; of several ranks, those of this one's users.
        grouped: The same by user.
        preset: Configuration.
        learnt: θ to begin with; random if None.

    Raises:
        BundleError: If that θ is of other widths.
    """

    def __init__(
        self,
        dataset: Dataset,
        ratings: Ratings,
        grouped: RatingsByUser,
        preset: MeluPreset,
        learnt: LearntWeights | None = None,
    ) -> None:
        self.preset = preset
        self._learnt = learnt
        self.grouped = grouped
        # A value of users or items that no training rating touches would keep its random
        # embedding; as unknown it has a learnt one.
        self.ranks = ratings.ranks
        rated_users = self.ranks.union(ratings.user_index)
        rated_items = self.ranks.union(ratings.item_index)
        self.user_space = FeatureSpace.fit(
            dataset.user_features, dataset.user_feature_kinds, rows=rated_users
        )
        self.item_space = FeatureSpace.fit(
            dataset.item_features, dataset.item_feature_kinds, rows=rated_items
        )
        self.users = self.user_space.encode_table(dataset.user_features)
        self.items = self.item_space.encode_table(dataset.item_features)
        self.features = BatchFeatures(self.initial_weights(0), self.users, self.items)
        low, high = dataset.scale
        spread = self.ranks.spread(ratings.rating) or 1.0
        self.units = RatingUnits(self.ranks.mean(ratings.rating), spread, low, high)

    def initial_weights(self, seed: int) -> MetaWeights:
        """Draw θ before training, or take what a bundle learnt."""
        generator = torch.Generator().manual_seed(seed)
        initial = initial_meta_weights(
            self.preset.estimator, self.user_space, self.item_space, generator
        )
        if self._learnt is None:
            return initial
        return self._learnt.fitted_to(initial, self.user_space, self.item_space)
