"""Meta-training of the preset `default`: the query loss goes through the whole adaptation."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor

from model.arrays import BoolArray, Int64Array
from model.bayesian.local_update import local_update
from model.bayesian.network import BayesianNetwork, Representation, SupportSet
from model.bayesian.preset import BayesianPreset, TrainingConfig
from model.bayesian.training.item_features import ItemRows, TrainingRows
from model.bundle.reports import EpochReport, notes_of, reports_of
from model.content.bias_statistics import ItemStatistics
from model.episodes import PaddedRatings, RatingsByUser
from model.features import EncodedTable, FeatureSpace
from model.training_checkpoints import NO_CHECKPOINT, Checkpoint, TrainingState

_GRADIENT_NORM_LIMIT = 1.0
_LEAST_RATINGS = 4
_SPARED_QUERY = 10
_FEW = 8
_WARM_UP_SHARE = 0.1
_PARTS = 2
"""Of a batch, by support size."""


@dataclass(frozen=True)
class Batch:
    """B training episodes of one fold of the users; of several ranks, those of this one.

    Attributes:
        fold: The fold.
        user_index: Internal user indices, shape [B].
        support_set: Support sets.
        query_set: Query sets.
        support_row: Item rows of the support sets; some show an item as if it were new.
        query_row: Item rows of the query sets.
        unknown: Whose features are shown as unknown, shape [B].
        share: B as a share of this global update's episodes on all ranks.
    """

    fold: int
    user_index: Int64Array
    support_set: PaddedRatings
    query_set: PaddedRatings
    support_row: Tensor
    query_row: Tensor
    unknown: BoolArray
    share: float = 1.0

    def by_support_size(self, parts: int) -> Iterator[Batch]:
        """Part the episodes by the size of their support set, so that little is padding.

        Args:
            parts: How many parts; fewer come of fewer episodes.

        Yields:
            Batches of episodes that are alike.
        """
        sizes = self.support_set.mask.sum(1).numpy().astype(np.int64)
        for chosen in np.array_split(np.argsort(sizes, kind="stable"), min(parts, len(sizes))):
            longest = int(sizes[chosen].max(initial=0))
            yield replace(
                self,
                user_index=self.user_index[chosen],
                support_set=self.support_set.rows(chosen).first(longest),
                query_set=self.query_set.rows(chosen),
                support_row=self.support_row[chosen, :longest],
                query_row=self.query_row[chosen],
                unknown=self.unknown[chosen],
            )


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
    learners = np.flatnonzero(grouped.counts >= min(_LEAST_RATINGS, grouped.counts.max()))
    batches = _batch_count(learners, rows.fold_of_user, training.batch_users)
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
        for batch in _draw_batches(grouped, learners, rows, training, random):
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


def named_rows(rows: ItemRows, batch: Batch) -> tuple[ItemRows, Batch]:
    """Keep of the item rows those that a batch names, so that no batch encodes a whole catalogue.

    Args:
        rows: Rows, of which the batch names some.
        batch: Episodes.

    Returns:
        The rows that are named, and the batch that names them by their new places.
    """
    places = torch.cat([batch.support_row.flatten(), batch.query_row.flatten()])
    named, at = torch.unique(places, return_inverse=True)
    support, query = at.split([batch.support_row.numel(), batch.query_row.numel()])
    renamed = replace(
        batch,
        support_row=support.view_as(batch.support_row),
        query_row=query.view_as(batch.query_row),
    )
    return rows.rows(named), renamed


def epoch_count(training: TrainingConfig, batches: int) -> int:
    """Return how many passes of so many global updates are made."""
    wanted = max(training.epochs, math.ceil(training.global_updates / batches))
    return max(1, min(wanted, training.most_global_updates // batches))


def _batch_count(learners: Int64Array, fold_of_user: Int64Array, batch_users: int) -> int:
    counts = np.bincount(fold_of_user[learners])
    return sum(_parts(int(count), batch_users) for count in counts if count)


def _parts(users: int, batch_users: int) -> int:
    return max(1, round(users / batch_users))


def _draw_batches(
    grouped: RatingsByUser,
    learners: Int64Array,
    rows: TrainingRows,
    training: TrainingConfig,
    random: np.random.Generator,
) -> Iterator[Batch]:
    """Draw one episode for each learner, in batches of one fold each."""
    shuffled = grouped.shuffled(random)
    drawn: list[tuple[int, Int64Array]] = []
    for fold in range(len(rows.folds)):
        inside = random.permutation(learners[rows.fold_of_user[learners] == fold])
        if len(inside):
            parts = np.array_split(inside, _parts(len(inside), training.batch_users))
            drawn += [(fold, part) for part in parts]
    items = len(rows.whole) // 2
    for place in random.permutation(len(drawn)):
        fold, users = drawn[place]
        counts = shuffled.counts[users]
        support_sizes = _support_sizes(counts, training.support_limit, random)
        query_sizes = np.minimum(counts - support_sizes, training.query_size)
        cold = random.random((len(users), 1)) < training.cold_episodes
        # Drawn for the users of all ranks, so that all draw alike.
        new_support, new_query = (
            cold | (random.random((len(users), sizes.max(initial=0))) < training.cold_items)
            for sizes in (support_sizes, query_sizes)
        )
        unknown = random.random(len(users)) < training.unknown_rate
        mine = grouped.ranks.mine(users)
        own, support_sizes = users[mine], support_sizes[mine]
        support = shuffled.padded(own, np.zeros_like(own), support_sizes)
        query = shuffled.padded(own, support_sizes, query_sizes[mine])
        yield Batch(
            fold,
            own,
            support,
            query,
            _as_rows(support, new_support[mine], items),
            _as_rows(query, new_query[mine], items),
            unknown[mine],
            len(own) / len(users),
        )


def _as_rows(ratings: PaddedRatings, new: BoolArray, items: int) -> Tensor:
    """Item rows of ratings, where some show an item as if it were new."""
    index = ratings.item_index
    return torch.from_numpy(index + items * new[:, : index.shape[1]])


def _support_sizes(counts: Int64Array, limit: int, random: np.random.Generator) -> Int64Array:
    """Draw support sizes: half of them nearly all ratings, a quarter few, a quarter in between."""
    spared = np.where(counts > _SPARED_QUERY + _LEAST_RATINGS, _SPARED_QUERY, 3)
    most = np.clip(np.minimum(counts - spared, limit), 0, None)
    kind, place = random.random(len(counts)), random.random(len(counts))
    # Of users with far more ratings than the limit, any size: nothing ties them to the most.
    rich = np.floor(3 + place * (limit - 2)).astype(np.int64)
    nearly_all = np.where(counts <= limit + _SPARED_QUERY, most, np.minimum(rich, most))
    few = np.floor(place * (np.minimum(_FEW, most) + 1)).astype(np.int64)
    between = np.floor(np.exp(place * np.log(most + 1.0))).astype(np.int64)
    return np.where(kind < 0.5, nearly_all, np.where(kind < 0.75, few, np.minimum(between, most)))
