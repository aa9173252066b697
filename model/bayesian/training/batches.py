"""Training episodes of the preset `default`, in batches of one fold of the users each."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor

from model.arrays import BoolArray, Int64Array
from model.bayesian.preset import TrainingConfig
from model.bayesian.training.item_features import ItemRows, TrainingRows
from model.episodes import PaddedRatings, RatingsByUser

LEAST_RATINGS = 4
"""Ratings of a user from which episodes are drawn, where anybody has so many."""
_SPARED_QUERY = 10
_FEW = 8


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


def batch_count(learners: Int64Array, fold_of_user: Int64Array, batch_users: int) -> int:
    """Return how many batches `draw_batches` draws.

    Args:
        learners: Who is learnt from, internal user indices.
        fold_of_user: The fold of each user, shape [users].
        batch_users: Users of a batch, about.

    Returns:
        Their number.
    """
    counts = np.bincount(fold_of_user[learners])
    return sum(_parts(int(count), batch_users) for count in counts if count)


def _parts(users: int, batch_users: int) -> int:
    return max(1, round(users / batch_users))


def draw_batches(
    grouped: RatingsByUser,
    learners: Int64Array,
    rows: TrainingRows,
    training: TrainingConfig,
    random: np.random.Generator,
) -> Iterator[Batch]:
    """Draw one episode for each learner, in batches of one fold each.

    Args:
        grouped: Training ratings by user, brought to a range of 4.
        learners: Who is learnt from, internal user indices.
        rows: What the encoder sees of items.
        training: Configuration.
        random: Every draw follows from it.

    Yields:
        The batches, in random order.
    """
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
    spared = np.where(counts > _SPARED_QUERY + LEAST_RATINGS, _SPARED_QUERY, 3)
    most = np.clip(np.minimum(counts - spared, limit), 0, None)
    kind, place = random.random(len(counts)), random.random(len(counts))
    # Of users with far more ratings than the limit, any size: nothing ties them to the most.
    rich = np.floor(3 + place * (limit - 2)).astype(np.int64)
    nearly_all = np.where(counts <= limit + _SPARED_QUERY, most, np.minimum(rich, most))
    few = np.floor(place * (np.minimum(_FEW, most) + 1)).astype(np.int64)
    between = np.floor(np.exp(place * np.log(most + 1.0))).astype(np.int64)
    return np.where(kind < 0.5, nearly_all, np.where(kind < 0.75, few, np.minimum(between, most)))


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
