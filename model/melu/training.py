"""Meta-training: repeat the global update until held-out users stop getting better answers."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch

from model.arrays import Int64Array
from model.bundle.reports import EpochReport, TrainingReport, notes_of, reports_of
from model.data.dataset import Dataset, Ratings
from model.episodes import Episodes, RatingsByUser, draw_test_episodes, draw_training_batches
from model.errors import DatasetError
from model.features import FeatureSpace
from model.melu.batch_features import BatchFeatures
from model.melu.global_update import predict_query_sets, query_loss
from model.melu.preset import MeluPreset
from model.melu.weights import MetaWeights, RatingUnits, initial_meta_weights
from model.training_checkpoints import Checkpoint, Checkpoints, TrainingState

VALIDATION_SUPPORT_SIZES = (0, 1, 3, 5, 10, 20)
_VALIDATION_QUERY_SIZE = 10
_SUPPORT_LIMIT = 90
_GRADIENT_NORM_LIMIT = 1.0


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
    learner = Learner(dataset, ratings, grouped, preset)
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
    if len(validation.user_index):
        searching = np.setdiff1d(learners, held_out)
        best_epoch = learner.search(searching, validation, seed, note, checkpoints.part("search"))
    theta = learner.refit(learners, best_epoch, seed, note, checkpoints.part("refit"))
    return TrainingResult(
        theta=theta,
        units=learner.units,
        user_space=learner.user_space,
        item_space=learner.item_space,
        report=TrainingReport(
            seed=seed,
            users=len(learners),
            ratings=len(ratings),
            validation_users=len(validation.user_index),
            best_epoch=best_epoch,
            epochs=tuple(reports),
            seconds=time.monotonic() - started,
        ),
    )


class Learner:
    """The encoded data, and the passes over it.

    Args:
        dataset: The data set.
        ratings: The ratings to learn from.
        grouped: The same by user.
        preset: Configuration.
    """

    def __init__(
        self, dataset: Dataset, ratings: Ratings, grouped: RatingsByUser, preset: MeluPreset
    ) -> None:
        self.preset = preset
        self.grouped = grouped
        # A value of users or items that no training rating touches would keep its random
        # embedding; as unknown it has a learnt one.
        rated_users, rated_items = np.unique(ratings.user_index), np.unique(ratings.item_index)
        self.user_space = FeatureSpace.fit(
            dataset.user_features, dataset.user_feature_kinds, rows=rated_users
        )
        self.item_space = FeatureSpace.fit(
            dataset.item_features, dataset.item_feature_kinds, rows=rated_items
        )
        self.users = self.user_space.encode_table(dataset.user_features)
        self.items = self.item_space.encode_table(dataset.item_features)
        self.features = BatchFeatures(self.initial_weights(0), self.users, self.items)
        low, high = dataset.scale
        spread = float(ratings.rating.std())
        self.units = RatingUnits(float(ratings.rating.mean()), spread or 1.0, low, high)

    def initial_weights(self, seed: int) -> MetaWeights:
        """Draw θ before training."""
        generator = torch.Generator().manual_seed(seed)
        return initial_meta_weights(
            self.preset.estimator, self.user_space, self.item_space, generator
        )

    def search(
        self,
        learners: Int64Array,
        validation: Episodes,
        seed: int,
        note: Callable[[EpochReport], None],
        checkpoint: Checkpoint,
    ) -> int:
        """Return the epoch (from 1) whose θ served the held-out users best."""
        training = self.preset.training
        run = MetaTraining(self, seed)
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
                    validation_mae=self._validation_mae(run.averaged, validation),
                    seconds=time.monotonic() - started,
                )
            )
            run.keep(checkpoint, reports)
            note(reports[-1])
        return _best_epoch(reports)

    def refit(
        self,
        learners: Int64Array,
        epochs: int,
        seed: int,
        note: Callable[[EpochReport], None],
        checkpoint: Checkpoint,
    ) -> MetaWeights:
        """Learn θ from all learners for a known number of epochs."""
        run = MetaTraining(self, seed)
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

    def _validation_mae(self, theta: MetaWeights, validation: Episodes) -> dict[str, float]:
        query_set = validation.query_set
        longest = validation.support_set.item_index.shape[1]
        errors = {}
        for size in (*(k for k in VALIDATION_SUPPORT_SIZES if k < longest), longest):
            few = Episodes(
                validation.user_index, validation.support_set.first(size), validation.query_set
            )
            with torch.no_grad():
                predicted = torch.cat(
                    [
                        predict_query_sets(
                            self.features.tables(theta),
                            theta.decision,
                            self.preset.estimator,
                            self.units,
                            self.features,
                            chunk,
                        )
                        for chunk in few.chunks()
                    ]
                )
            absolute = (self.units.to_scale(predicted) - query_set.rating).abs() * query_set.mask
            errors[str(size)] = float((absolute.sum(-1) / query_set.mask.sum(-1)).mean())
        return errors


def _best_epoch(reports: Sequence[EpochReport]) -> int:
    """The first of the epochs with the least error of the held-out users."""
    scores = [float(np.mean(list((report.validation_mae or {}).values()))) for report in reports]
    return 1 + int(np.argmin(scores))


class MetaTraining:
    """θ under training, its optimiser, and the running average of θ.

    Args:
        learner: The encoded data.
        seed: Initial weights and episodes follow from it.
    """

    def __init__(self, learner: Learner, seed: int) -> None:
        self._learner = learner
        self._random = np.random.default_rng(seed)
        preset = learner.preset
        self._initial = learner.initial_weights(seed)
        # θ as one tensor: one operation instead of one a layer and feature. Its parts share its
        # memory, and autograd knows them alone: they need not be put together for each batch.
        self._flat = self._initial.flattened()
        parts = self._initial.unflattened(self._flat)
        tables = learner.features.tables(self._initial)
        self._tables = self._flat[: tables.numel()].view(tables.shape)
        self._decision = parts.decision
        self._parts = [self._tables]
        for weight, bias in zip(self._decision.weights, self._decision.biases, strict=True):
            self._parts += [weight, bias]
        for part in self._parts:
            part.requires_grad_()
        self._average = self._flat.clone()
        self._optimiser = torch.optim.Adam(
            [self._flat],
            lr=preset.training.learning_rate,
            weight_decay=preset.training.weight_decay,
            fused=True,
        )
        self._steps = 0
        self._state = TrainingState(
            self._optimiser, self._random, tensors={"θ": self._flat, "average": self._average}
        )

    @property
    def averaged(self) -> MetaWeights:
        """A copy of the average of θ so far."""
        return self._initial.unflattened(self._average.clone())

    def go_on(self, checkpoint: Checkpoint) -> list[EpochReport]:
        """Take on what was kept, if anything was; return the reports so far."""
        notes = checkpoint.restore(self._state)
        self._steps = notes.get("steps", 0)
        return reports_of(notes)

    def keep(self, checkpoint: Checkpoint, reports: Sequence[EpochReport]) -> None:
        """Keep all that this training hangs on."""
        checkpoint.keep(self._state, notes_of(reports) | {"steps": self._steps})

    def epoch(self, learners: Int64Array) -> float:
        """Make one global update a batch until every learner was drawn; return the mean loss."""
        learner, training = self._learner, self._learner.preset.training
        losses = [
            self._global_update(batch)
            for batch in draw_training_batches(
                learner.grouped,
                learners,
                batch_users=training.batch_users,
                query_size=training.query_size,
                support_limit=training.support_limit,
                random=self._random,
            )
        ]
        return float(np.mean(losses))

    def _global_update(self, batch: Episodes) -> float:
        learner, training = self._learner, self._learner.preset.training
        predicted = predict_query_sets(
            self._tables,
            self._decision,
            learner.preset.estimator,
            learner.units,
            learner.features,
            batch,
            second_order=training.second_order,
            hide=self._partly_unknown,
        )
        loss = query_loss(predicted, batch.query_set, learner.units)
        gradients = torch.autograd.grad(loss, self._parts, materialize_grads=True)
        gradient = torch.cat([one.flatten() for one in gradients])
        # A single user far from the rest would otherwise throw θ off through five local steps.
        shortening = (_GRADIENT_NORM_LIMIT / (gradient.norm() + 1e-6)).clamp(max=1.0)
        self._flat.grad = gradient.mul_(shortening)
        self._optimiser.step()
        self._steps += 1
        # A young average forgets its random start faster.
        keep = min(training.weight_averaging, self._steps / (self._steps + 10))
        self._average.lerp_(self._flat, 1.0 - keep)
        return loss.item()

    def _partly_unknown(self, rows: int, features: int) -> npt.NDArray[np.bool_]:
        rate = self._learner.preset.training.unknown_rate
        return (self._random.random((features, rows)) < rate).T
