"""How unsure predicted ratings are, and what a rating of one item would tell of others.

Where the last layer is Bayesian, a user's predicted ratings are jointly normal. A rating of item c,
with a noise of variance s², takes

    cov(c, t)² / (var(c) + s²)

off the variance of the predicted rating of t. Of the questions that could be asked, the one after
which the variances sum up to least is the A-optimal one (Chaloner and Verdinelli, "Bayesian
Experimental Design: A Review", 1995). Here standard deviations are summed in their place, which the
mean absolute error grows with; each counts by how likely the user rates t.

Dimensions: M members, C candidates, T items whose ratings are predicted.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from model.arrays import Float32Array, Float64Array, Int64Array


@dataclass(frozen=True)
class RatingUncertainty:
    """Covariances of a user's predicted ratings, by what each member knows.

    Attributes:
        among: Of the candidates among each other, shape [M, C, C].
        across: Of the candidates with the items that are predicted, shape [M, C, T].
        variance: Of those, shape [M, T].
        noise: Variance of a rating of each candidate about its prediction, shape [M, C].
    """

    among: Float32Array
    across: Float32Array
    variance: Float32Array
    noise: Float32Array

    def told(self, weights: Float64Array, of: Int64Array | None = None) -> Float64Array:
        """Tell how much surer predicted ratings get by a rating of each candidate.

        Args:
            weights: What each predicted item counts, not negative, shape [T].
            of: Places of the candidates that are asked for; all if None.

        Returns:
            By how much their standard deviation falls, the weighed mean of the items and the
            members' mean; not negative, a number a candidate.
        """
        which = slice(None) if of is None else of
        own = np.diagonal(self.among, axis1=1, axis2=2)[:, which] + self.noise[:, which]
        # What a rating takes off a variance; cov² ≤ var var, but for rounding.
        taken = np.square(self.across[:, which])
        taken /= own[:, :, None]
        variance = self.variance[:, None]
        np.minimum(taken, variance, out=taken)
        # √v − √(v − t) = t / (√v + √(v − t)), which no rounding of a large v hides.
        left = variance - taken
        np.sqrt(left, out=left)
        left += np.sqrt(np.maximum(variance, np.finfo(variance.dtype).tiny))
        taken /= left
        fall = (taken @ weights.astype(taken.dtype)).mean(0, dtype=np.float64)
        found: Float64Array = fall / max(weights.sum(), np.finfo(np.float64).tiny)
        return found

    def after(self, candidate: int, known: float) -> RatingUncertainty:
        """Tell how unsure they will be once a candidate was asked about.

        Args:
            candidate: Its place.
            known: How likely it will be rated; the covariances are those expected.

        Returns:
            The same for the next question.
        """
        own = self.among[:, candidate, candidate] + self.noise[:, candidate]
        column, row = self.among[:, :, candidate], self.across[:, candidate]
        share = (known / own).astype(column.dtype)[:, None]
        part = (share * column)[..., None]
        return replace(
            self,
            among=self.among - part * column[:, None],
            across=self.across - part * row[:, None],
            variance=np.maximum(self.variance - share * np.square(row), 0),
        )
