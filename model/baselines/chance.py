"""The baseline of chance."""

from dataclasses import dataclass
from typing import Self

import numpy as np
import torch
from torch import Tensor

from model.baselines.baseline import Baseline
from model.baselines.data import BaselineData
from model.episodes import Episodes


@dataclass(frozen=True)
class RandomRating(Baseline):
    """A rating drawn at random from the training ratings.

    Attributes:
        ratings: What is drawn from, shape [ratings].
    """

    ratings: Tensor

    @classmethod
    def fit(cls, data: BaselineData) -> Self:
        """Keep the ratings; see `Baseline`."""
        return cls(torch.from_numpy(data.ratings.rating))

    def predict(self, episodes: Episodes) -> Tensor:
        """Draw, always the same for the same query sets; see `Baseline`."""
        places = np.random.default_rng(0).integers(
            0, len(self.ratings), episodes.query_set.item_index.shape
        )
        return self.ratings[places]
