"""How much a predicted rating counts beside the chance of being chosen, by support size.

What people choose and what they think of it afterwards are two things. The served order adds

    ln p(i | ū) + β(n) · (r̂_i − r_liked)

with r̂ the predicted rating and r_liked the lowest rating that counts as a like, both brought to a
range of 4. β is chosen on users that the member asked did not learn from.

Dimensions: K support sizes, I items.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from model.arrays import Float32Array, Float64Array, Int64Array
from model.data.dataset import Dataset, Ratings
from model.data.signals import LIKED, is_disliked, is_liked
from model.episodes import RatingsByUser
from model.estimator import Estimator
from model.features import FeatureValue
from model.metrics import discounts
from model.ranking import best

SUPPORT_SIZES = (0, 1, 3, 5, 10, 20)
WEIGHTS = (0.0, 0.25, 0.5, 0.75, 1.0, 1.5)
FIRST_WEIGHT = 0.5
"""β before anything is known of a data set."""
_DISLIKED_COST = 3.0
"""What a list of disliked items alone would cost, in nDCG of liked ones.

More than 1: what somebody can't stand is remembered, what they would have liked too is not missed.
"""
_LIST = 20
_CANDIDATES = 300
_MOST_USERS = 300
_FEWEST_USERS = 20
_FEWEST_TARGETS = 3

Score = Callable[
    [Mapping[str, FeatureValue], Sequence[tuple[int, float]]], tuple[Int64Array, Float32Array]
]


@dataclass(frozen=True)
class Blend:
    """β by support size.

    Attributes:
        weights: β at each of `SUPPORT_SIZES`, shape [K].
    """

    weights: Float32Array

    @classmethod
    def first(cls) -> Blend:
        """Return what holds before anything is known of a data set."""
        return cls(np.full(len(SUPPORT_SIZES), FIRST_WEIGHT, dtype=np.float32))

    def weight(self, support_size: int) -> float:
        """Return β, linear in ln(1 + n) between the sizes."""
        return self._by_size[min(support_size, SUPPORT_SIZES[-1])]

    @cached_property
    def _by_size(self) -> list[float]:
        asked = np.log1p(np.arange(SUPPORT_SIZES[-1] + 1))
        found: list[float] = np.interp(asked, np.log1p(SUPPORT_SIZES), self.weights).tolist()
        return found

    def added(
        self,
        log_chance: Float32Array,
        rating: Float32Array,
        support_size: int,
        scale: tuple[float, float],
    ) -> Float32Array:
        """Add predicted ratings to chances.

        Args:
            log_chance: ln p, shape [items].
            rating: r̂ on the data set's scale, shape [items].
            support_size: Ratings that both were adapted to.
            scale: Lowest and highest rating.

        Returns:
            What the list is ordered by, shape [items].
        """
        return log_chance + np.float32(self.weight(support_size)) * _above_liked(rating, scale)


def _above_liked(rating: Float32Array, scale: tuple[float, float]) -> Float32Array:
    low, high = scale
    above: Float32Array = (rating - np.float32(low + LIKED * (high - low))) * np.float32(
        4 / (high - low)
    )
    return above


def choose_blend(
    score: Score,
    estimator: Estimator,
    dataset: Dataset,
    ratings: Ratings,
    users: Int64Array,
    *,
    seed: int,
) -> Blend:
    """Choose β for each support size, by the lists of users who were held out.

    Of lists of 20, the best has the highest nDCG of liked items less three times the share of
    disliked ones, averaged over neighbouring support sizes. A user's later half, at least 20
    ratings where there are so many, is what counts.

    Args:
        score: Attributes and support set → candidates, and ln p of each.
        estimator: Predicts ratings.
        dataset: Users and their features.
        ratings: What was learnt from.
        users: Who was held out.
        seed: Draws which ratings come first.

    Returns:
        β; `Blend.first` where too few users have enough ratings.
    """
    random = np.random.default_rng([seed, 6])
    grouped = RatingsByUser(ratings, len(dataset.user_ids)).shuffled(random)
    enough = users[grouped.counts[users] >= 2 * max(_FEWEST_TARGETS, SUPPORT_SIZES[1])]
    chosen = random.permutation(enough)[:_MOST_USERS]
    worth: list[Float64Array] = []
    counted: list[bool] = []
    names = estimator.user_space.names
    ranks = ratings.ranks
    for user in chosen[ranks.mine(chosen)].tolist():
        mine = slice(grouped.starts[user], grouped.starts[user] + grouped.counts[user])
        items, stars = grouped.item_index[mine], grouped.rating[mine]
        first = min(SUPPORT_SIZES[-1], len(items) // 2)
        liked = items[first:][is_liked(stars[first:], dataset.scale)]
        disliked = items[first:][is_disliked(stars[first:], dataset.scale)]
        counted.append(len(liked) >= _FEWEST_TARGETS)
        if not counted[-1]:
            worth.append(np.zeros((len(SUPPORT_SIZES), len(WEIGHTS))))
            continue
        attributes = dataset.user_features.select(names).row(user, named=True) if names else {}
        worth.append(
            np.stack(
                [
                    _worth(
                        score,
                        estimator,
                        attributes,
                        list(zip(items[:size].tolist(), stars[:size].tolist(), strict=True)),
                        liked,
                        disliked,
                        dataset.scale,
                    )
                    if size <= first
                    else np.full(len(WEIGHTS), np.nan)
                    for size in SUPPORT_SIZES
                ]
            )
        )
    by_user = np.array(worth).reshape(-1, len(SUPPORT_SIZES), len(WEIGHTS))
    by_user = ranks.whole(by_user, chosen)[
        ranks.whole(np.array(counted, dtype=np.int64), chosen) > 0
    ]
    if len(by_user) < _FEWEST_USERS:
        return Blend.first()
    enough_users = np.isfinite(by_user[:, :, 0]).sum(0) >= _FEWEST_USERS
    means = np.nanmean(by_user[:, enough_users], axis=0)
    found = np.array(WEIGHTS, dtype=np.float32)[_smoothed(means).argmax(1)]
    # What too few users tell of follows the largest size that enough do.
    return Blend(np.concatenate([found, np.full(len(SUPPORT_SIZES) - len(found), found[-1], "f4")]))


def _smoothed(worth: Float64Array) -> Float64Array:
    """Average over neighbouring support sizes, by 1 : 2 : 1.

    A few hundred users do not tell neighbouring β apart, and β hardly changes from one size to the
    next: what one size says by chance, its neighbours do not say too.

    Args:
        worth: Shape [sizes, weights].

    Returns:
        Shape [sizes, weights].
    """
    padded = np.pad(worth, ((1, 1), (0, 0)), mode="edge")
    smoothed: Float64Array = (padded[:-2] + 2 * padded[1:-1] + padded[2:]) / 4
    return smoothed


def _worth(
    score: Score,
    estimator: Estimator,
    attributes: Mapping[str, FeatureValue],
    support_set: list[tuple[int, float]],
    liked: Int64Array,
    disliked: Int64Array,
    scale: tuple[float, float],
) -> Float64Array:
    """Tell what a list is worth with each β, shape [weights]."""
    items, log_chance = score(attributes, support_set)
    rating = estimator.items.score(
        estimator.adapt(estimator.user_space.slots(attributes), support_set), items
    )
    above = _above_liked(rating, scale)
    gains = discounts(_LIST)
    found = np.zeros(len(WEIGHTS))
    for at, weight in enumerate(WEIGHTS):
        top = items[best(log_chance + np.float32(weight) * above, _LIST)]
        hits = np.isin(top, liked)
        ideal = gains[: min(_LIST, len(liked))].sum()
        missed = np.isin(top, disliked).mean()
        found[at] = (gains[: len(top)] * hits).sum() / ideal - _DISLIKED_COST * missed
    return found
