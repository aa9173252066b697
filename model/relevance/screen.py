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
    left = np.maximum(np.nan_to_num(values, nan=0, posinf=0, neginf=0), 0)
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
    left = np.nan_to_num(displaced, nan=0, posinf=0, neginf=0).astype(np.float64)
    gain = np.nan_to_num(gain, nan=0, posinf=0, neginf=0)
    energy = np.square(left).sum((1, 2))
    free = np.ones(len(gain), dtype=np.bool_)
    chosen: list[int] = []
    gains: list[float] = []
    width = FAMILIAR if ratings is None else FAMILIAR_WITH_RATINGS
    for _ in range(limit):
        share = np.square(left).sum((1, 2)) / np.maximum(energy, _TINY)
        value = gain * share
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
        _, size, directions = np.linalg.svd(left[pick], full_matrices=False)
        # Directions in which a pick hardly displaces anything are rounding, and tell nothing.
        told = np.square(size) / np.maximum(np.square(size) + _NOISE * size[0] ** 2, _TINY)
        left = left - (left @ directions.T * told) @ directions
    return np.array(chosen, dtype=np.int64), np.array(gains)
