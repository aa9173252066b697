"""Visitors get lists as the service makes them, and say what they think of new items on them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import numpy as np

from model.adapted_copy import AdaptedCopy
from model.arrays import BoolArray, Float64Array, Int64Array
from model.catalogue.live import ItemChange
from model.data.dataset import Dataset
from model.data.signals import is_disliked, is_liked
from model.evaluation.exploration.world import Visitor, World
from model.evaluation.lists.metrics import LIST_LENGTH, measure_lists
from model.evaluation.lists.protocol import ListTrial
from model.features import FeatureValue
from model.recommender import Recommender

_DEPTH = 200
"""Items that the service ranks for a list, of which a first page shows twenty."""

Attributes = Callable[[int], Mapping[str, FeatureValue]]


@dataclass
class Simulated:
    """What happened with one share of the places explored.

    Attributes:
        ndcg: Of each visitor's lists, in the order of the world.
        impressions: How often each item was on a list, shape [items].
        explored: How often because the model was unsure, shape [items].
        told: User and new item → rating, of what was on a list and the user has an opinion of.
    """

    ndcg: list[float]
    impressions: Int64Array
    explored: Int64Array
    told: dict[tuple[int, int], float] = field(default_factory=dict)


def simulate(
    dataset: Dataset,
    world: World,
    recommender: Recommender,
    shares: tuple[float, ...],
    attributes: Attributes,
    seed: int,
) -> dict[float, Simulated]:
    """Let items and visitors arrive; each share has a course of its own with the same θ.

    What a visitor says of a new item is feedback from the next visit on: the local update learns
    from it, and the item is left out of the lists.

    Args:
        dataset: All items and users.
        world: Who and what arrives when.
        recommender: Of a bundle that knows no new item.
        shares: Of the places, to items that the model is unsure about.
        attributes: Of a user.
        seed: What is explored follows from it.

    Returns:
        What happened, by share.
    """
    items = len(dataset.item_ids)
    courses = {
        share: Simulated([], np.zeros(items, dtype=np.int64), np.zeros(items, dtype=np.int64))
        for share in shares
    }
    for arriving, visitors in zip(world.arrivals, world.visitors, strict=True):
        names = recommender.catalogue.attribute_names
        recommender = recommender.with_changes(item_changes(dataset, arriving, names))
        shop = Shop(dataset, recommender)
        for visitor in visitors:
            for share, course in courses.items():
                _visit(shop, world, visitor, share, course, attributes(visitor.user), seed)
    return courses


class Shop:
    """A catalogue at some time, whose items are called by their rows in the data set.

    Args:
        dataset: All items.
        recommender: What is there now.
    """

    def __init__(self, dataset: Dataset, recommender: Recommender) -> None:
        self._recommender = recommender
        self.scale = dataset.scale
        index_of = recommender.catalogue.index_of
        self._place = np.array([index_of.get(one, -1) for one in dataset.item_ids])
        self.has = self._place >= 0
        self._row = np.full(recommender.catalogue.size, -1)
        self._row[self._place[self.has]] = np.flatnonzero(self.has)

    def adapt(
        self, attributes: Mapping[str, FeatureValue], known: Mapping[int, float]
    ) -> AdaptedCopy:
        """Adapt to what a user said: item → rating."""
        support = [(int(self._place[item]), rating) for item, rating in known.items()]
        return self._recommender.adapt(attributes, support)

    def listed(
        self, user: AdaptedCopy, share: float, without: Int64Array, seed: int
    ) -> tuple[Int64Array, BoolArray]:
        """Make a list as the service does.

        Args:
            user: What `adapt` returned.
            share: Of the places, to explore.
            without: Items to leave out.
            seed: What is explored follows from it.

        Returns:
            The items, best first, and which of them were explored.
        """
        order, left_out = self._recommender.orders[0], np.sort(self._place[without])
        ranking = self._recommender.rank(user, _DEPTH, order=order, without=left_out)
        ranking, explored = self._recommender.explored(
            user, ranking, share, order=order, among=None, without=left_out, seed=seed
        )
        return self._row[ranking.index[:LIST_LENGTH]], explored[:LIST_LENGTH]


def _visit(
    shop: Shop,
    world: World,
    visitor: Visitor,
    share: float,
    course: Simulated,
    attributes: Mapping[str, FeatureValue],
    seed: int,
) -> None:
    """Answer, get a list, say what one thinks of the new items on it; and again."""
    known: dict[int, float] = {}
    lists, trials = [], []
    for visit, (item, rating) in enumerate(visitor.given):
        known[item] = rating
        without = np.array(list(known), dtype=np.int64)
        # Every share draws alike, so that the draws make no difference between them.
        draw = int(np.random.default_rng([seed, 14, visitor.user, visit]).integers(2**62))
        listed, explored = shop.listed(shop.adapt(attributes, known), share, without, draw)
        course.impressions[listed] += 1
        course.explored[listed[explored]] += 1
        left = [one for one in visitor.rated if shop.has[one] and one not in known]
        lists.append(listed)
        trials.append(_trial(visitor, np.array(left, dtype=np.int64), shop.scale))
        for one in listed[world.is_new[listed]].tolist():
            if one in visitor.rated:
                known[one] = course.told[visitor.user, one] = visitor.rated[one]
    course.ndcg.append(float(_ndcg(lists, trials, len(shop.has)).mean()))


def _trial(visitor: Visitor, left: Int64Array, scale: tuple[float, float]) -> ListTrial:
    stars = np.array([visitor.rated[one] for one in left.tolist()], dtype=np.float32)
    return ListTrial(
        visitor.user, (), left[is_liked(stars, scale)], left[is_disliked(stars, scale)]
    )


def _ndcg(lists: list[Int64Array], trials: list[ListTrial], items: int) -> Float64Array:
    return measure_lists(np.stack(lists), trials, np.zeros(items)).ndcg


def item_changes(dataset: Dataset, items: Int64Array, names: tuple[str, ...]) -> list[ItemChange]:
    """Write items as a client puts them: id, title and the attributes of these names."""
    features = dataset.item_features.select(names)
    return [
        ItemChange(
            dataset.item_ids[item],
            dataset.titles[item],
            features.row(item, named=True) if names else {},
        )
        for item in items.tolist()
    ]
