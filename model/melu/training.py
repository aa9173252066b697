"""Meta-training: repeat the global update until held-out users stop getting better answers."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch

from model.arrays import Int64Array
from model.bundle.reports import EpochReport, TrainingReport
from model.data.dataset import Dataset, Ratings
from model.episodes import Episodes, RatingsByUser, draw_test_episodes
from model.errors import DatasetError
from model.features import FeatureSpace
from model.melu.learner import Learner
from model.melu.meta_training import MetaTraining
from model.melu.preset import MeluPreset
from model.melu.query_loss import predict_query_sets
from model.melu.start import LearntWeights
from model.melu.weights import MetaWeights, RatingUnits
from model.training_checkpoints import Checkpoint, Checkpoints

VALIDATION_SUPPORT_SIZES = (0, 1, 3, 5, 10, 20)
_VALIDATION_QUERY_SIZE = 10
_SUPPORT_LIMIT = 90


@dataclass(frozen=True)
class TrainingResult:
    """What training gives.

    Attributes:
        theta: θ.
        units: The estimator's units.
        user_space: Encoders of the user features.
        item_space: Encoders of the item features.
        report: How the training went.
    """

    theta: MetaWeights
    units: RatingUnits
    user_space: FeatureSpace
    item_space: FeatureSpace
    report: TrainingReport


def train(
    dataset: Dataset,
    ratings: Ratings,
    preset: MeluPreset,
    *,
    seed: int,
    on_epoch: Callable[[EpochReport], None],
    checkpoints: Checkpoints,
    learnt: LearntWeights | None = None,
) -> TrainingResult:
    """Learn θ.

    A share of the users is held out first: training runs until their mean absolute error, over
    several support sizes, stops falling. Then θ is learnt again from all users for as many
    epochs as were best, so that no rating is left unused.

    Args:
        dataset: The data set.
        ratings: The ratings to learn from.
        preset: Configuration.
        seed: Every draw (hold-out, initial weights, episodes) follows from it.
        on_epoch: Called after each epoch.
        checkpoints: Where to go on from, and what is kept meanwhile.
        learnt: θ to begin with; random if None.

    Returns:
        θ and its report.

    Raises:
        DatasetError: If there are too few users with ratings to learn from.
    """
    started = time.monotonic()
    grouped = RatingsByUser(ratings, len(dataset.user_ids))
    learners = np.flatnonzero(grouped.counts >= 2)
    if len(learners) < 2:
        raise DatasetError(
            "fewer than two users have two ratings or more; meta-learning needs several users."
        )
    learner = Learner(dataset, ratings, grouped, preset, learnt)
    random = np.random.default_rng(seed)
    shuffled = random.permutation(learners)
    held_out = shuffled[: round(len(learners) * preset.training.validation_share)]
    query_size = min(_VALIDATION_QUERY_SIZE, int(np.median(grouped.counts[learners])) // 2)
    validation = draw_test_episodes(
        grouped, held_out, query_size=query_size, support_limit=_SUPPORT_LIMIT, random=random
    )
    reports: list[EpochReport] = []

    def note(report: EpochReport) -> None:
        reports.append(report)
        on_epoch(report)

    best_epoch = preset.training.epochs
    validation_users = int(ratings.ranks.total(np.array([len(validation)]))[0])
    if validation_users:
        searching = np.setdiff1d(learners, held_out)
        best_epoch = _search(learner, searching, validation, seed, note, checkpoints.part("search"))
    theta = _refit(learner, learners, best_epoch, seed, note, checkpoints.part("refit"))
    return TrainingResult(
        theta=theta,
        units=learner.units,
        user_space=learner.user_space,
        item_space=learner.item_space,
        report=TrainingReport(
            seed=seed,
            users=len(learners),
            ratings=ratings.count,
            validation_users=validation_users,
            best_epoch=best_epoch,
            epochs=tuple(reports),
            seconds=time.monotonic() - started,
        ),
    )


def _search(
    learner: Learner,
    learners: Int64Array,
    validation: Episodes,
    seed: int,
    note: Callable[[EpochReport], None],
    checkpoint: Checkpoint,
) -> int:
    """Return the epoch (from 1) whose θ served the held-out users best."""
    training = learner.preset.training
    run = MetaTraining(learner, seed)
    reports = run.go_on(checkpoint)
    for report in reports:
        note(report)
    while len(reports) < training.epochs:
        if reports and reports[-1].epoch - _best_epoch(reports) >= training.patience:
            break
        started = time.monotonic()
        loss = run.epoch(learners)
        reports.append(
            EpochReport(
                phase="search",
                epoch=len(reports) + 1,
                epochs=training.epochs,
                loss=loss,
                validation_mae=_validation_mae(learner, run.averaged, validation),
                seconds=time.monotonic() - started,
            )
        )
        run.keep(checkpoint, reports)
        note(reports[-1])
    return _best_epoch(reports)


def _refit(
    learner: Learner,
    learners: Int64Array,
    epochs: int,
    seed: int,
    note: Callable[[EpochReport], None],
    checkpoint: Checkpoint,
) -> MetaWeights:
    """Learn θ from all learners for a known number of epochs."""
    run = MetaTraining(learner, seed)
    reports = run.go_on(checkpoint)
    for report in reports:
        note(report)
    for epoch in range(len(reports) + 1, epochs + 1):
        started = time.monotonic()
        loss = run.epoch(learners)
        reports.append(
            EpochReport(
                phase="refit",
                epoch=epoch,
                epochs=epochs,
                loss=loss,
                validation_mae=None,
                seconds=time.monotonic() - started,
            )
        )
        run.keep(checkpoint, reports)
        note(reports[-1])
    return run.averaged


def _validation_mae(learner: Learner, theta: MetaWeights, validation: Episodes) -> dict[str, float]:
    longest = learner.ranks.most(validation.support_set.item_index.shape[1])
    errors = {}
    for size in (*(k for k in VALIDATION_SUPPORT_SIZES if k < longest), longest):
        few = Episodes(
            validation.user_index, validation.support_set.first(size), validation.query_set
        )
        # Of several ranks, one may have no user to ask.
        part = _mae(learner, theta, few) * validation.share if len(few) else 0.0
        errors[str(size)] = float(learner.ranks.total(np.array([part]))[0])
    return errors


def _mae(learner: Learner, theta: MetaWeights, episodes: Episodes) -> float:
    """Mean over users of the mean absolute error of each query set."""
    query_set = episodes.query_set
    with torch.no_grad():
        predicted = torch.cat(
            [
                predict_query_sets(
                    learner.features.tables(theta),
                    theta.decision,
                    learner.preset.estimator,
                    learner.units,
                    learner.features,
                    chunk,
                )
                for chunk in episodes.chunks()
            ]
        )
    absolute = (learner.units.to_scale(predicted) - query_set.rating).abs() * query_set.mask
    return float((absolute.sum(-1) / query_set.mask.sum(-1)).mean())


def _best_epoch(reports: Sequence[EpochReport]) -> int:
    """The first of the epochs with the least error of the held-out users."""
    scores = [float(np.mean(list((report.validation_mae or {}).values()))) for report in reports]
    return 1 + int(np.argmin(scores))
