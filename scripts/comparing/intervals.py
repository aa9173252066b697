"""Rates and means of two arms with 95 % intervals.

Lists of one user are alike, and feedback on one list too, so that more lists are less evidence than
as many users would be. Counts come by groups of users that a hash makes, and how far the groups
differ tells by how much (Kish, Survey Sampling, 1965).
"""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt

import numpy as np
from scipy.stats import bootstrap, norm

from model.arrays import Float64Array, Int64Array

CONFIDENCE = 0.95
POWER = 0.8
_RESAMPLES = 9_999
LEAST_GROUPS = 10
"""Groups with anything in them, below which how far they differ tells nothing."""
Z = float(norm.ppf((1 + CONFIDENCE) / 2))


@dataclass(frozen=True)
class Estimate:
    """A rate, a mean or a difference.

    Attributes:
        value: The estimate; None where nothing was counted.
        low: Lower end of its interval; None where too little was counted.
        high: Upper end.
    """

    value: float | None = None
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True)
class Rate(Estimate):
    """A share of lists.

    Attributes:
        trials: Lists.
        design_effect: By how much the variance is larger than if lists were independent; 1 at
            least.
    """

    trials: int = 0
    design_effect: float = 1.0


def rate(successes: Int64Array, trials: Int64Array) -> Rate:
    """Estimate a share with Wilson's interval, for as many trials as they are worth.

    Wilson, Probable inference, JASA 22 (1927), with n over the design effect in the place of n.

    Args:
        successes: By group.
        trials: By group.

    Returns:
        The share; without an interval where there are no trials.
    """
    n = int(trials.sum())
    if not n:
        return Rate()
    share = float(successes.sum() / n)
    effect = _design_effect(successes, trials, share)
    low, high = wilson(share, n / effect)
    return Rate(share, low, high, n, effect)


def wilson(share: float, trials: float) -> tuple[float, float]:
    """Return Wilson's interval of a share.

    Args:
        share: Of the trials.
        trials: How many; not a whole number where they are not independent.

    Returns:
        Lower and upper end.
    """
    shrunk = Z**2 / trials
    middle = (share + shrunk / 2) / (1 + shrunk)
    half = Z / (1 + shrunk) * sqrt(share * (1 - share) / trials + shrunk / (4 * trials))
    return max(0.0, middle - half), min(1.0, middle + half)


def _design_effect(successes: Int64Array, trials: Int64Array, share: float) -> float:
    """Compare the variance that groups show with that of independent trials."""
    groups, n = int((trials > 0).sum()), int(trials.sum())
    independent = share * (1 - share) / n
    if groups < LEAST_GROUPS or not independent:
        return 1.0
    residuals = successes - share * trials
    shown = groups / (groups - 1) * float(residuals @ residuals) / n**2
    return max(1.0, shown / independent)


def rate_difference(candidate: Rate, current: Rate) -> Estimate:
    """Estimate a difference of shares.

    Newcombe, Interval estimation for the difference between independent proportions, Statistics in
    Medicine 17 (1998), method 10.

    Args:
        candidate: The one.
        current: The other.

    Returns:
        The one less the other.
    """
    if candidate.value is None or current.value is None:
        return Estimate()
    ends = (candidate.low, candidate.high, current.low, current.high)
    low, high, other_low, other_high = (end or 0.0 for end in ends)
    difference = candidate.value - current.value
    return Estimate(
        difference,
        difference - sqrt((candidate.value - low) ** 2 + (other_high - current.value) ** 2),
        difference + sqrt((high - candidate.value) ** 2 + (current.value - other_low) ** 2),
    )


def lists_to_tell(candidate: Rate, current: Rate) -> int | None:
    """Tell how many lists an arm takes until a difference as large as this is told from none.

    By the normal approximation, with `POWER`; None where none is seen, or nothing was counted.
    """
    if candidate.value is None or current.value is None or candidate.value == current.value:
        return None
    spread = sum(
        one.design_effect * share * (1 - share)
        for one in (candidate, current)
        if (share := one.value) is not None
    )
    wanted = (Z + float(norm.ppf(POWER))) ** 2 * spread
    return int(np.ceil(wanted / (candidate.value - current.value) ** 2))


def ratios(
    candidate: tuple[Int64Array, Int64Array], current: tuple[Int64Array, Int64Array], seed: int
) -> tuple[Estimate, Estimate, Estimate]:
    """Estimate a mean of both arms and its difference by the bootstrap over groups of users.

    Args:
        candidate: Sums and what they are divided by, by group.
        current: The same of the other.
        seed: The resamples follow from it.

    Returns:
        The candidate's, the current model's, and the one less the other.
    """
    streams = np.random.default_rng(seed).spawn(2)
    arms = [
        _resampled(*one, random) for one, random in zip((candidate, current), streams, strict=True)
    ]
    (one, of_one), (other, of_other) = arms
    if one.value is None or other.value is None:
        return one, other, Estimate()
    difference = one.value - other.value
    if of_one is None or of_other is None:
        return one, other, Estimate(difference)
    # The users of the arms are others, so the resamples are independent.
    return one, other, Estimate(difference, *_ends(of_one - of_other))


def _resampled(
    sums: Int64Array, counts: Int64Array, random: np.random.Generator
) -> tuple[Estimate, Float64Array | None]:
    total = int(counts.sum())
    if not total:
        return Estimate(), None
    value, there = float(sums.sum() / total), counts > 0
    if there.sum() < LEAST_GROUPS:
        return Estimate(value), None
    found = bootstrap(
        (sums[there], counts[there]),
        lambda sums, counts, axis: sums.sum(axis=axis) / counts.sum(axis=axis),
        paired=True,
        n_resamples=_RESAMPLES,
        method="percentile",
        rng=random,
    )
    drawn: Float64Array = found.bootstrap_distribution
    return Estimate(value, *_ends(drawn)), drawn


def _ends(drawn: Float64Array) -> tuple[float, float]:
    low, high = np.quantile(drawn, [(1 - CONFIDENCE) / 2, (1 + CONFIDENCE) / 2])
    return float(low), float(high)
