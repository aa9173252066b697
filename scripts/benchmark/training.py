"""`melu benchmark training`: an epoch of ours beside one of the MeLU authors' design.

Both learn from the same users in regime T, from support and query sets drawn alike, with the same
widths and number of local steps, exact second order, on one torch thread. What differs:

- Ours is the training itself: drawing episodes, hiding features, clipping and averaging weights are
  in its time, and a global update follows every 16 users (the preset's `batch_users`).
- The authors' design (`scripts.benchmark.authors_loop`) makes a global update every 32 users, as
  theirs does. Drawing episodes and writing their vectors is not in its time.
- Its epoch is extrapolated from a sample of users, unless all are asked for.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
import torch
from rich.table import Table

from model.arrays import Int64Array
from model.data import Dataset
from model.data.dataset import Ratings
from model.episodes import RatingsByUser, draw_training_batches
from model.errors import DatasetError
from model.evaluation import draw_trial, random_split, read_split
from model.melu import MeluPreset
from model.melu.learner import Learner
from model.melu.meta_training import MetaTraining
from model.melu.weights import initial_meta_weights
from model.presets import PRESETS, fit_estimator, with_options
from scripts.benchmark.authors_loop import AuthorsLoop, DenseEstimator, DenseVectors
from scripts.benchmark.report import Report, Requirement, publish
from scripts.files import check_files
from scripts.terminal import console

AUTHORS_BATCH_USERS = 32
_NEEDED_RATIO = 15.0
_SEED = 0


@dataclass(frozen=True)
class TrainingTimes:
    """Seconds an epoch, medians over repeats.

    Attributes:
        epoch_s: Preset `melu`.
        authors_epoch_s: The authors' design, for as many users.
        default_epoch_s: One of the networks of preset `default`.
        users: Users of an epoch.
        sampled_users: Users that the authors' design was timed on.
    """

    epoch_s: float
    authors_epoch_s: float
    default_epoch_s: float
    users: int
    sampled_users: int

    @property
    def ratio(self) -> float:
        """How many of our epochs one of the authors' design takes."""
        return self.authors_epoch_s / self.epoch_s

    def as_json(self) -> dict[str, Any]:
        """Return the numbers by name."""
        return {
            "epoch_s": round(self.epoch_s, 4),
            "authors_epoch_s": round(self.authors_epoch_s, 4),
            "ratio": round(self.ratio, 2),
            "users": self.users,
            "authors_sampled_users": self.sampled_users,
            "default_epoch_s": round(self.default_epoch_s, 4),
        }


def benchmark_training(
    dataset: Dataset,
    *,
    split_file: Path | None,
    sampled_users: int,
    repeats: int,
    json_file: Path | None,
    plot_file: Path | None,
) -> None:
    """Time epochs; print, and write, what was found.

    Args:
        dataset: The data set.
        split_file: JSON with cold users and items; a random fifth of each is cold if None.
        sampled_users: Users to time the authors' design on; 0 for all.
        repeats: How often to time each.
        json_file: Where to write the numbers.
        plot_file: Where to draw them.

    Raises:
        ModelError: If the data or the split can't be used, or a file can't be written.
    """
    check_files(json_file, plot_file)
    split = (
        read_split(split_file, dataset)
        if split_file
        else random_split(dataset, np.random.default_rng([_SEED, 1]))
    )
    training = draw_trial(dataset, split, "T", _SEED).training
    times = measure_training(
        dataset,
        training,
        sampled_users=sampled_users,
        repeats=repeats,
        on_stage=console.print,
    )
    publish(_report(times), json_file=json_file, plot_file=plot_file)


