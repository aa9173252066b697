"""The one interface of all presets: what a trained estimator can do."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from torch import Tensor

from model.data.loading import Dataset, Ratings
from model.episodes import Episodes
from model.features import FeatureSpace, FeatureValue

FloatArray = npt.NDArray[np.float32]


@dataclass(frozen=True)
class AdaptedUser:
    """A user's own copy of the decision layers; each preset adds its weights.

    Attributes:
        local_steps: Steps taken; 0 without a support set.
        support_size: Ratings that they were taken on.
    """

    local_steps: int
    support_size: int


class Estimator(ABC):
    """θ of one preset, bound to the items that it scores.

    Nothing that a method does changes θ, so any number of threads may share one estimator.

    Attributes:
        user_space: Encoders of the user features.
        item_space: Encoders of the item features.
    """

    user_space: FeatureSpace
    item_space: FeatureSpace

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
    def score(self, user: AdaptedUser) -> FloatArray:
        """Predict the user's rating of every item.

        Args:
            user: What `adapt` returned.

        Returns:
            Predicted ratings in the data set's units but not clipped to its scale, so that they
            order items beyond its ends too. Shape [items].
        """

    @abstractmethod
    def teaching(self, user: AdaptedUser) -> FloatArray:
        """Tell how far a rating of each item would move the user's decision layers.

        Args:
            user: What `adapt` returned.

        Returns:
            Not negative, in units of its own. Shape [items].
        """

    @abstractmethod
    def mean_gradient_norms(self, dataset: Dataset, ratings: Ratings) -> FloatArray:
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
