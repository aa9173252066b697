"""What the relevance objective learns from, laid out for all members.

Dimensions: B episodes, I items, C content inputs.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from torch import Tensor

from model.arrays import BoolArray, Float32Array, Float64Array, Int64Array
from model.data.dataset import Dataset, Ratings
from model.data.hold_out import HoldOut
from model.data.signals import is_disliked, is_liked
from model.episodes import PaddedRatings, RatingsByUser
from model.features import EncodedTable, FeatureSpace
from model.ranks import Ranks
from model.relevance.choice_loss import draw_sample
from model.relevance.config import RelevanceConfig
from model.relevance.content_inputs import ContentInputs
from model.relevance.local_update import SupportBags

_VALIDATION = HoldOut(0.0, "validation")
FEWEST_LIKES = 2
"""Likes of a user, so that one can be given and another asked for."""


def users_to_learn_from(dataset: Dataset, ratings: Ratings) -> Int64Array:
    """Return the users with so many likes that one can be given and another asked for."""
    liked = is_liked(ratings.rating, dataset.scale)
    likes = np.bincount(ratings.user_index[liked], minlength=len(dataset.user_ids))
    return np.flatnonzero(ratings.ranks.total(likes) >= FEWEST_LIKES)


@dataclass(frozen=True)
class RelevanceLearning:
    """What all members learn from.

    Attributes:
        config: Configuration.
        scale: Lowest and highest rating.
        ratings: Who rated what; of several ranks, what this one's users rated.
        users: All users' encoded features.
        user_space: Encoders of the user features.
        content: Content inputs of all items, shape [I, C].
        likes: How many like each item, shape [I].
        raters: How many rated each item, shape [I].
        learners: Users who can be learnt from; see `users_to_learn_from`.
        has_ratings: Whether users rate; else the rating tells how strong an interaction is.
        user_places: Where each user stands in the order by which members hold users out, shape
            [users]; None for an order drawn at random.
    """

    config: RelevanceConfig
    scale: tuple[float, float]
    ratings: RatingsByUser
    users: EncodedTable
    user_space: FeatureSpace
    content: Tensor
    likes: Int64Array
    raters: Int64Array
    learners: Int64Array
    has_ratings: bool
    user_places: Float64Array | None = None

    @classmethod
    def of(
        cls,
        dataset: Dataset,
        ratings: Ratings,
        config: RelevanceConfig,
        content: ContentInputs,
        user_space: FeatureSpace,
        item_space: FeatureSpace,
        *,
        same_validation_users: bool = False,
    ) -> RelevanceLearning:
        """Lay out what is learnt from.

        Args:
            dataset: Users, items and their features.
            ratings: What to learn from.
            config: Configuration.
            content: Reads the items' content.
            user_space: Encoders of the user features.
            item_space: Encoders of the item features.
            same_validation_users: Whether members hold the same users out in every training.

        Returns:
            What all members learn from.
        """
        items = len(dataset.item_ids)
        liked = is_liked(ratings.rating, dataset.scale)
        return cls(
            config,
            dataset.scale,
            RatingsByUser(ratings, len(dataset.user_ids)),
            user_space.encode_table(dataset.user_features),
            user_space,
            content.tensor(item_space, dataset.item_features, items),
            ratings.ranks.total(np.bincount(ratings.item_index[liked], minlength=items)),
            ratings.ranks.total(np.bincount(ratings.item_index, minlength=items)),
            users_to_learn_from(dataset, ratings),
            dataset.has_ratings,
            _VALIDATION.places(dataset.user_ids) if same_validation_users else None,
        )

    @property
    def ranks(self) -> Ranks:
        """The processes that learn together."""
        return self.ratings.ranks

    @property
    def known(self) -> BoolArray:
        """Which items anybody rated, shape [I]."""
        rated: BoolArray = self.raters > 0
        return rated

    @property
    def users_who_rated(self) -> int:
        """How many users rated anything."""
        return int(np.count_nonzero(self.ratings.counts))

    @property
    def share(self) -> Float64Array:
        """Each item's share of the likes; none has a share of 0. Shape [I]."""
        share: Float64Array = (self.likes + 1) / (self.likes + 1).sum()
        return share

    def bags(self, support: PaddedRatings, unseen: BoolArray | None = None) -> SupportBags:
        """Sort support sets by what their ratings say of choice, or that there are none."""
        rating = support.rating.numpy()
        return SupportBags.of(
            support.item_index,
            support.mask.numpy() > 0,
            is_liked(rating, self.scale),
            is_disliked(rating, self.scale),
            unseen,
        )

    def worth(self, query: PaddedRatings) -> Float32Array:
        """Tell what each place counts if chosen: 1 for a like, less for a weak interaction."""
        rating = query.rating.numpy()
        liked = is_liked(rating, self.scale).astype(np.float32)
        return liked if self.has_ratings else liked * (2 * rating - 1)

    def negatives(self, random: np.random.Generator) -> tuple[Int64Array, Float32Array] | None:
        """Draw the items that the choice is among, by popularity.

        Args:
            random: Source of randomness.

        Returns:
            Items, and ln of how many items each stands for; None where they are few enough for
            the choice to be among all.
        """
        most = self.config.softmax_items
        return None if len(self.likes) <= most else draw_sample(self.share, most, random)

    def sample(self, random: np.random.Generator) -> tuple[Int64Array, Float32Array]:
        """Draw items that stand for the catalogue, by popularity.

        Args:
            random: Source of randomness.

        Returns:
            Items, and ln of how many items each stands for; all items where they are few.
        """
        return draw_sample(self.share, self.config.sample, random)
