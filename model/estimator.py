"""The one interface of all presets: what a trained estimator can do."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Self

import polars as pl
from torch import Tensor

from model.adapted_user import AdaptedUser
from model.arrays import Float32Array, Int64Array
from model.bundle.reports import EpochReport, TrainingReport
from model.bundle.weights_file import WeightsFile
from model.data.dataset import Dataset, Ratings
from model.episodes import Episodes
from model.features import FeatureSpace, Slots
from model.live_items import LiveItems
from model.ranking import Clusters
from model.scored_items import ScoredItems
from model.start import Start
from model.training_checkpoints import Checkpoints


@dataclass(frozen=True)
class StoredParts:
    """What a bundle holds of an estimator beside its configuration.

    Attributes:
        scale: Lowest and highest rating.
        user_space: Encoders of the user features.
        item_space: Encoders of the item features.
        tensors: As `Estimator.tensors` gave them.
        item_features: Of the items to score; no column, where they have no features.
        item_count: Their number.
        clusters: Their clusters, where there are so many that ranking takes two stages.
    """

    scale: tuple[float, float]
    user_space: FeatureSpace
    item_space: FeatureSpace
    tensors: dict[str, Tensor]
    item_features: pl.DataFrame
    item_count: int
    clusters: Clusters | None = None


class Estimator(ABC):
    """θ of one preset, bound to the items that it scores.

    Nothing that a method does changes θ, so any number of threads may share one estimator.

    Attributes:
        user_space: Encoders of the user features.
        item_space: Encoders of the item features.
    """

    user_space: FeatureSpace
    item_space: FeatureSpace

    @classmethod
    @abstractmethod
    def fit(
        cls,
        dataset: Dataset,
        ratings: Ratings,
        preset: Any,  # noqa: ANN401 - each preset's own configuration
        *,
        seed: int,
        on_epoch: Callable[[EpochReport], None],
        checkpoints: Checkpoints,
        start: Start | None,
    ) -> tuple[Self, TrainingReport]:
        """Learn θ from ratings.

        Args:
            dataset: Users, items and the features that the preset uses of them.
            ratings: What to learn from.
            preset: Configuration.
            seed: Every random draw follows from it.
            on_epoch: Called after each epoch.
            checkpoints: Where to go on from, and what is kept meanwhile.
            start: Weights to begin with, of a bundle of this preset; random if None.

        Returns:
            The estimator, and how the training went.

        Raises:
            DatasetError: If there are too few users with ratings to learn from.
            BundleError: If the weights to begin with are of another configuration.
        """

    @classmethod
    @abstractmethod
    def restore(
        cls,
        preset: Any,  # noqa: ANN401 - each preset's own configuration
        parts: StoredParts,
    ) -> Self:
        """Put together what a bundle stores.

        Args:
            preset: Configuration.
            parts: The rest.

        Returns:
            An estimator whose predictions are bit-equal to the stored one's.

        Raises:
            BundleError: If a tensor is missing, surplus, of the wrong shape or not finite.
        """

    @abstractmethod
    def tensors(self) -> dict[str, Tensor]:
        """Every tensor that the estimator needs, under stable names, as stored in a bundle."""

    @property
    @abstractmethod
    def items(self) -> ScoredItems[Any]:
        """The items, to be scored and ranked for whom `adapt` returned."""

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
    def adapt(self, slots: Slots, support_set: Sequence[tuple[int, float]]) -> AdaptedUser:
        """Run the local update on a new user's support set; θ stays as it is.

        Args:
            slots: Of the user's features, as `user_space` encodes them.
            support_set: (item index, rating on the data set's scale) pairs.

        Returns:
            The user's own copy of the decision layers.
        """

    def adapt_each(
        self,
        users: Sequence[Slots],
        support_sets: Sequence[Sequence[tuple[int, float]]],
    ) -> Sequence[AdaptedUser]:
        """Run the local updates of several users; side by side where that is faster.

        Args:
            users: Slots of each; see `adapt`.
            support_sets: Of each user, none of them empty; see `adapt`.

        Returns:
            What `adapt` returns for each, but for rounding.
        """
        return [self.adapt(*one) for one in zip(users, support_sets, strict=True)]

    @abstractmethod
    def score_ablations(
        self,
        slots: Slots,
        support_set: Sequence[tuple[int, float]],
        kept: Float32Array,
        items: Int64Array,
    ) -> Float32Array:
        """Adapt to several parts of one support set, each by itself, and score some items.

        Args:
            slots: Of the user's features; see `adapt`.
            support_set: n (item index, rating on the data set's scale) pairs.
            kept: 1 for each rating that a variant learns from, else 0, shape [B, n].
            items: Internal item indices.

        Returns:
            As `ScoredItems.score` of who adapted to the kept ratings alone, shape [B, items].
        """

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
        if ranks or self.items.clusters is None:
            self.items.rank(self.adapt(self.user_space.slots({}), []), 1)
