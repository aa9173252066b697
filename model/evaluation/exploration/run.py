"""Train, let users and items arrive, train again on what was told, and judge by later users."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from model.arrays import BoolArray, Int64Array
from model.bundle.reports import EpochReport
from model.bundle.saving import save_bundle
from model.data.dataset import Dataset
from model.errors import DatasetError
from model.evaluation.exploration.results import (
    AMONG_ALL,
    AMONG_NEW,
    ERROR,
    MEANWHILE,
    ExplorationEvaluation,
    ShareOutcome,
)
from model.evaluation.exploration.simulation import Simulated, simulate
from model.evaluation.exploration.world import PLAN, ExplorationPlan, World, draw_world
from model.evaluation.lists.metrics import measure_lists
from model.evaluation.lists.protocol import ListTrial
from model.evaluation.lists.run import SERVED, attributes_of, recommenders
from model.fitting import FittedModel, fit_model
from model.presets import Preset
from model.recommender import Recommender


def evaluate_exploration(
    dataset: Dataset,
    preset: Preset,
    seeds: Iterable[int],
    shares: Iterable[float],
    *,
    plan: ExplorationPlan = PLAN,
    on_stage: Callable[[str], None] = lambda _stage: None,
    on_epoch: Callable[[EpochReport], None] = lambda _report: None,
) -> ExplorationEvaluation:
    """Measure what shares of explored places cost in lists, and bring to new items.

    For each seed: train without the new items and on what was rated before the visitors came; let
    items and visitors arrive, for each share apart; for each share train again, from random
    weights as `melu retrain` does, on what was known and what its visitors told: their answers,
    and their ratings of the new items that they were shown.

    Args:
        dataset: The data set, with times.
        preset: What to train.
        seeds: Each draws its own new items, answers, initial weights, and what is explored.
        shares: Of the places, from 0 to 1; 0 is measured in any case.
        plan: The sizes.
        on_stage: Called with a few words when a part of the work begins.
        on_epoch: Called after each epoch of training.

    Returns:
        The results.

    Raises:
        DatasetError: If the data have no times, or are too few.
    """
    every = tuple(sorted({0.0, *shares}))
    evaluation = ExplorationEvaluation(plan, preset, {share: ShareOutcome() for share in every})
    for seed in seeds:
        world = draw_world(dataset, plan, seed)
        visitors = [one.user for part in world.visitors for one in part]
        evaluation.visitors += visitors
        evaluation.judged += [one.among_all.user for one in world.judged]
        evaluation.new_items = int(world.is_new.sum())
        on_stage(
            f"seed {seed}: {world.history.sum():,} ratings to begin with, {evaluation.new_items} "
            f"new items, {len(visitors)} visitors, {len(world.judged)} later users"
        )
        recommender = _trained(dataset, preset, world, seed, on_epoch)
        attributes = attributes_of(dataset, tuple(dataset.user_features.columns))
        courses = simulate(dataset, world, recommender, every, attributes, seed)
        for share, course in courses.items():
            outcome = evaluation.outcomes[share]
            _note(outcome, course, world)
            on_stage(
                f"seed {seed}: training on what was told with {share:g} of the places explored"
            )
            told = replace(dataset, ratings=dataset.ratings.where(_told(dataset, world, course)))
            fitted = fit_model(told, preset, seed=seed, on_epoch=on_epoch)
            evaluation.seconds.append(fitted.report.seconds)
            _judge(outcome, fitted, dataset, world)
    return evaluation


def _trained(
    dataset: Dataset,
    preset: Preset,
    world: World,
    seed: int,
    on_epoch: Callable[[EpochReport], None],
) -> Recommender:
    """Train on what there is when it begins; the new items do not exist yet."""
    known = replace(dataset, ratings=dataset.ratings.where(world.history))
    known = known.of_items(np.flatnonzero(~world.is_new))
    fitted = fit_model(known, preset, seed=seed, on_epoch=on_epoch)
    if fitted.relevance is None:
        raise DatasetError(
            f"the preset {preset.name} learnt no relevance from these data, and without it nothing "
            "is explored."
        )
    with TemporaryDirectory() as folder:
        bundle = Path(folder) / "model"
        save_bundle(
            fitted.estimator, fitted.report, preset, known, bundle, relevance=fitted.relevance
        )
        return Recommender.load(bundle)


def _note(outcome: ShareOutcome, course: Simulated, world: World) -> None:
    outcome.values.setdefault(MEANWHILE, []).extend(course.ndcg)
    outcome.impressions.append(course.impressions[world.is_new])
    outcome.explored.append(course.explored[world.is_new])
    outcome.explored_places.append(int(course.explored.sum()))
    items: Int64Array = np.array([item for _, item in course.told], dtype=np.int64)
    counts = np.bincount(items, minlength=len(world.is_new))
    outcome.ratings.append(counts[world.is_new])


def _told(dataset: Dataset, world: World, course: Simulated) -> BoolArray:
    """Mark what is known after a course: what was at first, and what visitors told."""
    pairs = [
        (visitor.user, item)
        for part in world.visitors
        for visitor in part
        for item, _ in visitor.given
    ]
    users, items = np.array([*pairs, *course.told]).T
    count, ratings = len(dataset.item_ids), dataset.ratings
    keys = ratings.user_index * count + ratings.item_index
    marked: BoolArray = world.history | np.isin(keys, users * count + items)
    return marked


def _judge(outcome: ShareOutcome, fitted: FittedModel, dataset: Dataset, world: World) -> None:
    """Measure the lists and predicted ratings of users who come later."""
    nothing = np.zeros(len(dataset.item_ids))
    new = np.flatnonzero(world.is_new)

    def note(metric: str, trials: list[ListTrial], among: Int64Array | None) -> None:
        recommend = recommenders(fitted, dataset, among)[SERVED]
        lists = np.stack([recommend(one, len(one.given)) for one in trials])
        found = measure_lists(lists, trials, nothing).ndcg
        outcome.values.setdefault(metric, []).extend(found.tolist())

    note(AMONG_NEW, [one.among_new for one in world.judged], new)
    note(AMONG_ALL, [one.among_all for one in world.judged], None)
    estimator = fitted.estimator
    if estimator is None:
        return
    attributes = attributes_of(dataset, estimator.user_space.names)
    for one in world.judged:
        slots = estimator.user_space.slots(attributes(one.among_new.user))
        user = estimator.adapt(slots, one.among_new.given)
        predicted = estimator.items.score(user, one.new_items).clip(*dataset.scale)
        error = float(np.abs(predicted - one.new_ratings).mean())
        outcome.values.setdefault(ERROR, []).append(error)
