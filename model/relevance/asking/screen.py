"""Which questions to put on one screen, of candidates whose answers were weighed one by one.

An answer improves the user's list, which is its gain, and makes predicted ratings surer
(`model.rating_uncertainty`). Of the candidates c the one is asked with the largest

    gain(c) / max gain + P(c is known) told(c) / max P(c is known) told(c).

The items of one screen are chosen together: what the answers to the first would tell is no longer
to be learnt from the second. Each outcome displaces the chances of the user's best items; of a
candidate's displacements, the part that lies in the span of those chosen before is not counted.
Ratings become surer by what the first is expected to tell of them.

Dimensions: C candidates, O outcomes, T items of the user's list or items that are predicted.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from model.arrays import Float32Array, Float64Array, Int64Array
from model.rating_uncertainty import RatingUncertainty

FAMILIAR = 15
"""Candidates beside those that were chosen before for the same screen."""
FAMILIAR_WITH_RATINGS = 30
"""The same where answers are to make predicted ratings surer too."""
_NOISE = 0.01
"""Share of the energy of a pick's largest displacement at which a smaller one counts half."""
_ROUNDING = 1e-12
_TINY = float(np.finfo(np.float64).tiny)


@dataclass
class RatingsTold:
    """What answers to candidates tell of predicted ratings, after those chosen before.

    Attributes:
        uncertainty: How unsure the ratings are.
        known: How likely the user knows each candidate, shape [C].
        weights: How likely the user rates each predicted item, shape [T].
    """

    uncertainty: RatingUncertainty
    known: Float32Array
    weights: Float64Array

    def told(self, of: Int64Array) -> Float64Array:
        """Return what the answers of some candidates are expected to tell, by their places."""
        return self.uncertainty.told(self.weights, of) * self.known[of]

    def choose(self, candidate: int) -> None:
        """Go on as if a candidate was asked about."""
        self.uncertainty = self.uncertainty.after(candidate, float(self.known[candidate]))


def _share(values: Float64Array) -> Float64Array:
    """Return values as shares of the largest; one that is no number is none."""
    left = np.where(np.isfinite(values), np.maximum(values, 0), 0)
    found: Float64Array = left / max(left.max(initial=0), _TINY)
    return found


def choose_jointly(
    gain: Float64Array,
    displaced: Float32Array,
    limit: int,
    ratings: RatingsTold | None = None,
) -> tuple[Int64Array, Float64Array]:
    """Choose one after the other, each for what those before it leave to be learnt; see the module.

    Args:
        gain: Of each candidate by itself, the most familiar first, shape [C].
        displaced: How each outcome displaces the chances of the user's best items, times the root
            of its own chance, shape [C, O, T].
        limit: How many to choose.
        ratings: What answers tell of predicted ratings; None if nothing.

    Returns:
        Places of the chosen candidates, and the gain of each after those before it.
    """
    # Weights beyond all measure tell nothing of what to ask.
    gain = np.nan_to_num(gain, nan=0, posinf=0, neginf=0)
    left = _Displacements(np.nan_to_num(displaced, nan=0, posinf=0, neginf=0))
    free = np.ones(len(gain), dtype=np.bool_)
    chosen: list[int] = []
    gains: list[float] = []
    width = FAMILIAR if ratings is None else FAMILIAR_WITH_RATINGS
    for _ in range(limit):
        value = gain * left.share
        # A window of the most familiar that are left: as if one was asked after the other.
        window = np.flatnonzero(free)[:width]
        worth = value[window]
        if ratings is not None:
            worth = _share(worth) + _share(ratings.told(window))
        pick = int(window[np.argmax(worth)])
        chosen.append(pick)
        gains.append(float(value[pick]))
        free[pick] = False
        if len(chosen) == limit:
            break
        if ratings is not None:
            ratings.choose(pick)
        left.choose(pick)
    return np.array(chosen, dtype=np.int64), np.array(gains)


class _Displacements:
    """What is left of candidates' displacements, after those chosen before.

    Of the displacements d only their products are needed. Those of a pick are U S Vᵀ; off d is
    taken Σ_j τ_j (d · v_j) v_j, with τ_j = s_j² / (s_j² + noise), and off the products of d and d'

        Σ_j τ_j (2 − τ_j) (d · v_j) (d' · v_j)        d · v_j = Σ_i d · pick_i U_ij / s_j.

    Directions in which a pick hardly displaces anything are rounding, and tell nothing.

    Args:
        displaced: Shape [C, O, T].
    """

    def __init__(self, displaced: Float32Array) -> None:
        self._outcomes = displaced.shape[1]
        self._rows = displaced.reshape(-1, displaced.shape[2]).astype(np.float64)
        self._all = self._energy(self._rows)
        self._left = self._all.copy()
        # What was taken off: products of these rows.
        self._taken = np.zeros((len(self._rows), 0))

    def _energy(self, rows: Float64Array) -> Float64Array:
        """Sum the squares of each candidate, shape [C]."""
        squares = np.einsum("rt,rt->r", rows, rows)
        found: Float64Array = squares.reshape(-1, self._outcomes).sum(1)
        return found

    @property
    def share(self) -> Float64Array:
        """How much is left of the energy of each candidate, shape [C]."""
        return np.maximum(self._left, 0) / np.maximum(self._all, _TINY)

    def choose(self, candidate: int) -> None:
        """Take off what one candidate tells."""
        mine = slice(candidate * self._outcomes, (candidate + 1) * self._outcomes)
        products = self._rows @ self._rows[mine].T - self._taken @ self._taken[mine].T
        squares, turned = np.linalg.eigh(products[mine])
        squares = np.maximum(squares, 0)
        # Of a pick that those before it told all of, only rounding is left.
        noise = max(_NOISE * squares[-1], _ROUNDING * self._all[candidate], _TINY)
        told = squares / (squares + noise)
        # τ (2 − τ) / s², which is a number where s is none.
        along = products @ (turned * np.sqrt((2 - told) / (squares + noise)))
        self._taken = np.concatenate([self._taken, along], axis=1)
        self._left -= self._energy(along)
