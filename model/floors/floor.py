"""The one interface of all floors."""

from abc import ABC, abstractmethod
from typing import Self

from torch import Tensor

from model.episodes import Episodes
from model.floors.data import FloorData


class Floor(ABC):
    """A predictor without meta-learning, on ratings brought to a scale that spans 4.

    A floor that needs settings names them as keyword arguments of its `fit`.
    """

    @classmethod
    @abstractmethod
    def fit(cls, data: FloorData) -> Self:
        """Fit to training ratings.

        Args:
            data: The training ratings, and what several floors share.

        Returns:
            The fitted floor.
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
