"""The baseline of popularity."""

from dataclasses import dataclass
from typing import Self

import numpy as np
import torch
from scipy.optimize import isotonic_regression
from torch import Tensor

from model.baselines.baseline import Baseline
from model.baselines.data import ITEM_DAMPING, BaselineData
from model.baselines.means import ItemMean
from model.episodes import Episodes

_SLOPE = 1e-3


@dataclass(frozen=True)
class Popularity(Baseline):
    """A rating that rises with the item's number of ratings, whatever those ratings are.

    Isotonic regression of the damped item means on n_i, plus 0.001 ln(1 + n_i): so this baseline
    always ranks by popularity, and errs as little as a rising curve can.

    Attributes:
        level: One an item, shape [items].
    """

    level: Tensor

    @classmethod
    def fit(cls, data: BaselineData) -> Self:
        """Count, and fit the curve; see `Baseline`."""
        mean = ItemMean.fit(data).mean.numpy().astype(np.float64)
        count = np.bincount(data.ratings.item_index, minlength=len(mean))
        # One place a count, so that equally popular items are rated alike.
        counts, place = np.unique(count, return_inverse=True)
        weight = np.bincount(place, count + ITEM_DAMPING)
        average = np.bincount(place, (count + ITEM_DAMPING) * mean) / weight
        level = isotonic_regression(average, weights=weight).x + _SLOPE * np.log1p(counts)
        return cls(torch.from_numpy(level[place].astype(np.float32)))

    def predict(self, episodes: Episodes) -> Tensor:
        """Look the items up; see `Baseline`."""
        return self.level[episodes.query_set.item_index]
