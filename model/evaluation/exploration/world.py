"""Who is there when it begins, who comes while items arrive, and who comes after.

Users are ordered by their first rating. The first ones are there when it begins; *visitors* come
while a random share of the items, which training never saw, is put into the catalogue; *judged*
users come after all of them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from model.arrays import BoolArray, Float32Array, Int64Array
from model.data.dataset import Dataset
from model.data.signals import is_disliked, is_liked
from model.errors import DatasetError
from model.evaluation.lists.metrics import LIST_LENGTH
from model.evaluation.lists.protocol import ListTrial

_FEWEST_USERS = 20


@dataclass(frozen=True)
class ExplorationPlan:
    """The sizes of a simulation.

    Attributes:
        history: Share of the users who are there when it begins.
        visiting: Share of the users who come while items arrive; the rest is judged later.
        new_items: Share of the items that arrive.
        slices: Parts of the visitors; items arrive before each of the first half of them.
        visits: Lists of each visitor: one after each answer on an item that was known.
        fewest_targets: Likes beside these answers that a visitor must have.
        fewest_new_targets: Likes among the new items that a judged user must have.
    """

    history: float = 0.4
    visiting: float = 0.4
    new_items: float = 0.1
    slices: int = 10
    visits: int = 10
    fewest_targets: int = 5
    fewest_new_targets: int = 2


PLAN = ExplorationPlan()


@dataclass(frozen=True)
class Visitor:
    """Somebody who comes while items arrive.

    Attributes:
        user: Internal user index.
        given: (item index, rating) of what is answered, one before each visit.
        rated: Item index → rating of all else: what the user says of an item when it is shown.
    """

    user: int
    given: tuple[tuple[int, float], ...]
    rated: Mapping[int, float]


@dataclass(frozen=True)
class JudgedUser:
    """Somebody who comes later, and has given as many answers as a visitor.

    Attributes:
        among_new: What a list of new items should hold.
        among_all: What a list of all items should hold.
        new_items: New items that the user rates, shape [q].
        new_ratings: How, shape [q].
    """

    among_new: ListTrial
    among_all: ListTrial
    new_items: Int64Array
    new_ratings: Float32Array


@dataclass(frozen=True)
class World:
    """One draw.

    Attributes:
        is_new: Which items arrive, shape [items].
        arrivals: Items that arrive before each slice.
        history: Which ratings are known when it begins, shape [ratings].
        visitors: Of each slice, in the order of time.
        judged: Who comes later.
    """

    is_new: BoolArray
    arrivals: tuple[Int64Array, ...]
    history: BoolArray
    visitors: tuple[tuple[Visitor, ...], ...]
    judged: tuple[JudgedUser, ...]


def draw_world(dataset: Dataset, plan: ExplorationPlan, seed: int) -> World:
    """Draw which items are new and when they arrive, and what each user answers.

    Args:
        dataset: The data set, with times.
        plan: The sizes.
        seed: Every draw follows from it.

    Returns:
        The draw. When a user comes does not depend on the seed.

    Raises:
        DatasetError: If the data have no times, or are too few.
    """
    ratings, items = dataset.ratings, len(dataset.item_ids)
    if ratings.at is None:
        raise DatasetError(
            f"{dataset.description.name} has no times; name the column by `timestamp` in [ratings] "
            "of its dataset.toml."
        )
    random = np.random.default_rng([seed, 13])
    is_new = np.zeros(items, dtype=np.bool_)
    rated = random.permutation(np.unique(ratings.item_index))
    new = rated[: round(plan.new_items * len(rated))]
    is_new[new] = True
    arriving = max(plan.slices // 2, 1)
    arrivals = [np.sort(part) for part in np.array_split(new, arriving)]
    arrivals += [np.empty(0, dtype=np.int64)] * (plan.slices - arriving)

    arrival = np.full(len(dataset.user_ids), np.inf)
    np.minimum.at(arrival, ratings.user_index, ratings.at)
    users = np.argsort(arrival, kind="stable")[: int(np.isfinite(arrival).sum())]
    first, last = (
        round(share * len(users)) for share in (plan.history, plan.history + plan.visiting)
    )
    if not first or first == len(users) or items - len(new) < LIST_LENGTH + plan.visits:
        raise DatasetError("this data set is too small to let users and items arrive.")
    draws = _Draws(dataset, plan, is_new, random)
    coming = np.array_split(users[first:last], plan.slices)
    visitors = tuple(
        tuple(one for one in map(draws.visitor, part.tolist()) if one) for part in coming
    )
    judged = tuple(one for one in map(draws.judged, users[last:].tolist()) if one)
    for what, count in (("visitors", sum(map(len, visitors))), ("later users", len(judged))):
        if count < _FEWEST_USERS:
            raise DatasetError(
                f"only {count} {what} have ratings enough; this data set is too sparse to tell "
                "what exploring brings."
            )
    history = (ratings.at < arrival[users[first]]) & ~is_new[ratings.item_index]
    return World(is_new, tuple(arrivals), history, visitors, judged)


class _Draws:
    """Draws what users answer; None for those who have too few ratings."""

    def __init__(
        self,
        dataset: Dataset,
        plan: ExplorationPlan,
        is_new: BoolArray,
        random: np.random.Generator,
    ) -> None:
        self._plan, self._is_new, self._random = plan, is_new, random
        self._scale = dataset.scale
        ratings = dataset.ratings
        order = np.argsort(ratings.user_index, kind="stable")
        self._items, self._stars = ratings.item_index[order], ratings.rating[order]
        self._bounds = np.searchsorted(
            ratings.user_index[order], np.arange(len(dataset.user_ids) + 1)
        )

    def _answers(self, user: int) -> tuple[Int64Array, Float32Array, int]:
        """Return a user's items and ratings, those first that are answered, and how many."""
        mine = slice(self._bounds[user], self._bounds[user + 1])
        shuffled = self._random.permutation(mine.stop - mine.start)
        items, stars = self._items[mine][shuffled], self._stars[mine][shuffled]
        known = np.flatnonzero(~self._is_new[items])[: self._plan.visits]
        order = np.concatenate([known, np.setdiff1d(np.arange(len(items)), known)])
        return items[order], stars[order], len(known)

    def visitor(self, user: int) -> Visitor | None:
        items, stars, count = self._answers(user)
        likes = is_liked(stars[count:], self._scale) & ~self._is_new[items[count:]]
        if count < self._plan.visits or likes.sum() < self._plan.fewest_targets:
            return None
        pairs = list(zip(items.tolist(), stars.tolist(), strict=True))
        return Visitor(user, tuple(pairs[:count]), dict(pairs[count:]))

    def judged(self, user: int) -> JudgedUser | None:
        items, stars, count = self._answers(user)
        given = tuple(zip(items[:count].tolist(), stars[:count].tolist(), strict=True))
        items, stars = items[count:], stars[count:]
        new, likes = self._is_new[items], is_liked(stars, self._scale)
        if count < self._plan.visits or (new & likes).sum() < self._plan.fewest_new_targets:
            return None
        dislikes = is_disliked(stars, self._scale)
        return JudgedUser(
            ListTrial(user, given, items[new & likes], items[new & dislikes]),
            ListTrial(user, given, items[likes], items[dislikes]),
            items[new],
            stars[new],
        )
