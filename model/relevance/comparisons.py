"""Answers that compare: which of two items, or points over groups of items.

Whoever compares chooses among what is offered, and not out of the whole catalogue. An alternative
a of items A is as likely as its mean item, ō_a = Σ_{i ∈ A} ō_i / |A|, so that

    P(a | offered) = exp(ū · ō_a) / Σ_{b offered} exp(ū · ō_b),

which for two alternatives is the model of Bradley and Terry ("Rank Analysis of Incomplete Block
Designs", 1952). Beside that stands what is known of users beforehand: their vectors scatter about
where the rest of the local update ends, ū₀, with a covariance Σ that was learnt (`TasteSpread`),
and the less the more items they rated. The answer is the likeliest vector of both,

    ū = argmax Σ_a points_a ln P(a | offered) − λ (ū − ū₀)ᵀ Σ⁻¹ (ū − ū₀) / 2.

All items that a user was asked about make one more offer: those that were liked are chosen among
them, with half a point for what is known and neither liked nor disliked. The bags of the amortised
start tell which items were liked and which were not known, but not that these were the choice.

It lies at ū₀ + Σ Oᵀ α, with O the alternatives' vectors one below the other, so a few of Newton's
steps in α find it, each as far as it helps.

Dimensions: M members, B support sets, A alternatives of all that was offered, W width.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from model.answers import Answer, Kind
from model.arrays import Float32Array, Float64Array

_MOST_STEPS = 30
_CLOSE = 1e-5
"""Gradient in points at which α is found."""
_ROUNDING = 1e-3
_LENGTHS = (1.0, 1 / 3, 1 / 9, 1 / 27, 1 / 81)
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
    """

    output: Float32Array
    points: Float32Array

    @property
    def is_choice(self) -> bool:
        """Tell whether some were chosen, and others not."""
        return bool(self.points.any()) and bool((self.points != self.points[0]).any())

    def with_one_more(self, output: Float32Array, kind: Kind) -> OfferedVectors:
        """Add an item that was asked about, another one for each of B.

        Args:
            output: ō of the items, shape [M, B, W + 1].
            kind: How it was answered.

        Returns:
            The offer with one more alternative.
        """
        several = output.shape[1] // self.output.shape[1]
        return OfferedVectors(
            np.concatenate([np.repeat(self.output, several, 1), output[:, :, None]], axis=2),
            np.append(self.points, np.float32(_POINTS[kind])),
        )


def asked(output: Float32Array, answers: Sequence[Answer], members: int) -> OfferedVectors:
    """Lay out the choice among the items that a user was asked about.

    Args:
        output: ō of the items of all answers, shape [n, M (W + 1)].
        answers: All answers, n of them.
        members: M.

    Returns:
        The offer, of those that were asked.
    """
    which = [place for place, one in enumerate(answers) if one.asked]
    points = [_POINTS[answers[place].kind] for place in which]
    width = output.shape[1] // members
    rows = output[which].reshape(len(which), members, width).transpose(1, 0, 2)
    return OfferedVectors(np.ascontiguousarray(rows[:, None]), np.array(points, dtype=np.float32))


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


def likeliest(
    vector: Float32Array,
    offered: Sequence[OfferedVectors],
    spread: TasteSpread,
    rated: Float32Array,
) -> Float32Array:
    """Move users' own vectors to where what they chose is likeliest; see the module.

    Args:
        vector: ū₀, shape [M, B, W + 1].
        offered: What was offered, and chosen by all of the B.
        spread: Σ.
        rated: How many items each rated, shape [B].

    Returns:
        ū, shape [M, B, W + 1].
    """
    several = max(one.output.shape[1] for one in offered)
    every = np.concatenate(
        [np.repeat(one.output, several // one.output.shape[1], axis=1) for one in offered], axis=2
    ).astype(np.float64)
    # As one product a member: broadcast, each small one would take a copy of Σ.
    flat = every.reshape(len(every), -1, every.shape[3])
    along = np.matmul(flat, spread.covariance.astype(np.float64)).reshape(every.shape)
    turned = every.transpose(0, 1, 3, 2)
    choice = _Choice.of(
        _times(vector, turned), np.matmul(along, turned), offered, spread.certainty(rated)[:, None]
    )
    found: Float32Array = vector + _times(choice.solved(), along).astype(np.float32)
    return found


def _times(
    vectors: Float32Array | Float64Array, matrices: Float32Array | Float64Array
) -> Float64Array:
    """Multiply each vector, shape [M, B, n], by its own matrix, or by the one there is."""
    found: Float64Array = np.matmul(vectors[..., None, :], matrices)[..., 0, :]
    return found


@dataclass(frozen=True)
class _Choice:
    """The problem in α.

    Attributes:
        start: ū₀ · ō_a, shape [M, B, A].
        kernel: O Σ Oᵀ, shape [M, B, A, A], or with 1 for B.
        points: Shape [A].
        totals: Points of the offer that each alternative belongs to, shape [A].
        among: Which alternatives were offered together, shape [A, A].
        certainty: λ, shape [B, 1].
    """

    start: Float64Array
    kernel: Float64Array
    points: Float64Array
    totals: Float64Array
    among: Float64Array
    certainty: Float32Array

    @classmethod
    def of(
        cls,
        start: Float64Array,
        kernel: Float64Array,
        offered: Sequence[OfferedVectors],
        certainty: Float32Array,
    ) -> _Choice:
        which = np.repeat(np.arange(len(offered)), [len(one.points) for one in offered])
        among = (which[:, None] == which).astype(np.float64)
        points = np.concatenate([one.points for one in offered]).astype(np.float64)
        return cls(start, kernel, points, among @ points, among, certainty)

    def solved(self) -> Float64Array:
        """Return α, shape [M, B, A]."""
        alpha = np.zeros(self.start.shape)
        unit = np.eye(len(self.points))
        for _ in range(_MOST_STEPS):
            chance, value = self._chance_and_value(alpha)
            gradient = self.points - self.totals * chance - self.certainty * alpha
            # What is not finite is found by whoever adapts.
            if not np.abs(gradient).max() > _CLOSE * (1 + self.totals.max()):
                break
            spread = (
                unit * chance[..., None, :]
                - self.among * chance[..., None] * (chance[..., None, :])
            )
            slope = self.certainty[..., None] * unit + np.matmul(
                self.totals[:, None] * spread, self.kernel
            )
            step = np.linalg.solve(slope, gradient[..., None])[..., 0]
            best, best_value = alpha, value
            for length in _LENGTHS:
                there = alpha + length * step
                _, value_there = self._chance_and_value(there)
                better = value_there > best_value
                best = np.where(better[..., None], there, best)
                best_value = np.where(better, value_there, best_value)
            alpha = best
        return alpha

    def _chance_and_value(self, alpha: Float64Array) -> tuple[Float64Array, Float64Array]:
        """Return P(a | offered), shape [M, B, A], and what is maximised, shape [M, B]."""
        moved = _times(alpha, self.kernel)
        logits = self.start + moved
        # The highest of all alternatives will do: logits of one catalogue lie near each other.
        highest = logits.max(2, keepdims=True)
        odds = np.exp(logits - highest)
        total = np.maximum(np.matmul(odds, self.among), np.finfo(np.float64).tiny)
        loglik = (self.points * (logits - highest - np.log(total))).sum(2)
        prior = (self.certainty[:, 0]) * (alpha * moved).sum(2) / 2
        return odds / total, loglik - prior
