"""Episodes: each user's ratings split into a support set and a disjoint query set."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch
from torch import Tensor

from model.arrays import Float64Array, Int64Array
from model.data.dataset import Ratings

_DRAWN_CHUNK = 1 << 20


@dataclass(frozen=True)
class PaddedRatings:
    """One set of ratings an episode, padded to the longest; B episodes, n places.

    Attributes:
        item_index: Internal item indices, 0 where padded, shape [B, n].
        rating: On the data set's scale, 0 where padded, shape [B, n].
        mask: 1 for a rating, 0 for padding, shape [B, n].
    """

    item_index: Int64Array
    rating: Tensor
    mask: Tensor

    def first(self, count: int) -> PaddedRatings:
        """Keep the first `count` places, as a user with fewer ratings would have them."""
        return PaddedRatings(
            self.item_index[:, :count], self.rating[:, :count], self.mask[:, :count]
        )

    def rows(self, chosen: Int64Array | slice) -> PaddedRatings:
        """Return the sets of some episodes."""
        return PaddedRatings(self.item_index[chosen], self.rating[chosen], self.mask[chosen])


@dataclass(frozen=True)
class Episodes:
    """A batch of episodes.

    Attributes:
        user_index: Internal user indices, shape [B].
        support_set: What the local update learns from.
        query_set: What the adapted copy is judged by; shares no rating with the support set.
        support_in_training: Whether θ was learnt from the support ratings too, as for warm users;
            item statistics then have to leave them out.
        share: B as a share of the episodes of all ranks that are drawn together.
    """

    user_index: Int64Array
    support_set: PaddedRatings
    query_set: PaddedRatings
    support_in_training: bool = False
    share: float = 1.0

    def __len__(self) -> int:
        return len(self.user_index)

    def rows(self, chosen: Int64Array | slice) -> Episodes:
        """Return some of the episodes."""
        return replace(
            self,
            user_index=self.user_index[chosen],
            support_set=self.support_set.rows(chosen),
            query_set=self.query_set.rows(chosen),
        )

    def chunks(self, size: int = 256) -> Iterator[Episodes]:
        """Part the episodes, so that memory does not grow with their number.

        Args:
            size: Most episodes a chunk.

        Yields:
            Chunks in order; one that is empty if there are no episodes.
        """
        for start in range(0, max(len(self), 1), size):
            yield self.rows(slice(start, start + size))


class RatingsByUser:
    """Ratings grouped by user, to draw episodes from.

    Args:
        ratings: The ratings; of several ranks, those of this one.
        users: Number of users, rated or not.
    """

    def __init__(self, ratings: Ratings, users: int) -> None:
        order = np.argsort(ratings.user_index, kind="stable")
        self.ranks = ratings.ranks
        self.user_index = ratings.user_index[order]
        self.item_index = ratings.item_index[order]
        self.rating = ratings.rating[order]
        own: Int64Array = np.bincount(ratings.user_index, minlength=users)
        # Of the users of all ranks; where their ratings begin is known of this one's alone.
        self.counts: Int64Array = self.ranks.total(own)
        self.starts: Int64Array = np.concatenate([[0], np.cumsum(own)[:-1]])

    def shuffled(self, random: np.random.Generator) -> RatingsByUser:
        """Return a copy with every user's ratings in a new random order.

        It is the same on however many ranks the ratings are.
        """
        order = np.argsort(self.user_index + self._drawn(random))
        copy = RatingsByUser.__new__(RatingsByUser)
        copy.ranks = self.ranks
        copy.user_index = self.user_index
        copy.item_index = self.item_index[order]
        copy.rating = self.rating[order]
        copy.counts, copy.starts = self.counts, self.starts
        return copy

    def _drawn(self, random: np.random.Generator) -> Float64Array:
        """Draw a number for each rating of all users; return those of the ratings held here."""
        if self.ranks.size == 1:
            return random.random(len(self.rating))
        found = np.empty(len(self.rating))
        of_all = np.concatenate([[0], np.cumsum(self.counts)])
        place = np.arange(len(found)) + (of_all[:-1] - self.starts)[self.user_index]
        for start in range(0, int(of_all[-1]), _DRAWN_CHUNK):
            drawn = random.random(min(_DRAWN_CHUNK, int(of_all[-1]) - start))
            held = slice(*np.searchsorted(place, (start, start + len(drawn))))
            found[held] = drawn[place[held] - start]
        return found

    def of_users(self, users: Int64Array) -> Ratings:
        """Return the ratings of users whose internal indices follow each other, one by one."""
        mine = slice(*np.searchsorted(self.user_index, (users[0], users[-1] + 1)))
        return Ratings(self.user_index[mine], self.item_index[mine], self.rating[mine])

    def padded(self, users: Int64Array, skip: Int64Array, take: Int64Array) -> PaddedRatings:
        """Gather each user's ratings from position `skip`, `take` of them.

        Args:
            users: Internal user indices of this rank, shape [B].
            skip: How many of the user's ratings to pass over, shape [B].
            take: How many to take, shape [B].

        Returns:
            Padded to the largest `take`.
        """
        places = np.arange(int(take.max(initial=0)))
        mask = places < take[:, None]
        rows = np.where(mask, (self.starts[users] + skip)[:, None] + places, 0)
        return PaddedRatings(
            np.where(mask, self.item_index[rows], 0),
            torch.from_numpy(np.where(mask, self.rating[rows], 0).astype(np.float32)),
            torch.from_numpy(mask.astype(np.float32)),
        )


class UserQueue:
    """Users in a random order, pass after pass, each pass with their ratings in a new order.

    Args:
        ratings: The ratings.
        users: Whom to draw, shape [users].
        batch: How many at a time.
        random: Source of randomness, which others may draw from in between.
    """

    def __init__(
        self, ratings: RatingsByUser, users: Int64Array, batch: int, random: np.random.Generator
    ) -> None:
        self._ratings, self._users, self._batch, self._random = ratings, users, batch, random
        self._left = np.empty(0, dtype=np.int64)
        self._shuffled = ratings
        self._before_pass = random.bit_generator.state

    def next(self) -> tuple[Int64Array, RatingsByUser]:
        """Return the next users and their ratings in the order of this pass."""
        if len(self._left) < min(self._batch, len(self._users)):
            self._begin_pass()
        chosen, self._left = self._left[: self._batch], self._left[self._batch :]
        return chosen, self._shuffled

    def _begin_pass(self) -> None:
        self._before_pass = self._random.bit_generator.state
        self._left = self._random.permutation(self._users)
        self._shuffled = self._ratings.shuffled(self._random)

    def as_json(self) -> dict[str, Any]:
        """Return what a checkpoint keeps: where this pass began, and how much of it is left."""
        return {"before_pass": self._before_pass, "left": len(self._left)}

    def restore(self, notes: Mapping[str, Any]) -> None:
        """Take on what a checkpoint kept; the source of randomness stays where it is."""
        now = self._random.bit_generator.state
        self._random.bit_generator.state = notes["before_pass"]
        self._begin_pass()
        self._left = self._left[len(self._left) - notes["left"] :]
        self._random.bit_generator.state = now


def draw_training_batches(
    grouped: RatingsByUser,
    users: Int64Array,
    *,
    batch_users: int,
    query_size: int,
    support_limit: int,
    random: np.random.Generator,
) -> Iterator[Episodes]:
    """Draw one episode for each user, in batches and in random order.

    The query set is `query_size` random ratings, or half of them where a user has few. The
    support set is drawn from the rest, with a size that is itself drawn (log-uniform from 0 to
    all, at most `support_limit`), so that θ learns to serve a first rating as well as a
    fiftieth.

    Args:
        grouped: The ratings.
        users: Whom to draw, shape [users]; those with fewer than two ratings are passed over.
        batch_users: Episodes a batch.
        query_size: Ratings in a query set.
        support_limit: Most ratings in a support set.
        random: Source of randomness.

    Yields:
        Batches that cover every user once; of several ranks, the part of each that is this one's.
    """
    shuffled = grouped.shuffled(random)
    users = random.permutation(users[grouped.counts[users] >= 2])
    counts = grouped.counts[users]
    query_sizes = np.minimum(query_size, counts // 2)
    rest = np.minimum(counts - query_sizes, support_limit)
    support_sizes = np.floor(np.exp(random.random(len(users)) * np.log(rest + 2.0)) - 1.0)
    support_sizes = support_sizes.astype(np.int64)
    for start in range(0, len(users), batch_users):
        chosen = slice(start, start + batch_users)
        mine = grouped.ranks.mine(users[chosen])
        own, queries = users[chosen][mine], query_sizes[chosen][mine]
        yield Episodes(
            own,
            shuffled.padded(own, queries, support_sizes[chosen][mine]),
            shuffled.padded(own, np.zeros_like(own), queries),
            share=len(own) / len(users[chosen]),
        )


def draw_test_episodes(
    grouped: RatingsByUser,
    users: Int64Array,
    *,
    query_size: int,
    support_limit: int,
    random: np.random.Generator,
) -> Episodes:
    """Draw one fixed episode for each user: `query_size` random ratings, the rest support.

    Args:
        grouped: The ratings.
        users: Whom to draw, shape [users]; those without a rating beyond the query set are
            passed over.
        query_size: Ratings in a query set.
        support_limit: Most ratings in a support set.
        random: Source of randomness.

    Returns:
        All episodes in one batch; of several ranks, those of this one's users.
    """
    shuffled = grouped.shuffled(random)
    chosen = users[grouped.counts[users] > query_size]
    users = chosen[grouped.ranks.mine(chosen)]
    query_sizes = np.full(len(users), query_size)
    support_sizes = np.minimum(grouped.counts[users] - query_size, support_limit)
    return Episodes(
        users,
        shuffled.padded(users, query_sizes, support_sizes),
        shuffled.padded(users, np.zeros_like(users), query_sizes),
        share=len(users) / max(1, len(chosen)),
    )
