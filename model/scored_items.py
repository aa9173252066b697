"""The items that an estimator scores for users: those of the bundle and, behind them, live ones."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from copy import copy
from typing import Generic, Self

import numpy as np

from model.adapted_user import AdaptedUser
from model.arrays import BoolArray, Float32Array, Int64Array
from model.item_vectors import ItemVectors, Table
from model.ranking import Clusters, best, places_of
from model.ranking.first_stage import worth_scoring
from model.rating_uncertainty import RatingUncertainty

NO_ITEMS: Int64Array = np.empty(0, dtype=np.int64)


class ScoredItems(ABC, Generic[Table]):
    """What one preset knows items by, and what follows from that for a user.

    A user is always what the same preset's `Estimator.adapt` returned.

    Attributes:
        vectors: What the items are known by, laid out as the preset likes.
        clusters: Clusters of the bundle's items, where there are so many that ranking takes two
            stages.
    """

    vectors: ItemVectors[Table]
    clusters: Clusters | None

    def extended(self, rows: Table, count: int, join: Callable[[Table, Table], Table]) -> Self:
        """Return these items and more live ones; these stay as they are.

        Args:
            rows: The live items, laid out as those of the bundle.
            count: Their number.
            join: Puts one table behind another.

        Returns:
            Items that share all else with these.
        """
        other = copy(self)
        other.vectors = self.vectors.append(rows, count, join)
        return other

    @abstractmethod
    def score(self, user: AdaptedUser, items: Int64Array | None = None) -> Float32Array:
        """Predict the user's rating of items.

        Args:
            user: The user.
            items: Internal item indices; all items if None.

        Returns:
            Predicted ratings in the data set's units but not clipped to its scale, so that they
            order items beyond its ends too. Shape [items].
        """

    @abstractmethod
    def discrimination(self, user: AdaptedUser) -> Float32Array:
        """Tell how far a rating of each item would move the user's decision layers.

        Args:
            user: The user.

        Returns:
            Not negative, in units of its own. Shape [items].
        """

    @abstractmethod
    def representations(self, items: Int64Array) -> Float32Array:
        """Return what items are known by before the estimator meets a user.

        Args:
            items: Internal item indices.

        Returns:
            Alike for alike items, shape [items, F].
        """

    @abstractmethod
    def clustering_features(self) -> Float32Array:
        """Tell items apart as adapted weights do, in units of score; what clusters are made of.

        Returns:
            Shape [bundled items, F].
        """

    def rating_uncertainty(
        self,
        user: AdaptedUser,  # noqa: ARG002
        candidates: Int64Array,  # noqa: ARG002
        predicted: Int64Array,  # noqa: ARG002
    ) -> RatingUncertainty | None:
        """Tell how unsure a user's predicted ratings are; see `RatingUncertainty`.

        Args:
            user: The user.
            candidates: Items that the user may be asked about, shape [C].
            predicted: Items whose ratings are predicted, shape [T].

        Returns:
            Their covariances; None where the preset knows none.
        """
        return None

    def rank(
        self,
        user: AdaptedUser,
        limit: int,
        *,
        among: Int64Array | None = None,
        without: Int64Array = NO_ITEMS,
    ) -> Int64Array:
        """Return the items that the user would rate highest.

        Of a large catalogue that is not narrowed down far, only the members of the clusters that
        the user's own weights score best are scored (`model.ranking.first_stage`); those exactly.

        Args:
            user: The user.
            limit: Most items to return.
            among: Items to choose from, in ascending order; all if None.
            without: Items to leave out.

        Returns:
            Internal item indices, best first; equal scores in the catalogue's order.
        """
        vectors = self.vectors
        live = np.arange(vectors.bundled_count, len(vectors))
        if among is not None:
            among, live = vectors.parted(among)
        left_out = without[without < vectors.bundled_count]
        among = worth_scoring(
            self.clusters,
            among,
            lambda allowed: self._candidates(user, allowed, len(left_out), limit),
        )
        index, scores = self._best(user, limit, among, left_out)
        if not len(live):
            return index
        live = np.setdiff1d(live, without)
        scores = np.concatenate([scores, self.score(user, live)])
        return np.concatenate([index, live])[best(scores, limit)]

    @abstractmethod
    def _candidates(
        self, user: AdaptedUser, allowed: BoolArray | None, left_out: int, limit: int
    ) -> Int64Array:
        """Return the bundle's items that are worth an exact score, where there are many.

        Args:
            user: The user.
            allowed: Which items to choose from, shape [bundled items]; all if None.
            left_out: How many items are left out later.
            limit: How many of the best are asked for.

        Returns:
            Item indices in ascending order.
        """

    def _best(
        self, user: AdaptedUser, limit: int, among: Int64Array | None, without: Int64Array
    ) -> tuple[Int64Array, Float32Array]:
        """Return the best of the bundle's items, best first, and their scores.

        For a preset to override that knows a faster way than to score all of them.
        """
        # Of all items, live ones come behind.
        scores = self.score(user, among)[: self.vectors.bundled_count]
        scores[without if among is None else places_of(without, among)] = -np.inf
        chosen = best(scores, limit)
        return chosen if among is None else among[chosen], scores[chosen]
