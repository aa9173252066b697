"""Two bundles on the same held-out users, each as a service would answer with it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from model.arrays import Float32Array, Float64Array, Int64Array
from model.catalogue.live import ItemChange, LiveCatalogue
from model.data.dataset import Dataset
from model.data.hold_out import HoldOut
from model.errors import DatasetError, FeatureValueError, UnknownFeatureError
from model.evaluation.lists.metrics import LIST_LENGTH, measure_lists
from model.evaluation.lists.protocol import PROTOCOLS, ListProtocol, ListTrial, draw_trials
from model.evaluation.results import Estimate
from model.features.values import AttributeValue
from model.recommender import Recommender

_SMALLER = ListProtocol((0, 1, 3, 5), 5, 8, 2)
_LADDER = (PROTOCOLS[20], PROTOCOLS[10], _SMALLER)
"""Longest first: of each user as many answers are given as enough users have."""
_ENOUGH = 200
_MOST = 2_000
_NOWHERE = -1


@dataclass(frozen=True)
class JudgedUsers:
    """Held-out users with answers to give, and what they go on to like.

    Attributes:
        protocol: How many answers are given.
        trials: One a user.
        later: Items that each user rated and that are not among the answers, with their ratings.
    """

    protocol: ListProtocol
    trials: list[ListTrial]
    later: list[tuple[Int64Array, Float32Array]]


@dataclass(frozen=True)
class Judgement:
    """What one bundle is worth, one value a user; number of answers → values, shape [users].

    Attributes:
        ndcg: nDCG@20 of the list, as a service orders it by default.
        mae: Mean absolute error of the predicted ratings; empty where there are none.
    """

    ndcg: dict[int, Float64Array]
    mae: dict[int, Float64Array]


def draw_judged_users(dataset: Dataset, hold_out: HoldOut, *, seed: int) -> JudgedUsers:
    """Draw what held-out users answer.

    Args:
        dataset: All data, those of held-out users among them.
        hold_out: Who is held out.
        seed: Every draw follows from it.

    Returns:
        The users.

    Raises:
        DatasetError: If too few held-out users have enough ratings.
    """
    places = hold_out.places(dataset.user_ids)
    users = np.flatnonzero(places < hold_out.share)
    found: tuple[ListProtocol, list[ListTrial]] | None = None
    for protocol in _LADDER:
        try:
            trials = draw_trials(dataset, dataset.ratings, users, protocol, seed)
        except DatasetError:
            continue
        if found is None or len(trials) > len(found[1]):
            found = protocol, trials
        if len(trials) >= _ENOUGH:
            break
    if found is None:
        raise DatasetError(
            f"of {len(users)} held-out users too few have {_SMALLER.fewest_ratings} ratings and "
            f"{_SMALLER.fewest_targets} later likes to judge by. Train with a larger --hold-out."
        )
    protocol, trials = found
    trials = sorted(trials, key=lambda one: float(places[one.user]))[:_MOST]
    return JudgedUsers(protocol, trials, _later(dataset, trials))


def judge(recommender: Recommender, dataset: Dataset, users: JudgedUsers) -> Judgement:
    """Give each user's answers to a bundle, and see what it makes of them.

    Items of the data that the bundle does not know are put, as a service would have them put: so
    every bundle lists the same items.

    Args:
        recommender: The bundle.
        dataset: Items and users' features.
        users: The users.

    Returns:
        What it is worth.
    """
    known = recommender.catalogue.index_of
    lacking = [place for place, one in enumerate(dataset.item_ids) if one not in known]
    if lacking:
        catalogue = recommender.catalogue
        recommender = recommender.with_changes(
            [_put(dataset, place, catalogue) for place in lacking]
        )
    index_of = recommender.catalogue.index_of
    place = np.array([index_of[one] for one in dataset.item_ids], dtype=np.int64)
    names = recommender.user_space.names
    features = dataset.user_features.select(names)
    lists: dict[int, list[Int64Array]] = {size: [] for size in users.protocol.sizes}
    errors: dict[int, list[float]] = {size: [] for size in users.protocol.sizes}
    item_of = np.full(recommender.catalogue.size, _NOWHERE, dtype=np.int64)
    item_of[place] = np.arange(len(place))
    among = np.sort(place) if len(place) < len(recommender.catalogue) else None
    for trial, (items, stars) in zip(users.trials, users.later, strict=True):
        attributes = features.row(trial.user, named=True) if names else {}
        for size in users.protocol.sizes:
            given = [(int(place[item]), rating) for item, rating in trial.given[:size]]
            copy = recommender.adapt(attributes, given)
            without = np.array(sorted(item for item, _ in given), dtype=np.int64)
            ranked = recommender.rank(copy, LIST_LENGTH, among=among, without=without)
            best = np.full(LIST_LENGTH, _NOWHERE, dtype=np.int64)
            best[: len(ranked.index)] = item_of[ranked.index]
            lists[size].append(best)
            if recommender.rating_scale is not None:
                predicted = recommender.score(copy)[place[items]].clip(*recommender.scale)
                errors[size].append(float(np.abs(predicted - stars).mean()))
    unused = np.zeros(len(dataset.item_ids))
    return Judgement(
        {
            size: measure_lists(np.stack(found), users.trials, unused).ndcg
            for size, found in lists.items()
        },
        {size: np.array(found) for size, found in errors.items() if found},
    )


def estimate(values: Float64Array) -> Estimate:
    """Return mean and standard error over users."""
    error = values.std(ddof=1) / len(values) ** 0.5 if len(values) > 1 else np.nan
    return Estimate(float(values.mean()), float(error))


def mean_over_sizes(values: Mapping[int, Float64Array]) -> Float64Array:
    """Return each user's mean over all numbers of answers, shape [users]."""
    mean: Float64Array = np.mean(list(values.values()), axis=0)
    return mean


def _later(dataset: Dataset, trials: Sequence[ListTrial]) -> list[tuple[Int64Array, Float32Array]]:
    ratings = dataset.ratings.of_users(np.array([one.user for one in trials]))
    order = np.argsort(ratings.user_index, kind="stable")
    starts = np.searchsorted(ratings.user_index[order], [one.user for one in trials])
    ends = np.searchsorted(ratings.user_index[order], [one.user for one in trials], side="right")
    found = []
    for trial, start, end in zip(trials, starts, ends, strict=True):
        mine = order[start:end]
        items = ratings.item_index[mine]
        is_later = ~np.isin(items, [item for item, _ in trial.given])
        found.append((items[is_later], ratings.rating[mine][is_later]))
    return found


def _put(dataset: Dataset, place: int, catalogue: LiveCatalogue) -> ItemChange:
    """Put an item of the data, without what the catalogue has no attribute for."""
    features = dataset.item_features
    row = features.row(place, named=True) if features.width else {}
    usable: dict[str, AttributeValue] = {}
    for name, value in row.items():
        try:
            usable |= catalogue.check({name: value})
        except (UnknownFeatureError, FeatureValueError):
            continue
    return ItemChange(dataset.item_ids[place], dataset.titles[place], usable)
