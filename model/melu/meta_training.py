"""The outer loop: θ, its optimiser and its average, from one global update to the next."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from model.arrays import Int64Array
from model.bundle.reports import EpochReport, notes_of, reports_of
from model.episodes import Episodes, draw_training_batches
from model.melu.learner import Learner
from model.melu.query_loss import predict_query_sets, query_loss
from model.melu.weights import MetaWeights
from model.training_checkpoints import Checkpoint, TrainingState

_GRADIENT_NORM_LIMIT = 1.0


class MetaTraining:
    """θ under training, its optimiser, and the running average of θ.

    Args:
        learner: The encoded data.
        seed: Initial weights and episodes follow from it.
    """

    def __init__(self, learner: Learner, seed: int) -> None:
        self._learner = learner
        self._seed = seed
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
        training = self._learner.preset.training
        gradient, loss = (
            self._gradient(batch) if len(batch) else (torch.zeros_like(self._flat), 0.0)
        )
        if self._learner.ranks.size > 1:
            both = self._learner.ranks.total_of(torch.cat([gradient, torch.tensor([loss])]))
            gradient, loss = both[:-1], both[-1].item()
        # A single user far from the rest would otherwise throw θ off through five local steps.
        shortening = (_GRADIENT_NORM_LIMIT / (gradient.norm() + 1e-6)).clamp(max=1.0)
        self._flat.grad = gradient.mul_(shortening)
        self._optimiser.step()
        self._steps += 1
        # A young average forgets its random start faster.
        keep = min(training.weight_averaging, self._steps / (self._steps + 10))
        self._average.lerp_(self._flat, 1.0 - keep)
        return loss

    def _gradient(self, batch: Episodes) -> tuple[Tensor, float]:
        """Return the gradient of θ and the loss; of several ranks, this one's part of both."""
        learner, training = self._learner, self._learner.preset.training
        random = learner.ranks.own_random(self._random, self._seed, self._steps)

        def partly_unknown(rows: int, features: int) -> npt.NDArray[np.bool_]:
            return (random.random((features, rows)) < training.unknown_rate).T

        predicted = predict_query_sets(
            self._tables,
            self._decision,
            learner.preset.estimator,
            learner.units,
            learner.features,
            batch,
            second_order=training.second_order,
            hide=partly_unknown,
        )
        loss = query_loss(predicted, batch.query_set, learner.units) * batch.share
        gradients = torch.autograd.grad(loss, self._parts, materialize_grads=True)
        return torch.cat([one.flatten() for one in gradients]), loss.item()
