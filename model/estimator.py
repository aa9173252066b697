"""The one interface of all presets: what a trained estimator can do."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from math import isfinite
from typing import Any, Self

import numpy as np
import numpy.typing as npt
import polars as pl
from torch import Tensor

from model.arrays import Float32Array, Int64Array
from model.bundle.weights_file import WeightsFile
from model.data.dataset import Dataset, Ratings
from model.episodes import Episodes
from model.features import FeatureSpace, FeatureValue
from model.item_vectors import ItemVectors
from model.ranking import Clusters, best, places_of
from model.rating_uncertainty import RatingUncertainty

NO_ITEMS: Int64Array = np.empty(0, dtype=np.int64)


@dataclass(frozen=True)
class LiveItems:
    """Items that were put after training.

    Attributes:
        features: Their features, a column each.
        count: Their number; a table of items without features has no rows.
        changed: Which of them are trained items with another content, shape [changed].
        trained: The trained items that these are, by internal index, shape [changed].
        trained_features: What those were trained with, a row each of `trained`.
    """

    features: pl.DataFrame
    count: int
    changed: Int64Array
    trained: Int64Array
    trained_features: pl.DataFrame


EXACT_AMONG = 30_000
"""Items that a filter leaves, up to which all of them are scored."""


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


@dataclass(frozen=True)
class Ranking:
    """The best items for a user, best first.

    Attributes:
        index: Internal item indices.
        score: Predicted ratings in the data set's units, not clipped to its scale.
    """

    index: Int64Array
    score: Float32Array


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

    def score(self, user: AdaptedUser, items: Int64Array | None = None) -> Float32Array:
        """Predict the user's rating of items.

        Args:
            user: What `adapt` returned.
            items: Internal item indices; all items if None.

        Returns:
            Predicted ratings in the data set's units but not clipped to its scale, so that they
            order items beyond its ends too. Shape [items].
        """
        if items is None:
            return self._vectors.every(lambda table: self._score_rows(table, user, None))
        return self._vectors.take(items, lambda table, rows: self._score_rows(table, user, rows))

    @property
    @abstractmethod
    def _vectors(self) -> ItemVectors[Any]:
        """What the items are known by, in the preset's own layout."""

    @abstractmethod
    def _score_rows(
        self,
        table: Any,  # noqa: ANN401 - one of `_vectors`, in the preset's own layout
        user: AdaptedUser,
        rows: Int64Array | None,
    ) -> Float32Array:
        """Predict the user's rating of some rows of a table; of all if None."""

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
    ) -> Ranking:
        """Return the items that the user would rate highest.

        Of a large catalogue that is not narrowed down far, only the members of the clusters that
        the user's own weights score best are scored (`model.ranking.clusters`); those exactly.

        Args:
            user: What `adapt` returned.
            limit: Most items to return.
            among: Items to choose from, in ascending order; all if None.
            without: Items to leave out.

        Returns:
            The best items; equal scores in the catalogue's order.
        """
        vectors = self._vectors
        if not vectors.live_count:
            return self._rank_bundled(user, limit, among, without)
        first_live = vectors.bundled_count
        live = np.arange(first_live, len(vectors), dtype=np.int64)
        if among is not None:
            among, live = np.split(among, [np.searchsorted(among, first_live)])
        live = np.setdiff1d(live, without, assume_unique=False)
        bundled = self._rank_bundled(user, limit, among, without[without < first_live])
        scores = np.concatenate([bundled.score, self.score(user, live)])
        chosen = best(scores, limit)
        return Ranking(np.concatenate([bundled.index, live])[chosen], scores[chosen])

    def _rank_bundled(
        self, user: AdaptedUser, limit: int, among: Int64Array | None, without: Int64Array
    ) -> Ranking:
        if self.clusters is not None and (among is None or len(among) > EXACT_AMONG):
            among = self._candidates(user, among, len(without), limit)
        if among is None:
            return self._rank_all(user, limit, without)
        return self._rank_some(user, limit, among, without)

    def _rank_some(
        self, user: AdaptedUser, limit: int, among: Int64Array, without: Int64Array
    ) -> Ranking:
        scores = self.score(user, among)
        scores[places_of(without, among)] = -np.inf
        chosen = best(scores, limit)
        return Ranking(among[chosen], scores[chosen])

    def _rank_all(self, user: AdaptedUser, limit: int, without: Int64Array) -> Ranking:
        scores = self._score_rows(self._vectors.bundled, user, None)
        scores[without] = -np.inf
        chosen = best(scores, limit)
        return Ranking(chosen, scores[chosen])

    @abstractmethod
    def _candidates(
        self, user: AdaptedUser, among: Int64Array | None, left_out: int, limit: int
    ) -> Int64Array:
        """Return the items of a large catalogue that are worth an exact score.

        Args:
            user: What `adapt` returned.
            among: Items to choose from; all if None.
            left_out: How many items are left out later.
            limit: How many of the best are asked for.

        Returns:
            Item indices in ascending order.
        """

    def _allowed(self, among: Int64Array | None) -> npt.NDArray[np.bool_] | None:
        """Mark the items to choose from; None if all are."""
        if among is None or self.clusters is None:
            return None
        allowed = np.zeros(len(self.clusters.cluster), dtype=np.bool_)
        allowed[among] = True
        return allowed

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