def measure_training(
    dataset: Dataset,
    ratings: Ratings,
    *,
    sampled_users: int,
    repeats: int,
    on_stage: Callable[[str], None] = lambda _stage: None,
) -> TrainingTimes:
    """Time an epoch of ours and one of the authors' design in turns, then one of `default`.

    In turns, so that whatever else the machine does meanwhile meets both.

    Args:
        dataset: Users, items and their features.
        ratings: What to learn from.
        sampled_users: Users to time the authors' design on; 0 for all.
        repeats: How often to time each.
        on_stage: Called with a few words when a part of the work begins.

    Returns:
        The medians.

    Raises:
        DatasetError: If there are too few users with ratings to learn from.
    """
    torch.set_num_threads(1)
    preset = PRESETS["melu"]
    assert isinstance(preset, MeluPreset)  # noqa: S101 - its name
    grouped = RatingsByUser(ratings, len(dataset.user_ids))
    learners = np.flatnonzero(grouped.counts >= 2)
    if not len(learners):
        raise DatasetError("no user has two ratings to learn from.")
    learner = Learner(dataset.of_preset(preset.name), ratings, grouped, preset)
    ours, theirs = MetaTraining(learner, _SEED), _AuthorsTraining(learner, _SEED)
    random = np.random.default_rng(_SEED)
    sample = random.permutation(learners)[: sampled_users or None]
    on_stage("warming up")
    ours.epoch(learners)
    theirs.seconds(sample[:AUTHORS_BATCH_USERS])
    epochs, authors_epochs = [], []
    for repeat in range(1, repeats + 1):
        on_stage(f"repeat {repeat} of {repeats}")
        started = time.perf_counter()
        ours.epoch(learners)
        epochs.append(time.perf_counter() - started)
        authors_epochs.append(theirs.seconds(sample) * len(learners) / len(sample))
    on_stage("preset default")
    return TrainingTimes(
        epoch_s=median(epochs),
        authors_epoch_s=median(authors_epochs),
        default_epoch_s=_default_epoch(dataset, ratings, repeats),
        users=len(learners),
        sampled_users=len(sample),
    )


class _AuthorsTraining:
    """The authors' design from the same initial θ, on episodes drawn as ours are."""

    def __init__(self, learner: Learner, seed: int) -> None:
        self._learner = learner
        self._random = np.random.default_rng(seed)
        preset = learner.preset
        theta = initial_meta_weights(
            preset.estimator,
            learner.user_space,
            learner.item_space,
            torch.Generator().manual_seed(seed),
        )
        self._vectors = DenseVectors(learner.users, learner.items, theta, learner.units)
        self._loop = AuthorsLoop(
            DenseEstimator(self._vectors.columns, theta),
            preset.estimator,
            preset.training.learning_rate,
        )

    def seconds(self, users: Int64Array) -> float:
        """Learn from each user once; return the seconds without making the vectors."""
        training = self._learner.preset.training
        total = 0.0
        for batch in draw_training_batches(
            self._learner.grouped,
            users,
            batch_users=AUTHORS_BATCH_USERS,
            query_size=training.query_size,
            support_limit=training.support_limit,
            random=self._random,
        ):
            sets = self._vectors.sets(batch)
            started = time.perf_counter()
            self._loop.global_update(sets)
            total += time.perf_counter() - started
        return total


def _default_epoch(dataset: Dataset, ratings: Ratings, repeats: int) -> float:
    """Time an epoch of one network of preset `default`, without what is fitted before."""
    # Global updates at least: 1, so that a small data set does not take many epochs.
    preset = with_options(PRESETS["default"], members=1, epochs=repeats + 1, global_updates=1)
    _, report = fit_estimator(dataset, preset, seed=_SEED, ratings=ratings)
    return median(epoch.seconds for epoch in report.epochs[1:])


def _report(times: TrainingTimes) -> Report:
    sampled = (
        f"extrapolated from {times.sampled_users:,} of them"
        if times.sampled_users < times.users
        else "all of them timed"
    )
    rows = {
        "preset melu": times.epoch_s,
        f"the MeLU authors' design ({sampled})": times.authors_epoch_s,
        "preset default, one of its networks": times.default_epoch_s,
    }
    table = Table(f"an epoch of {times.users:,} users", "seconds", "to preset melu")
    for name, seconds in rows.items():
        table.add_row(name, f"{seconds:,.2f}", f"{seconds / times.epoch_s:.1f} ×")
    return Report(
        name="training",
        values=times.as_json(),
        tables=[table],
        requirements=[
            Requirement("authors' design / preset melu", times.ratio, _NEEDED_RATIO, unit=" ×")
        ],
        bars=rows,
        bars_title=f"Seconds an epoch of {times.users:,} users, one torch thread",
    )
