"""The floor of popularity."""

from dataclasses import dataclass
from typing import Self

import numpy as np
import torch
from torch import Tensor

from model.episodes import Episodes
from model.floors.data import FloorData
from model.floors.floor import Floor
from model.floors.means import ItemMean

_SMALLEST_SLOPE = 1e-3


@dataclass(frozen=True)
class Popularity(Floor):
    """a + b ln(1 + n_i) with n_i the item's number of ratings, b > 0.

    The line is the best one through the damped item means, except that it never falls: this floor
    always ranks by popularity.

    Attributes:
        level: One an item, shape [items].
    """

    level: Tensor

    @classmethod
    def fit(cls, data: FloorData) -> Self:
        """Count, and fit the line; see `Floor`."""
        mean = ItemMean.fit(data).mean
        count = np.bincount(data.ratings.item_index, minlength=len(mean))
        popularity = torch.from_numpy(np.log1p(count).astype(np.float32))
        centred = popularity - popularity.mean()
        spread = centred.square().mean().clamp(min=_SMALLEST_SLOPE)
        slope = ((centred * mean).mean() / spread).clamp(min=_SMALLEST_SLOPE)
        return cls(mean.mean() + slope * centred)

    def predict(self, episodes: Episodes) -> Tensor:
        """Look the items up; see `Floor`."""
        return self.level[episodes.query_set.item_index]
