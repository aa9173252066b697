"""Meta-training of the preset `default`: the query loss goes through the whole adaptation."""

from __future__ import annotations

import math
import time
from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor

from model.arrays import Int64Array
from model.bayesian.local_update import local_update
from model.bayesian.network import BayesianNetwork, Representation, SupportSet
from model.bayesian.preset import BayesianPreset, TrainingConfig
from model.bayesian.training.batches import (
    LEAST_RATINGS,
    Batch,
    batch_count,
    draw_batches,
    named_rows,
)
from model.bayesian.training.item_features import TrainingRows
from model.bundle.reports import EpochReport, notes_of, reports_of
from model.content.bias_statistics import ItemStatistics
from model.episodes import PaddedRatings, RatingsByUser
from model.features import EncodedTable, FeatureSpace
from model.training_checkpoints import NO_CHECKPOINT, Checkpoint, TrainingState

_GRADIENT_NORM_LIMIT = 1.0
_WARM_UP_SHARE = 0.1
_PARTS = 2
"""Of a batch, by support size."""


def train_network(
    rows: TrainingRows,
    grouped: RatingsByUser,
    users: EncodedTable,
    user_space: FeatureSpace,
    preset: BayesianPreset,
    *,
    seed: int,
    phase: str,
    on_epoch: Callable[[EpochReport], None],
    checkpoint: Checkpoint = NO_CHECKPOINT,
    begin: Callable[[BayesianNetwork], None] = lambda _network: None,
) -> BayesianNetwork:
    """Train one member.

    Args:
        rows: What the encoder sees of items.
        grouped: Training ratings by user, brought to a range of 4.
        users: All users' encoded features.
        user_space: Their encoders.
        preset: Configuration.
        seed: Every random draw follows from it.
        phase: What reports call this training.
        on_epoch: Called after each epoch.
        checkpoint: Where to go on from, and what is kept meanwhile.
        begin: Puts other weights into the network than random ones before it is trained.

    Returns:
        The trained member, ready to serve.
    """
    training = preset.training
    random = np.random.default_rng(seed)
    generator = torch.Generator().manual_seed(seed)
    network = BayesianNetwork(
        preset,
        rows.whole.inputs.shape[1],
        rows.whole.linear.shape[1],
        user_space,
        rows.statistics.mean,
        generator,
    )
    begin(network)
    learners = np.flatnonzero(grouped.counts >= min(LEAST_RATINGS, grouped.counts.max()))
    batches = batch_count(learners, rows.fold_of_user, training.batch_users)
    epochs = epoch_count(training, batches)
    optimiser = torch.optim.Adam(network.parameters(), lr=training.learning_rate, fused=True)
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimiser,
        training.learning_rate,
        total_steps=epochs * batches + 1,
        pct_start=_WARM_UP_SHARE,
    )
    state = TrainingState(
        optimiser, random, {"network": network}, sources={"network": generator}, schedule=schedule
    )
    reports = reports_of(checkpoint.restore(state))
    for report in reports:
        on_epoch(report)
    ranks, trained = grouped.ranks, list(network.parameters())
    for epoch in range(len(reports) + 1, epochs + 1):
        started = time.monotonic()
        losses: list[float] = []
        for batch in draw_batches(grouped, learners, rows, training, random):
            ranks.begin_update(generator, seed, (epoch - 1) * batches + len(losses))
            loss = _query_loss(network, rows, batch, users, training)
            optimiser.zero_grad(set_to_none=True)
            losses.append(ranks.backward(loss, trained))
            torch.nn.utils.clip_grad_norm_(network.parameters(), _GRADIENT_NORM_LIMIT)
            optimiser.step()
            schedule.step()
        reports.append(
            EpochReport(
                phase=phase,
                epoch=epoch,
                epochs=epochs,
                loss=float(np.mean(losses)),
                validation_mae=None,
                seconds=time.monotonic() - started,
            )
        )
        checkpoint.keep(state, notes_of(reports))
        on_epoch(reports[-1])
    return network.eval().requires_grad_(requires_grad=False)


def own_residuals(
    user_index: Int64Array, ratings: PaddedRatings, statistics: ItemStatistics
) -> Tensor:
    """Return r − μ − b_u of each rating, shape [B, n]."""
    bias = torch.from_numpy(statistics.user_bias[user_index].astype(np.float32))
    return ratings.rating - statistics.mean - bias.unsqueeze(1)


def make_support_set(
    network: BayesianNetwork,
    items: Representation,
    row: Tensor,
    ratings: PaddedRatings,
    own_residual: Tensor,
    own: Tensor,
) -> SupportSet:
    """Take the base off the ratings of support sets.

    Args:
        network: Knows the base.
        items: Represented items.
        row: Item rows, shape [B, n].
        ratings: Brought to a range of 4.
        own_residual: As `own_residuals` gives them.
        own: 1 where a rating is among the training ratings, shape [B, n].

    Returns:
        What the local update takes.
    """
    base = network.base(items, row, own_residual, own)
    return SupportSet(row, ratings.rating, ratings.mask, (ratings.rating - base) * ratings.mask)


def _query_loss(
    network: BayesianNetwork,
    rows: TrainingRows,
    batch: Batch,
    users: EncodedTable,
    training: TrainingConfig,
) -> Tensor | None:
    """Mean over users of the mean Huber loss of each query set; of several ranks, this one's part.

    None where no user of the batch is this rank's.
    """
    if not len(batch.user_index):
        return None
    named, batch = named_rows(rows.folds[batch.fold], batch)
    items = network.represent(named)
    losses = [
        _query_losses(network, items, part, users, rows.statistics, training)
        for part in batch.by_support_size(_PARTS)
    ]
    return torch.cat(losses).mean() * batch.share


def _query_losses(
    network: BayesianNetwork,
    items: Representation,
    batch: Batch,
    users: EncodedTable,
    statistics: ItemStatistics,
    training: TrainingConfig,
) -> Tensor:
    """Adapt to each support set; return the mean Huber loss of each query set, shape [B]."""
    every = torch.ones_like
    residual = own_residuals(batch.user_index, batch.support_set, statistics)
    support = make_support_set(
        network,
        items,
        batch.support_row,
        batch.support_set,
        residual,
        every(residual),
    )
    hidden = {
        name: column.rows(batch.user_index).with_unknown(batch.unknown)
        for name, column in users.items()
    }
    decision = local_update(network, items, hidden, support)
    residual = own_residuals(batch.user_index, batch.query_set, statistics)
    base = network.base(items, batch.query_row, residual, every(residual))
    predicted = base + decision.predict(items.phi[batch.query_row])
    error = (predicted - batch.query_set.rating).abs()
    width = training.huber_width
    loss = torch.where(error < width, error**2 / (2 * width), error - width / 2)
    mask = batch.query_set.mask
    return (loss * mask).sum(1) / mask.sum(1).clamp(min=1)


def epoch_count(training: TrainingConfig, batches: int) -> int:
    """Return how many passes of so many global updates are made."""
    wanted = max(training.epochs, math.ceil(training.global_updates / batches))
    return max(1, min(wanted, training.most_global_updates // batches))
