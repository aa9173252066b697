"""The likeliest vector of a user, given what was chosen of what was offered.

    ū = argmax Σ_a points_a ln P(a | offered) − λ (ū − ū₀)ᵀ Σ⁻¹ (ū − ū₀) / 2,

with the chances and the spread of `model.relevance.comparisons`. It lies at ū₀ + Σ Oᵀ α, with O the
alternatives' vectors one below the other, so a few of Newton's steps in α find it, each as far as
it helps. Many users who differ by one alternative share the products of all others.

Dimensions: M members, B support sets, A alternatives of all that was offered, W width.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from model.arrays import BoolArray, Float32Array, Float64Array, Int64Array
from model.relevance.comparisons import OfferedVectors, TasteSpread

_MOST_STEPS = 30
_CLOSE = 1e-5
"""Gradient in points at which α is found."""
_ENOUGH = 0.25
"""Share of what the slope promises at which a whole step is taken."""
_LENGTHS = (1.0, 1 / 3, 1 / 9, 1 / 27, 1 / 81)
_NEVER = -1e9
"""Logit of what was not offered."""


def likeliest(
    vector: Float32Array,
    offered: Sequence[OfferedVectors],
    spread: TasteSpread,
    rated: Float32Array,
) -> Float32Array:
    """Move users' own vectors to where what they chose is likeliest; see the module.

    Args:
        vector: ū₀, shape [M, B, W + 1].
        offered: What was offered, and chosen by all of the B whom it was offered to.
        spread: Σ.
        rated: How many items each rated, shape [B].

    Returns:
        ū, shape [M, B, W + 1].
    """
    shared, own = _Alternatives.of(offered, spread.covariance)
    choice = _Choice.of(
        _beside(shared.start(vector), own.start(vector)),
        shared.kernel(own),
        np.concatenate([shared.place, own.place]),
        offered,
        spread.certainty(rated)[:, None],
    )
    alpha = choice.solved()
    split = len(shared.place)
    moved = shared.moved(alpha[..., :split])
    if len(own.place):
        moved = moved + own.moved(alpha[..., split:])
    found: Float32Array = vector + moved.astype(np.float32)
    return found


@dataclass(frozen=True)
class _Alternatives:
    """Some of what was offered: what all of B share, or what each has of its own.

    Attributes:
        output: ō, shape [M, b, n, W + 1], with b = 1 where all share.
        along: ō Σ, the same shape.
        place: Where they are among all alternatives, shape [n].
    """

    output: Float64Array
    along: Float64Array
    place: Int64Array

    @classmethod
    def of(
        cls, offered: Sequence[OfferedVectors], covariance: Float32Array
    ) -> tuple[_Alternatives, _Alternatives]:
        """Part alternatives into what all share, and what each has of its own."""
        members, width = covariance.shape[:2]
        parts = [part for one in offered for part in one.parts]
        ends = np.cumsum([part.shape[2] for part in parts])
        several = max(part.shape[1] for part in parts)
        found = []
        # With one vector, or the same offers to all, everything is shared.
        for is_own in (False, True):
            mine = [at for at, part in enumerate(parts) if (part.shape[1] > 1) == is_own]
            nothing = np.zeros((members, several if mine and is_own else 1, 0, width), np.float32)
            output = np.concatenate([nothing, *(parts[at] for at in mine)], axis=2)
            every = output.astype(np.float64)
            # As one product a member: broadcast, each small one would take a copy of Σ.
            flat = every.reshape(members, -1, width)
            along = np.matmul(flat, covariance.astype(np.float64)).reshape(every.shape)
            places = [np.arange(ends[at] - parts[at].shape[2], ends[at]) for at in mine]
            place = np.concatenate([np.zeros(0, dtype=np.int64), *places])
            found.append(cls(every, along, place))
        return found[0], found[1]

    def start(self, vector: Float32Array) -> Float64Array:
        """Return ū₀ · ō, shape [M, B, n]."""
        if self.output.shape[1] == 1:
            shared: Float64Array = np.matmul(vector, self.output[:, 0].mT)
            return shared
        return _times(vector, self.output.mT)

    def kernel(self, own: _Alternatives) -> Float64Array:
        """Return O Σ Oᵀ of these shared ones, and those of one's own behind them."""
        members, several, more, width = own.output.shape
        count = len(self.place)
        shared: Float64Array = np.matmul(self.along[:, 0], self.output[:, 0].mT)
        if not more:
            return shared[:, None]
        flat = own.along.reshape(members, -1, width)
        across = np.matmul(flat, self.output[:, 0].mT).reshape(members, several, more, count)
        kernel = np.empty((members, several, count + more, count + more))
        kernel[..., :count, :count] = shared[:, None]
        kernel[..., count:, :count] = across
        kernel[..., :count, count:] = across.mT
        kernel[..., count:, count:] = np.matmul(own.along, own.output.mT)
        return kernel

    def moved(self, alpha: Float64Array) -> Float64Array:
        """Return Σ Oᵀ α, shape [M, B, W + 1]."""
        if self.output.shape[1] == 1:
            shared: Float64Array = np.matmul(alpha, self.along[:, 0])
            return shared
        return _times(alpha, self.along)


def _of_each(parts: Sequence[Float32Array | BoolArray]) -> Float64Array:
    """Put what each of B has of each offer beside each other; each may have 1 for B."""
    several = max(len(one) for one in parts)
    wide = [np.broadcast_to(one, (several, one.shape[1])) for one in parts]
    return np.concatenate(wide, axis=1).astype(np.float64)


