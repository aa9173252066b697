"""The one interface of all baselines."""

from abc import ABC, abstractmethod
from typing import Self

from torch import Tensor

from model.baselines.data import BaselineData
from model.episodes import Episodes


class Baseline(ABC):
    """A predictor without meta-learning, on ratings brought to a scale that spans 4.

    A baseline that needs settings names them as keyword arguments of its `fit`.
    """

    @classmethod
    @abstractmethod
    def fit(cls, data: BaselineData) -> Self:
        """Fit to training ratings.

        Args:
            data: The training ratings, and what several baselines share.

        Returns:
            The fitted baseline.
        """

    @abstractmethod
    def predict(self, episodes: Episodes) -> Tensor:
        """Predict the query sets from the support sets.

        Args:
            episodes: B episodes of q query places, with ratings as those of the data it was
                fitted to.

        Returns:
            Not clipped to the scale, shape [B, q].
        """
