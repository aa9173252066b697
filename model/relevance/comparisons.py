"""Answers that compare: which of two items, or points over groups of items.

Whoever compares chooses among what is offered, and not out of the whole catalogue. An alternative
a of items A is as likely as its mean item, ō_a = Σ_{i ∈ A} ō_i / |A|, so that

    P(a | offered) = exp(ū · ō_a) / Σ_{b offered} exp(ū · ō_b),

which for two alternatives is the model of Bradley and Terry ("Rank Analysis of Incomplete Block
Designs", 1952). Beside that stands what is known of users beforehand: their vectors scatter about
where the rest of the local update ends, ū₀, with a covariance Σ that was learnt (`TasteSpread`),
and the less the more items they rated. `model.relevance.serving.likeliest_vector` finds the
likeliest vector of both.

All items that a user was asked about make one more offer: those that were liked are chosen among
them, with half a point for what is known and neither liked nor disliked. The bags of the amortised
start tell which items were liked and which were not known, but not that these were the choice.

Dimensions: M members, B support sets, n alternatives of an offer, W width.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from model.answers import Answer, Kind
from model.arrays import BoolArray, Float32Array

_ROUNDING = 1e-3
RELIABILITY = 0.5
"""What a comparison counts for beside an answer about an item.

Who answers by groups knows them less well than the model does. Chosen among .1, .25, .35, .5, .7,
1 and 2 by the lists of new users.
"""
_POINTS = {Kind.LIKED: 1.0, Kind.DISLIKED: 0.0, Kind.RATED: 0.5, Kind.UNSEEN: 0.0}


class OfferedVectors(NamedTuple):
    """What was offered once, and what was chosen.

    Attributes:
        output: ō of each alternative, shape [M, B, n, W + 1], or with 1 for B if all are offered
            the same.
        points: How often each was chosen, shape [n].
        last: ō of one more alternative, another one for each of B, shape [M, B, W + 1]; its points
            are the last ones. None if there is none.
        kept: Which alternatives each of B was offered, shape [B, n]; all of them if None.
    """

    output: Float32Array
    points: Float32Array
    last: Float32Array | None = None
    kept: BoolArray | None = None

    @property
    def is_choice(self) -> bool:
        """Tell whether some were chosen, and others not, by one of B at least."""
        if self.kept is not None:
            return bool(self.points_of_each.any())
        return bool(self.points.any()) and bool((self.points != self.points[0]).any())

    @property
    def points_of_each(self) -> Float32Array:
        """Points of each of B, shape [B, n], or with 1 for B: 0 for all where it is no choice."""
        if self.kept is None:
            return self.points[None]
        highest = np.where(self.kept, self.points, -np.inf).max(1, initial=-np.inf)
        lowest = np.where(self.kept, self.points, np.inf).min(1, initial=np.inf)
        counts = self.kept & (highest > lowest)[:, None]
        return np.where(counts, self.points, np.float32(0))

    @property
    def parts(self) -> tuple[Float32Array, ...]:
        """The alternatives in their order, shape [M, B, n, W + 1] each; B is 1 where all share."""
        return (self.output,) if self.last is None else (self.output, self.last[:, :, None])

    def with_one_more(self, output: Float32Array, kind: Kind) -> OfferedVectors:
        """Add an item that was asked about, another one for each of B.

        Args:
            output: ō of the items, shape [M, B, W + 1].
            kind: How it was answered.

        Returns:
            The offer with one more alternative.
        """
        return OfferedVectors(
            self.output, np.append(self.points, np.float32(_POINTS[kind])), last=output
        )


def asked(
    output: Float32Array,
    answers: Sequence[Answer],
    members: int,
    held: BoolArray | None = None,
) -> OfferedVectors:
    """Lay out the choice among the items that a user was asked about.

    Args:
        output: ō of the items of all answers, shape [n, M (W + 1)].
        answers: All answers, n of them.
        members: M.
        held: Which answers each of B parts of them holds, shape [B, n]; one part that holds all if
            None.

    Returns:
        The offer, of those that were asked.
    """
    which = [place for place, one in enumerate(answers) if one.asked]
    points = [_POINTS[answers[place].kind] for place in which]
    width = output.shape[1] // members
    rows = output[which].reshape(len(which), members, width).transpose(1, 0, 2)
    kept = None if held is None or held[:, which].all() else held[:, which]
    return OfferedVectors(
        np.ascontiguousarray(rows[:, None]), np.array(points, dtype=np.float32), kept=kept
    )


@dataclass(frozen=True)
class TasteSpread:
    """How users scatter about what little is known of them.

    Attributes:
        covariance: Σ of users who answered nothing, shape [M, W + 1, W + 1].
        halved_after: Ratings after which half of it is left.
    """

    covariance: Float32Array
    halved_after: float

    def is_covariance(self) -> bool:
        """Tell whether Σ is symmetric and has no negative eigenvalue, but for rounding."""
        turned = self.covariance.transpose(0, 2, 1)
        rounding = _ROUNDING * np.abs(self.covariance).max(initial=0)
        if np.abs(self.covariance - turned).max(initial=0) > rounding:
            return False
        return bool(np.linalg.eigvalsh(self.covariance.astype(np.float64)).min() >= -rounding)

    def certainty(self, rated: Float32Array) -> Float32Array:
        """Return λ of users who rated so many items, shape [B]."""
        return 1 + rated / np.float32(self.halved_after)
