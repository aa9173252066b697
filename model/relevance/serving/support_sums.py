"""Support sets as the local update of the relevance objective reads them: as sums.

Dimensions: M members, B support sets, n answers, W width.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from model.answers import Answer, Kind
from model.arrays import Float32Array
from model.relevance.answer_network import COUNT_SCALE
from model.relevance.comparisons import OfferedVectors, asked


@dataclass(frozen=True)
class SupportSums:
    """Bags of B support sets; their kinds are liked, disliked, rated else, and unseen.

    Of support sets that differ by an answer most is the same: there B is 1 for what all share.

    Attributes:
        entry: Sums of e of each kind, four of shape [M, B, W].
        output: Sums of ō of what is liked and disliked, two of shape [M, B, W + 1].
        counts: How many there are of each kind, shape [4, B].
        asked: The choice among what was asked about.
        compared: What was compared, the same in all of them.
    """

    entry: tuple[Float32Array, ...]
    output: tuple[Float32Array, ...]
    counts: Float32Array
    asked: OfferedVectors
    compared: tuple[OfferedVectors, ...] = ()

    @property
    def offered(self) -> tuple[OfferedVectors, ...]:
        """All choices among what was offered."""
        return (*self.compared, self.asked) if self.asked.is_choice else self.compared

    @property
    def rated(self) -> Float32Array:
        """How many ratings there are, shape [B]."""
        found: Float32Array = self.counts[: Kind.UNSEEN].sum(0)
        return found

    @cached_property
    def damping(self) -> tuple[Float32Array, ...]:
        """What the bag of each kind counts where it is read, four of shape [B, 1]."""
        counts = self.counts[:, :, None]
        rated, unseen = ((one + 1) ** np.float32(-0.5) for one in (counts[:3].sum(0), counts[3]))
        # Where nobody likes anything the network does not see what is disliked.
        liked_share = counts[Kind.LIKED] / np.maximum(counts[Kind.LIKED] + counts[Kind.DISLIKED], 1)
        return rated, rated * liked_share, rated, unseen

    @property
    def sizes(self) -> Float32Array:
        """How many are unseen, and how many rated, as networks read it; shape [1, B, 2]."""
        both = np.stack([self.counts[Kind.UNSEEN], self.rated], axis=1)[None]
        found: Float32Array = np.log1p(both) / np.float32(COUNT_SCALE)
        return found

    @classmethod
    def of(
        cls,
        entry: Float32Array,
        output: Float32Array,
        answers: Sequence[Answer],
        members: int,
        kept: Float32Array | None = None,
    ) -> SupportSums:
        """Sum over one support set, or over parts of it.

        Args:
            entry: e of its items, shape [n, M W].
            output: ō of its items, shape [n, M (W + 1)].
            answers: What was answered, n of them.
            members: M.
            kept: 1 for each answer that a part holds, else 0, shape [B, n]; one part that holds
                all if None.

        Returns:
            The bags, with B = 1 for one support set.
        """
        weights = np.zeros((len(Kind), 1, len(answers)), dtype=np.float32)
        for place, one in enumerate(answers):
            weights[one.kind, 0, place] = one.weight
        if kept is not None:
            weights = weights * kept
        parts = weights.shape[1]

        def sums(values: Float32Array, kinds: int) -> tuple[Float32Array, ...]:
            flat = weights[:kinds].reshape(kinds * parts, len(answers)) @ values
            return tuple(flat.reshape(kinds, parts, members, -1).transpose(0, 2, 1, 3))

        return cls(
            sums(entry, len(Kind)),
            sums(output, 2),
            weights.sum(2),
            asked(output, answers, members, None if kept is None else kept > 0),
        )

    @classmethod
    def of_users(cls, users: Sequence[SupportSums]) -> SupportSums:
        """Put support sets of several users side by side, none of which tells of an offer."""
        return cls(
            _beside(one.entry for one in users),
            _beside(one.output for one in users),
            np.concatenate([one.counts for one in users], axis=1),
            users[0].asked,
        )

    def with_one_more(self, entry: Float32Array, output: Float32Array, kind: Kind) -> SupportSums:
        """Ask one more question of B = 1 support set, another in each copy of it.

        Args:
            entry: e of the items that are answered, shape [M, n, W].
            output: ō of the same, shape [M, n, W + 1].
            kind: What is answered.

        Returns:
            The bags of n support sets.
        """
        entries, outputs, counts = [*self.entry], [*self.output], self.counts.copy()
        entries[kind] = entries[kind] + entry
        counts[kind] += 1
        if kind in (Kind.LIKED, Kind.DISLIKED):
            outputs[kind] = outputs[kind] + output
        shown = self.asked.with_one_more(output, kind)
        return SupportSums(tuple(entries), tuple(outputs), counts, shown, self.compared)

    def with_comparison(self, offered: OfferedVectors) -> SupportSums:
        """Add what was chosen of what was offered, to all of them."""
        return replace(self, compared=(*self.compared, offered))


def _beside(users: Iterable[tuple[Float32Array, ...]]) -> tuple[Float32Array, ...]:
    """Put the bags of users side by side, kind by kind."""
    return tuple(np.concatenate(bags, axis=1) for bags in zip(*users, strict=True))
