"""The one interface of all presets: what a trained estimator can do."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from math import isfinite
from typing import Any, Self

import numpy as np
from torch import Tensor

from model.arrays import BoolArray, Float32Array, Int64Array
from model.bundle.weights_file import WeightsFile
from model.data.dataset import Dataset, Ratings
from model.episodes import Episodes
from model.features import FeatureSpace, FeatureValue
from model.item_vectors import ItemVectors
from model.live_items import LiveItems
from model.ranking import Clusters, best, places_of
from model.ranking.first_stage import worth_scoring
from model.rating_uncertainty import RatingUncertainty

NO_ITEMS: Int64Array = np.empty(0, dtype=np.int64)


@dataclass(frozen=True)
class AdaptedUser(ABC):
    """A user's own copy of the decision layers; each preset adds its weights.

    Attributes:
        local_steps: Steps taken; 0 without a support set.
        support_size: Ratings that they were taken on.
        support_scores: What these weights predict of the support set, as `Estimator.score` does of
            its items, shape [n].
        diverged: Whether these are θ's own weights because the local update diverged.
    """

    local_steps: int
    support_size: int
    support_scores: Float32Array
    diverged: bool = field(default=False, kw_only=True)

    @property
    def is_finite(self) -> bool:
        """Tell whether the local update stayed among finite numbers.

        A weight that is not finite may hide behind an activation function that is bounded there; a
        sum of squares hides nothing.
        """
        return all(isfinite(np.vdot(one, one)) for one in self._moved_weights())

    @abstractmethod
    def _moved_weights(self) -> Sequence[Float32Array]:
        """Return the weights that the local update moved, of any shapes."""


class Estimator(ABC):
    """θ of one preset, bound to the items that it scores.

    These are the items of the bundle and, behind them, the live ones (`extended`).
    Nothing that a method does changes θ, so any number of threads may share one estimator. How
    one is made, `model.presets` tells.

    Attributes:
        user_space: Encoders of the user features.
        item_space: Encoders of the item features.
        clusters: Clusters of the bundle's items, where there are so many that ranking takes two
            stages.
    """

    user_space: FeatureSpace
    item_space: FeatureSpace
    clusters: Clusters | None = None

    @property
    @abstractmethod
    def vectors(self) -> ItemVectors[Any]:
        """What the items are known by, laid out as the preset likes."""

    @abstractmethod
    def extended(self, items: LiveItems) -> Self:
        """Return the same θ over more items; this estimator stays as it is.

        Args:
            items: The items, whose indices follow those that there are.

        Returns:
            An estimator that shares all else with this one.

        Raises:
            FeatureValueError: If a value does not fit its feature's kind.
        """

    @abstractmethod
    def predict(self, dataset: Dataset, episodes: Episodes) -> Tensor:
        """Adapt to each support set and predict each query set.

        Args:
            dataset: The data set whose indices the episodes use.
            episodes: B episodes of q query places.

        Returns:
            On the rating scale and clipped to it, shape [B, q].
        """

    @abstractmethod
    def adapt(
        self, attributes: Mapping[str, FeatureValue], support_set: Sequence[tuple[int, float]]
    ) -> AdaptedUser:
        """Run the local update on a new user's support set; θ stays as it is.

        Args:
            attributes: The user's features, all known to `user_space`.
            support_set: (item index, rating on the data set's scale) pairs.

        Returns:
            The user's own copy of the decision layers.
        """

    @abstractmethod
    def score(self, user: AdaptedUser, items: Int64Array | None = None) -> Float32Array:
        """Predict the user's rating of items.

        Args:
            user: What `adapt` returned.
            items: Internal item indices; all items if None.

        Returns:
            Predicted ratings in the data set's units but not clipped to its scale, so that they
            order items beyond its ends too. Shape [items].
        """

    @abstractmethod
    def score_ablations(
        self,
        attributes: Mapping[str, FeatureValue],
        support_set: Sequence[tuple[int, float]],
        kept: Float32Array,
        items: Int64Array,
    ) -> Float32Array:
        """Adapt to several parts of one support set, each by itself, and score some items.

        Args:
            attributes: The user's features, all known to `user_space`.
            support_set: n (item index, rating on the data set's scale) pairs.
            kept: 1 for each rating that a variant learns from, else 0, shape [B, n].
            items: Internal item indices.

        Returns:
            As from `adapt` and `score` with the kept ratings alone, shape [B, items].
        """

    @abstractmethod
    def representations(self, items: Int64Array) -> Float32Array:
        """Return what the estimator knows items by, before it meets a user.

        Args:
            items: Internal item indices.

        Returns:
            Alike for alike items, shape [items, F].
        """

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
            user: What `adapt` returned.
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
            user: What `adapt` returned.
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

    def prepare(
        self,
        weights: WeightsFile,  # noqa: ARG002
        *,
        ranks: bool = True,
    ) -> None:
        """Build what serving needs, so that no first user waits for it.

        Args:
            weights: What the estimator was restored from. One that read large tables once opens
                it again, so that the memory goes back to the system.
            ranks: Whether rankings will be asked for; if not, the first one of a large catalogue
                prepares what it needs, which takes some seconds and memory.
        """
        if ranks or self.clusters is None:
            self.rank(self.adapt({}, []), 1)

    @abstractmethod
    def clustering_features(self) -> Float32Array:
        """Tell items apart as adapted weights do, in units of score; what clusters are made of.

        Returns:
            Shape [items, F].
        """

    @abstractmethod
    def discrimination(self, user: AdaptedUser) -> Float32Array:
        """Tell how far a rating of each item would move the user's decision layers.

        Args:
            user: What `adapt` returned.

        Returns:
            Not negative, in units of its own. Shape [items].
        """

    def rating_uncertainty(
        self,
        user: AdaptedUser,  # noqa: ARG002
        candidates: Int64Array,  # noqa: ARG002
        predicted: Int64Array,  # noqa: ARG002
    ) -> RatingUncertainty | None:
        """Tell how unsure a user's predicted ratings are; see `RatingUncertainty`.

        Args:
            user: What `adapt` returned.
            candidates: Items that the user may be asked about, shape [C].
            predicted: Items whose ratings are predicted, shape [T].

        Returns:
            Their covariances; None where the preset knows none.
        """
        return None

    @abstractmethod
    def mean_gradient_norms(self, dataset: Dataset, ratings: Ratings) -> Float32Array:
        """Mean gradient norm of each item over its raters, as MeLU's evidence candidates take it.

        For a rating with squared error L the paper takes the Frobenius norm of the decision
        layers' gradient of L / ‖L‖, so that a large error does not pass for a discriminating
        item. With e = ŷ − y that norm is 2 ‖∇ŷ‖ / |e|. It grows without bound as e nears 0, so
        |e| counts as at least 0.1 standard deviations of the ratings.

        Args:
            dataset: The data set.
            ratings: The ratings of the warm users.

        Returns:
            Shape [items]; 0 for an item that nobody rated.
        """

    @abstractmethod
    def tensors(self) -> dict[str, Tensor]:
        """Every tensor that the estimator needs, under stable names, as stored in a bundle."""
