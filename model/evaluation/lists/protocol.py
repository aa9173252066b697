"""Who is asked, what is given, and what the lists should hold.

A random fifth of the users is never learnt from. Of a new user's ratings in a random order, the
first k are given; what the user likes after the last that could be given is the target, the same
for every k. Everything but what is given is ranked.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import scipy.sparse as sparse

from model.arrays import Int64Array
from model.baselines.lists.choice import Given
from model.data.dataset import Dataset, Ratings
from model.data.signals import is_disliked, is_liked
from model.episodes import RatingsByUser
from model.errors import DatasetError

NEW_SHARE = 1 / 5
_FEWEST_TRIALS = 20


@dataclass(frozen=True)
class ListProtocol:
    """The sizes of a trial.

    Attributes:
        sizes: Numbers of answers.
        reserved: Answers that could be given; targets come after them.
        fewest_ratings: Ratings that a user must have.
        fewest_targets: Likes that must be left.
    """

    sizes: tuple[int, ...]
    reserved: int
    fewest_ratings: int
    fewest_targets: int


PROTOCOLS = {
    20: ListProtocol((0, 1, 3, 5, 10, 20), 20, 40, 5),
    10: ListProtocol((0, 1, 3, 5, 10), 10, 15, 5),
}
"""By the most answers that are given; fewer are for small data."""


@dataclass(frozen=True)
class ListTrial:
    """One new user.

    Attributes:
        user: Internal user index.
        given: (item index, rating) of what can be given, in order.
        targets: What the list should hold.
        disliked: What it should not.
    """

    user: int
    given: tuple[tuple[int, float], ...]
    targets: Int64Array
    disliked: Int64Array


def split_users(ratings: Ratings, seed: int) -> tuple[Int64Array, Int64Array]:
    """Draw the users who are new.

    Args:
        ratings: Who rated what.
        seed: The draw follows from it.

    Returns:
        Warm users and new ones.

    Raises:
        DatasetError: If there are too few users.
    """
    users = np.random.default_rng([seed, 7]).permutation(np.unique(ratings.user_index))
    new = round(NEW_SHARE * len(users))
    if new < 1:
        raise DatasetError("there are too few users to make a fifth of them new.")
    return np.sort(users[new:]), np.sort(users[:new])


def draw_trials(
    dataset: Dataset, ratings: Ratings, users: Int64Array, protocol: ListProtocol, seed: int
) -> list[ListTrial]:
    """Draw a trial for each user who has enough ratings.

    Args:
        dataset: Knows the scale.
        ratings: Who rated what.
        users: Whom to draw.
        protocol: The sizes.
        seed: Every draw follows from it.

    Returns:
        The trials.

    Raises:
        DatasetError: If there are too few.
    """
    random = np.random.default_rng([seed, 8])
    grouped = RatingsByUser(ratings, len(dataset.user_ids)).shuffled(random)
    trials = []
    for user in users[grouped.counts[users] >= protocol.fewest_ratings].tolist():
        mine = slice(grouped.starts[user], grouped.starts[user] + grouped.counts[user])
        items, stars = grouped.item_index[mine], grouped.rating[mine]
        later = slice(protocol.reserved, None)
        targets = items[later][is_liked(stars[later], dataset.scale)]
        if len(targets) < protocol.fewest_targets:
            continue
        first = slice(protocol.reserved)
        given = tuple(zip(items[first].tolist(), stars[first].tolist(), strict=True))
        disliked = items[later][is_disliked(stars[later], dataset.scale)]
        trials.append(ListTrial(user, given, targets, disliked))
    if len(trials) < _FEWEST_TRIALS:
        raise DatasetError(
            f"only {len(trials)} of the users have {protocol.fewest_ratings} ratings and "
            f"{protocol.fewest_targets} later likes; this data set is too sparse to measure lists."
        )
    return trials


def given_likes(trials: list[ListTrial], dataset: Dataset, protocol: ListProtocol) -> Given:
    """Lay out the likes that are given, as baselines read them."""
    users = np.array([trial.user for trial in trials], dtype=np.int64)
    shape = (len(trials), len(dataset.item_ids))
    likes = {}
    for size in protocol.sizes:
        matrix = sparse.lil_matrix(shape, dtype=np.float32)
        for row, trial in enumerate(trials):
            first = trial.given[:size]
            liked = is_liked(np.array([one for _, one in first], dtype=np.float32), dataset.scale)
            matrix[
                row, [item for (item, _), is_one in zip(first, liked, strict=True) if is_one]
            ] = 1
        likes[size] = matrix.tocsr()
    return Given(users, likes)
