"""A data set in memory: who rated what, and what is known of users and items."""

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import polars as pl

from model.arrays import Float32Array, Float64Array, Int64Array
from model.data.description import DatasetDescription, Feature
from model.data.hold_out import HoldOut
from model.data.signals import is_liked
from model.data.tables import LoadReport
from model.errors import DatasetError
from model.features.kinds import FeatureKind
from model.ranks import ALONE, Ranks

INTERACTION_SCALE = (0.0, 1.0)
"""Of data without ratings: an interaction is a like."""


@dataclass(frozen=True)
class Ratings:
    """One row a rating, in columns of equal length.

    Attributes:
        user_index: Row of the user table, shape [ratings].
        item_index: Row of the item table, shape [ratings].
        rating: On the data set's scale, shape [ratings]. An interaction is a like; its place
            between the lowest like and the highest tells how strong it is.
        at: When it was given, in seconds since the epoch, shape [ratings]; None where the data have
            no times, and of interactions, which add up.
        ranks: The processes of a training, whose users share all ratings out among them; of these,
            the columns hold those of this process.
    """

    user_index: Int64Array
    item_index: Int64Array
    rating: Float32Array
    at: Float64Array | None = None
    ranks: Ranks = ALONE

    def __len__(self) -> int:
        return len(self.rating)

    @property
    def count(self) -> int:
        """How many ratings all ranks have together."""
        return int(self.ranks.total(np.array([len(self)]))[0])

    def of_users(self, users: Int64Array) -> "Ratings":
        """Return the ratings of the given users."""
        return self.where(np.isin(self.user_index, users))

    def where(self, mask: npt.NDArray[np.bool_]) -> "Ratings":
        """Return the marked ratings."""
        at = None if self.at is None else self.at[mask]
        return Ratings(
            self.user_index[mask], self.item_index[mask], self.rating[mask], at, self.ranks
        )


@dataclass(frozen=True)
class Dataset:
    """A prepared data set in memory.

    Attributes:
        description: Its `dataset.toml`.
        user_ids: External ids, position = user index.
        item_ids: External ids, position = item index.
        titles: One a item.
        user_features: The features that are used, a column each: text, list of text, or float.
        item_features: As `user_features`, for items.
        ratings: Who rated what.
        report: What was left out.
    """

    description: DatasetDescription
    user_ids: list[str]
    item_ids: list[str]
    titles: list[str]
    user_features: pl.DataFrame
    item_features: pl.DataFrame
    ratings: Ratings
    report: LoadReport

    @property
    def user_feature_kinds(self) -> dict[str, FeatureKind]:
        """User feature → kind."""
        described = self.description.users.features if self.description.users else {}
        return {name: described[name].kind for name in self.user_features.columns}

    @property
    def item_feature_kinds(self) -> dict[str, FeatureKind]:
        """Item feature → kind."""
        described = self.description.items_table.features
        return {name: described[name].kind for name in self.item_features.columns}

    def as_likes(self, threshold: float) -> "Dataset":
        """Return the data set with likes (1) and dislikes (0) for ratings.

        Args:
            threshold: Lowest rating that counts as a like.

        Returns:
            The same users and items on a scale from 0 to 1.

        Raises:
            DatasetError: If there are no ratings, or all or none are likes.
        """
        described = self.description.ratings.model_copy(update={"scale": (0.0, 1.0)})
        # Nothing that is measured on it may pass for a result on the ratings.
        name = f"{self.description.name}-likes-from-{threshold:g}"
        if not self.has_ratings:
            raise DatasetError("this data set has no ratings to make likes of; all are likes.")
        liked = (self.ratings.rating >= threshold).astype(np.float32)
        if liked.min() == liked.max():
            raise DatasetError(
                f"{'all' if liked.min() else 'no'} ratings are {threshold:g} or higher: there are "
                "no likes to tell from dislikes. Name a rating within the scale."
            )
        return replace(
            self,
            description=self.description.model_copy(update={"name": name, "ratings": described}),
            ratings=replace(self.ratings, rating=liked),
        )

    def of_preset(self, preset: str) -> "Dataset":
        """Return the data set with only the features that a preset uses."""
        users = self.description.users.features if self.description.users else {}
        items = self.description.items_table.features
        return replace(
            self,
            user_features=_used(self.user_features, users, preset),
            item_features=_used(self.item_features, items, preset),
        )

    def liked_only(self) -> "Dataset":
        """Return what is left if likes are the only signal: interactions, without any rating."""
        described = self.description.ratings.model_copy(update={"rating": None, "scale": None})
        liked = self.ratings.where(is_liked(self.ratings.rating, self.scale))
        return replace(
            self,
            description=self.description.model_copy(
                update={"name": f"{self.description.name}-likes-only", "ratings": described}
            ),
            ratings=replace(liked, rating=np.ones(len(liked), dtype=np.float32)),
        )

    def without_held_out(self, hold_out: HoldOut) -> "Dataset":
        """Return the data set without the ratings of users who are held out of every training."""
        held_out = hold_out.holds(self.user_ids)
        return replace(self, ratings=self.ratings.where(~held_out[self.ratings.user_index]))

    def of_items(self, items: Int64Array) -> "Dataset":
        """Return the data set as it is before the other items exist.

        Args:
            items: Internal indices, in ascending order.

        Returns:
            All users, and these items alone; the n-th of them has the index n.
        """
        ratings = self.ratings.where(np.isin(self.ratings.item_index, items))
        rows = items.tolist()
        return replace(
            self,
            item_ids=[self.item_ids[row] for row in rows],
            titles=[self.titles[row] for row in rows],
            item_features=self.item_features[rows],
            ratings=replace(ratings, item_index=np.searchsorted(items, ratings.item_index)),
        )

    @property
    def has_ratings(self) -> bool:
        """Tell whether users rate; else every row is an interaction."""
        return self.description.ratings.rating is not None

    @property
    def scale(self) -> tuple[float, float]:
        """Lowest and highest rating; of interactions 0 and 1."""
        return self.description.ratings.scale or INTERACTION_SCALE


def _used(table: pl.DataFrame, described: dict[str, Feature], preset: str) -> pl.DataFrame:
    presets = {name: described[name].presets for name in table.columns}
    return table.select(name for name, only in presets.items() if only is None or preset in only)
