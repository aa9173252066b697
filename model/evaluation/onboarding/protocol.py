"""Who is asked, what they can answer, and what is held out.

A random fifth of the users is never learnt from. Of each with 50 ratings or more, 20 are held out;
the others are what the user can answer. An item that is shown and was never rated is answered by
"haven't seen it". What is held out is never asked: no answer to it would be right, for it stands
for what the user comes to know later. Whatever the user can answer is left out of every list, so
that no strategy wins by taking well-known items off it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from model.answers import Answer, Kind, kind_of_rating
from model.arrays import Float32Array, Int64Array
from model.data.dataset import Dataset
from model.data.signals import is_liked
from model.episodes import RatingsByUser
from model.errors import DatasetError
from model.features import FeatureValue

FEWEST_RATINGS = 50
HELD_OUT = 20
POINTS = 5
_FEWEST_TARGETS = 3
_FEWEST_TRIALS = 20
_PREFERENCE = {Kind.LIKED: 3, Kind.RATED: 2, Kind.UNSEEN: 1, Kind.DISLIKED: 0}


@dataclass(frozen=True)
class OnboardingTrial:
    """One new user.

    Attributes:
        user: Internal user index.
        attributes: The user's features.
        known: Item → rating, of what the user can answer, in a random order.
        held_out: Items that were held out.
        ratings: Their ratings.
        targets: Those of them that are liked.
        scale: Lowest and highest rating.
    """

    user: int
    attributes: Mapping[str, FeatureValue]
    known: Mapping[int, float]
    held_out: Int64Array
    ratings: Float32Array
    targets: Int64Array
    scale: tuple[float, float]

    def answers(self, shown: Iterable[int]) -> list[Answer]:
        """Answer questions.

        Args:
            shown: Items.

        Returns:
            A rating of what is known, "haven't seen it" else.
        """
        return [
            Answer(item, rating, kind, asked=True)
            for item in shown
            for rating in [self.known.get(item)]
            for kind in [Kind.UNSEEN if rating is None else kind_of_rating(rating, self.scale)]
        ]

    def preferred(self, pair: Sequence[int]) -> int | None:
        """Tell which of two items the user would rather have; None if both are the same.

        What is liked comes before what was rated in the middle, that before what is not known,
        and last what is disliked; of two ratings of a kind the higher one wins.
        """
        worth = [(_PREFERENCE[one.kind], one.rating or 0) for one in self.answers(pair)]
        if worth[0] == worth[1]:
            return None
        return pair[0] if worth[0] > worth[1] else pair[1]

    def points_of_groups(self, groups: Sequence[Int64Array]) -> list[int]:
        """Give `POINTS` points to groups by how many of their items the user likes.

        Args:
            groups: The items of each.

        Returns:
            Whole points, by the largest remainders; none where nothing is liked.
        """
        known = self.answers(self.known)
        liked = np.array([one.item for one in known if one.kind is Kind.LIKED], dtype=np.int64)
        likes = np.array([np.isin(liked, group).sum() for group in groups], dtype=np.float64)
        if not likes.any():
            return [0] * len(groups)
        shares = likes / likes.sum() * POINTS
        points = np.floor(shares)
        left = np.argsort(points - shares, kind="stable")[: round(POINTS - points.sum())]
        points[left] += 1
        return [int(one) for one in points]


def draw_onboarding_trials(
    dataset: Dataset, users: Int64Array, names: tuple[str, ...], seed: int
) -> list[OnboardingTrial]:
    """Draw a trial for each user who has enough ratings.

    Args:
        dataset: Users and ratings.
        users: Whom to draw.
        names: The user features that the model knows.
        seed: Every draw follows from it.

    Returns:
        The trials.

    Raises:
        DatasetError: If there are too few.
    """
    random = np.random.default_rng([seed, 11])
    grouped = RatingsByUser(dataset.ratings, len(dataset.user_ids)).shuffled(random)
    table = dataset.user_features.select(names)
    trials = []
    for user in users[grouped.counts[users] >= FEWEST_RATINGS].tolist():
        mine = slice(grouped.starts[user], grouped.starts[user] + grouped.counts[user])
        items, stars = grouped.item_index[mine], grouped.rating[mine]
        held_out, ratings = items[:HELD_OUT], stars[:HELD_OUT]
        targets = held_out[is_liked(ratings, dataset.scale)]
        if len(targets) < _FEWEST_TARGETS:
            continue
        known = dict(zip(items[HELD_OUT:].tolist(), stars[HELD_OUT:].tolist(), strict=True))
        attributes = table.row(user, named=True) if names else {}
        trials.append(
            OnboardingTrial(user, attributes, known, held_out, ratings, targets, dataset.scale)
        )
    if len(trials) < _FEWEST_TRIALS:
        raise DatasetError(
            f"only {len(trials)} of the new users have {FEWEST_RATINGS} ratings; this data set is "
            "too sparse to measure onboarding."
        )
    return trials