def _solved(matrices: Float64Array, right: Float64Array) -> Float64Array:
    """Solve a system for each of B, shape [M, B, n]."""
    found: Float64Array = np.linalg.solve(matrices, right[..., None])[..., 0].astype(np.float64)
    return found


def _beside(one: Float64Array, other: Float64Array) -> Float64Array:
    """Put numbers of shape [M, B, n] beside each other; each may have 1 for B."""
    several = max(one.shape[1], other.shape[1])
    wide = [np.broadcast_to(each, (len(each), several, each.shape[2])) for each in (one, other)]
    return np.concatenate(wide, axis=2)


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
        points: Shape [B, A], or with 1 for B.
        totals: Points of the offer that each alternative belongs to, shaped alike.
        offer: Which offer that is, shape [A].
        of_offer: 1 where an alternative belongs to an offer, shape [offers, A].
        certainty: λ, shape [B, 1].
    """

    start: Float64Array
    kernel: Float64Array
    points: Float64Array
    totals: Float64Array
    offer: Int64Array
    of_offer: Float64Array
    certainty: Float64Array

    @classmethod
    def of(
        cls,
        start: Float64Array,
        kernel: Float64Array,
        place: Int64Array,
        offered: Sequence[OfferedVectors],
        certainty: Float32Array,
    ) -> _Choice:
        offer = np.repeat(np.arange(len(offered)), [len(one.points) for one in offered])[place]
        of_offer = (np.arange(len(offered))[:, None] == offer).astype(np.float64)
        points = _of_each([one.points_of_each for one in offered])[:, place]
        totals = (points @ of_offer.T)[:, offer]
        if any(one.kept is not None for one in offered):
            kept = _of_each(
                [
                    np.ones((1, len(one.points)), dtype=np.bool_) if one.kept is None else one.kept
                    for one in offered
                ]
            )
            start = np.where(kept[:, place] > 0, start, _NEVER)
        return cls(start, kernel, points, totals, offer, of_offer, certainty.astype(np.float64))

    def solved(self) -> Float64Array:
        """Return α, shape [M, B, A]."""
        alpha, moved = np.zeros(self.start.shape), np.zeros(self.start.shape)
        chance, value = self._chance_and_value(alpha, moved)
        close = _CLOSE * (1 + self.totals.max(1))
        for _ in range(_MOST_STEPS):
            gradient = self.points - self.totals * chance - self.certainty * alpha
            largest = np.abs(gradient).max(2)
            # What is not finite is found by whoever adapts.
            if not (largest / close).max() > 1:
                break
            step = _solved(self._slope(chance), gradient)
            if len(self.points) > 1:
                # Those who chose of offers of their own stop where each would alone.
                step *= (largest > close).any(0)[:, None]
            along = self._through_kernel(step)
            there, moved_there = alpha + step, moved + along
            chance_there, value_there = self._chance_and_value(there, moved_there)
            # A whole step brings half of what the slope promises where the problem is quadratic.
            promised = (gradient * along).sum(2)
            short = ~(value_there - value >= _ENOUGH * promised) & (largest > close)
            if short.any():
                best, best_value = np.zeros(short.shape), value
                for length in _LENGTHS:
                    scaled = length * step, length * along
                    _, tried = self._chance_and_value(alpha + scaled[0], moved + scaled[1])
                    best = np.where(tried > best_value, length, best)
                    best_value = np.maximum(tried, best_value)
                length_of = np.where(short, best, 1)[..., None]
                there, moved_there = alpha + length_of * step, moved + length_of * along
                chance_there, value_there = self._chance_and_value(there, moved_there)
            alpha, moved, chance, value = there, moved_there, chance_there, value_there
        return alpha

    def _slope(self, chance: Float64Array) -> Float64Array:
        """Return λ + diag(totals) (diag(p) − p pᵀ, within each offer) O Σ Oᵀ."""
        weighed = chance[..., None] * self.kernel
        expected = np.matmul(self.of_offer, weighed)
        if len(self.of_offer) > 1:
            expected = expected[..., self.offer, :]
        slope: Float64Array = self.kernel - expected
        slope *= (self.totals * chance)[..., None]
        np.einsum("...aa->...a", slope)[...] += self.certainty
        return slope

    def _through_kernel(self, alpha: Float64Array) -> Float64Array:
        if self.kernel.shape[1] == 1:
            shared: Float64Array = np.matmul(alpha, self.kernel[:, 0])
            return shared
        return _times(alpha, self.kernel)

    def _chance_and_value(
        self, alpha: Float64Array, moved: Float64Array
    ) -> tuple[Float64Array, Float64Array]:
        """Return P(a | offered), shape [M, B, A], and what is maximised, shape [M, B]."""
        logits = self.start + moved
        # The highest of all alternatives will do: logits of one catalogue lie near each other.
        logits -= logits.max(2, keepdims=True)
        odds = np.exp(logits)
        total = np.maximum(np.matmul(odds, self.of_offer.T), np.finfo(np.float64).tiny)
        log_total = np.log(total)
        if len(self.of_offer) > 1:
            total, log_total = total[..., self.offer], log_total[..., self.offer]
        logits -= log_total
        prior = self.certainty[:, 0] * (alpha * moved).sum(2) / 2
        shared = len(self.points) == 1
        chosen = logits @ self.points[0] if shared else (logits * self.points).sum(2)
        return odds / total, chosen - prior
