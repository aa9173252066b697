"""New items among new items: a random fifth of the items is never learnt from, nor of the users.

New users give answers on items that training knows; the lists are of new items alone, and the
target is what the user likes of these.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace

import numpy as np

from model.arrays import Float32Array, Float64Array, Int64Array
from model.bundle.reports import EpochReport
from model.content.content import ItemContent
from model.content.item_bias_prior import taste_weights
from model.data.dataset import Dataset, Ratings
from model.data.signals import is_disliked, is_liked
from model.episodes import RatingsByUser
from model.errors import DatasetError
from model.evaluation.lists.metrics import LIST_LENGTH, measure_lists, top_of_scores
from model.evaluation.lists.protocol import ListProtocol, ListTrial
from model.evaluation.lists.run import ListEvaluation, recommenders
from model.evaluation.states import random_split
from model.fitting import fit_model
from model.presets import Preset

PROTOCOL = ListProtocol((0, 1, 3, 5, 10, 20), 20, 20, 3)
_NEAREST = 50
_FEWEST_TRIALS = 20


def evaluate_new_items(
    dataset: Dataset,
    preset: Preset,
    seeds: Iterable[int],
    *,
    protocol: ListProtocol = PROTOCOL,
    on_stage: Callable[[str], None] = lambda _stage: None,
    on_epoch: Callable[[EpochReport], None] = lambda _report: None,
) -> ListEvaluation:
    """Train once a seed and measure lists of new items beside the baselines'.

    Args:
        dataset: The data set.
        preset: What to train.
        seeds: Each draws its own new users and items, and initial weights.
        protocol: The sizes; `fewest_ratings` are of known items, `fewest_targets` of new ones.
        on_stage: Called with a few words when a part of the work begins.
        on_epoch: Called after each epoch of training.

    Returns:
        The results. `content_knn` sums how alike the content of a new item and of the likes given
        is; `numbers` is the mean popularity of the 50 known items that are nearest by their
        numbers, such as the year of release.

    Raises:
        DatasetError: If the data set is too sparse.
    """
    dataset = dataset.of_preset(preset.name)
    evaluation = ListEvaluation(protocol, preset)
    for seed in seeds:
        split = random_split(dataset, np.random.default_rng([seed, 10]))
        new_items = np.flatnonzero(split.cold_items)
        trials = _draw_trials(dataset, split.cold_users, split.cold_items, protocol, seed)
        ratings = dataset.ratings.where(split.state(dataset.ratings, "warm"))
        evaluation.users += [trial.user for trial in trials]
        on_stage(f"seed {seed}: {len(trials)} new users, {len(new_items)} new items")
        learnable = replace(dataset, ratings=ratings)
        share = np.zeros(len(dataset.item_ids))
        scorers = _baselines(learnable, ratings, new_items, seed)
        fitted = fit_model(learnable, preset, seed=seed, on_epoch=on_epoch)
        evaluation.seconds.append(fitted.report.seconds)
        for size in protocol.sizes:
            for name, scorer in scorers.items():
                scores = np.stack([scorer(_likes(dataset, one, size)) for one in trials])
                lists = top_of_scores(scores, trials, size)
                evaluation.add(name, size, measure_lists(lists, trials, share))
            for name, recommend in recommenders(fitted, dataset, new_items).items():
                lists = np.stack([recommend(trial, size) for trial in trials])
                evaluation.add(name, size, measure_lists(lists, trials, share))
    return evaluation


def _draw_trials(
    dataset: Dataset,
    cold_users: np.ndarray,
    cold_items: np.ndarray,
    protocol: ListProtocol,
    seed: int,
) -> list[ListTrial]:
    grouped = RatingsByUser(dataset.ratings, len(dataset.user_ids)).shuffled(
        np.random.default_rng([seed, 11])
    )
    trials = []
    for user in np.flatnonzero(cold_users).tolist():
        mine = slice(grouped.starts[user], grouped.starts[user] + grouped.counts[user])
        items, stars = grouped.item_index[mine], grouped.rating[mine]
        is_new = cold_items[items]
        targets = items[is_new & is_liked(stars, dataset.scale)]
        known = np.flatnonzero(~is_new)
        if len(known) < protocol.fewest_ratings or len(targets) < protocol.fewest_targets:
            continue
        first = known[: protocol.reserved]
        given = tuple(zip(items[first].tolist(), stars[first].tolist(), strict=True))
        disliked = items[is_new & is_disliked(stars, dataset.scale)]
        trials.append(ListTrial(user, given, targets, disliked))
    if len(trials) < _FEWEST_TRIALS or cold_items.sum() < LIST_LENGTH:
        raise DatasetError("this data set is too sparse to measure lists of new items.")
    return trials


def _likes(dataset: Dataset, trial: ListTrial, size: int) -> Int64Array:
    first = trial.given[:size]
    liked = is_liked(np.array([one for _, one in first], dtype=np.float32), dataset.scale)
    return np.array([item for item, _ in first], dtype=np.int64)[liked]


def _baselines(
    dataset: Dataset, ratings: Ratings, new_items: Int64Array, seed: int
) -> dict[str, Callable[[Int64Array], Float32Array]]:
    items = len(dataset.item_ids)
    known = np.bincount(ratings.item_index, minlength=items) > 0
    content = ItemContent.fit(
        dataset.item_features, dataset.item_feature_kinds, known, np.random.default_rng(seed)
    )
    rows = content.rows(taste_weights())
    liked = ratings.where(is_liked(ratings.rating, dataset.scale))
    likes = np.bincount(liked.item_index, minlength=items).astype(np.float64)
    by_numbers = _by_numbers(dataset, likes, known, new_items)
    random = np.random.default_rng([seed, 12])

    def of_new(scores: Float64Array) -> Float32Array:
        found = np.full(items, -np.inf, dtype=np.float32)
        found[new_items] = scores
        return found

    def content_knn(given: Int64Array) -> Float32Array:
        alike = np.asarray((rows[new_items] @ rows[given].T).sum(1)).ravel()
        return of_new(alike + 1e-6 * by_numbers)

    return {
        "random": lambda _given: of_new(random.random(len(new_items))),
        "numbers": lambda _given: of_new(by_numbers),
        "content_knn": content_knn,
    }


def _by_numbers(
    dataset: Dataset, likes: Float64Array, known: np.ndarray, new_items: Int64Array
) -> Float64Array:
    """Mean popularity of the known items that are nearest by number features."""
    kinds = dataset.item_feature_kinds
    names = [name for name, kind in kinds.items() if kind.is_quantity]
    if not names:
        return np.zeros(len(new_items))
    table = dataset.item_features.select(names).fill_null(strategy="mean").to_numpy()
    table = (table - table.mean(0)) / np.maximum(table.std(0), 1e-9)
    index = np.flatnonzero(known)
    found = np.empty(len(new_items))
    for place, item in enumerate(new_items.tolist()):
        distance = ((table[index] - table[item]) ** 2).sum(1)
        nearest = index[np.argpartition(distance, min(_NEAREST, len(index) - 1))[:_NEAREST]]
        found[place] = likes[nearest].mean()
    return found
