"""Item statistics: damped biases, kept as sums so that one rating can be taken out again."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from model.arrays import Float64Array, Int64Array
from model.data.dataset import Ratings

_SWEEPS = 5
RATING_VARIANCE = 0.9
"""Typical variance of a rating around its item, on a range of 4."""


@dataclass(frozen=True)
class ItemStatistics:
    """Sums over training ratings.

    A residual is r − μ − b_u: what is left of a rating without the global mean and the rater's
    damped bias.

    Attributes:
        mean: μ.
        residual_sum: Σ residuals of each item, shape [items].
        square_sum: Σ squared residuals of each item, shape [items].
        count: Number of ratings of each item, shape [items].
        user_bias: b_u; 0 for users without training ratings. Shape [users].
    """

    mean: float
    residual_sum: Float64Array
    square_sum: Float64Array
    count: Float64Array
    user_bias: Float64Array

    @property
    def known(self) -> npt.NDArray[np.bool_]:
        """Which items have training ratings."""
        return self.count > 0

    def item_bias(self, expected: Float64Array | float, damping: float) -> Float64Array:
        """Damped item bias b_i = (Σ residuals + λ e_i) / (n_i + λ).

        Args:
            expected: e_i, what the bias would be without any rating; shape [items], or one value.
            damping: λ.

        Returns:
            Shape [items].
        """
        return (self.residual_sum + damping * expected) / (self.count + damping)

    def without(self, ratings: Ratings) -> ItemStatistics:
        """Return the statistics with some of the ratings taken out; μ and b_u stay.

        Args:
            ratings: Ratings that were counted.

        Returns:
            The rest.
        """
        rating = ratings.rating.astype(np.float64)
        residual = rating - self.mean - self.user_bias[ratings.user_index]
        of_all = ratings.ranks.total
        return ItemStatistics(
            self.mean,
            self.residual_sum - of_all(_sums(ratings.item_index, residual, len(self.count))),
            self.square_sum - of_all(_sums(ratings.item_index, residual**2, len(self.count))),
            self.count - of_all(np.bincount(ratings.item_index, minlength=len(self.count))),
            self.user_bias,
        )


def item_statistics(
    ratings: Ratings, users: int, items: int, *, user_damping: float = 10.0, damping: float = 5.0
) -> ItemStatistics:
    """Fit damped user and item biases in turn, and sum what they leave.

    Of several ranks, each computes the biases of its own users; items' sums are over all.

    Args:
        ratings: The training ratings.
        users: Number of users, rating or not.
        items: Number of items, rated or not.
        user_damping: λ of the user biases.
        damping: λ of the item biases.

    Returns:
        The sums.
    """
    user, item = ratings.user_index, ratings.item_index
    rating = ratings.rating.astype(np.float64)
    of_all = ratings.ranks.total
    mean = ratings.ranks.mean(rating)
    user_count = np.bincount(user, minlength=users)
    item_count = of_all(np.bincount(item, minlength=items)).astype(np.float64)
    user_bias = np.zeros(users)
    for _ in range(_SWEEPS):
        left = of_all(_sums(item, rating - mean - user_bias[user], items))
        item_bias = left / (item_count + damping)
        user_bias = _sums(user, rating - mean - item_bias[item], users) / (
            user_count + user_damping
        )
    residual = rating - mean - user_bias[user]
    return ItemStatistics(
        mean,
        of_all(_sums(item, residual, items)),
        of_all(_sums(item, residual**2, items)),
        item_count,
        of_all(user_bias),
    )


def _sums(index: Int64Array, values: Float64Array, length: int) -> Float64Array:
    return np.bincount(index, values.astype(np.float64), length).astype(np.float64)
