"""Learn the encoders of a data set from what is rated."""

from __future__ import annotations

from model.data.dataset import Dataset, Ratings
from model.features.space import FeatureSpace


def fit_spaces(dataset: Dataset, ratings: Ratings) -> tuple[FeatureSpace, FeatureSpace]:
    """Learn the encoders of the users' and the items' features.

    Args:
        dataset: Users, items and their features.
        ratings: Of whom and of what is learnt.

    Returns:
        Encoders of the user features, and of the item features.
    """
    users = FeatureSpace.fit(
        dataset.user_features,
        dataset.user_feature_kinds,
        {kind: kind.user_minimum_count for kind in dataset.user_feature_kinds.values()},
        ratings.ranks.union(ratings.user_index),
    )
    items = FeatureSpace.fit(
        dataset.item_features,
        dataset.item_feature_kinds,
        rows=ratings.ranks.union(ratings.item_index),
    )
    return users, items
