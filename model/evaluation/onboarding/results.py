"""What an evaluation of onboarding found."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from model.arrays import Float64Array
from model.evaluation.results import Estimate
from model.presets import Preset

SHOWN = (5, 10, 20, 40)
ADAPTIVE = "adaptive"
NOTHING = "nothing"


@dataclass
class OnboardingEvaluation:
    """What an evaluation of onboarding found.

    Attributes:
        preset: Configuration.
        users: User of each trial, over all seeds.
        values: Strategy → questions → metric → one value a trial, over all seeds. Metrics: ndcg,
            mae, answered, seconds.
        gains: For each question of the adaptive strategy: how many were asked before, the gain
            that was expected, the one that came.
        seconds: Training times, one a seed.
    """

    preset: Preset
    users: list[int] = field(default_factory=list)
    values: dict[str, dict[int, dict[str, list[float]]]] = field(default_factory=dict)
    gains: list[tuple[int, float, float]] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)

    def add(self, strategy: str, shown: int, found: Mapping[str, float]) -> None:
        """Add a trial."""
        for metric, value in found.items():
            self.values.setdefault(strategy, {}).setdefault(shown, {}).setdefault(
                metric, []
            ).append(value)

    def estimate(self, strategy: str, shown: int, metric: str = "ndcg") -> Estimate:
        """Return mean and standard error over the users."""
        return self._over_users(np.array(self.values[strategy][shown][metric]))

    def difference(
        self, strategy: str, other: str, shown: int, metric: str = "ndcg", other_shown: int = 0
    ) -> Estimate:
        """Return the paired difference and its standard error over the users."""
        mine = np.array(self.values[strategy][shown][metric])
        theirs = np.array(self.values[other][other_shown or shown][metric])
        return self._over_users(mine - theirs)

    def gain_per(self, strategy: str, shown: int, effort: str, metric: str = "ndcg") -> float:
        """Tell what a unit of effort brings: the mean gain by the mean effort.

        Args:
            strategy: Who chose the questions.
            shown: How many.
            effort: Metric of the effort: answered, or seconds.
            metric: Metric of the gain, over no question at all.

        Returns:
            The ratio; not a number where there was no effort.
        """
        before = self.estimate(NOTHING, 0, metric).mean
        effort_taken = self.estimate(strategy, shown, effort).mean
        if not effort_taken:
            return float("nan")
        return (self.estimate(strategy, shown, metric).mean - before) / effort_taken

    def _over_users(self, values: Float64Array) -> Estimate:
        """A user of several seeds counts once, with the mean over the seeds."""
        _, place = np.unique(self.users, return_inverse=True)
        means = np.bincount(place, weights=values) / np.bincount(place)
        error = means.std(ddof=1) / np.sqrt(len(means)) if len(means) > 1 else np.nan
        return Estimate(float(means.mean()), float(error))


def calibration(gains: Sequence[tuple[int, float, float]], every: Iterable[int]) -> Float64Array:
    """Average expected and realised gains over ranges of questions.

    Args:
        gains: As `OnboardingEvaluation.gains`.
        every: Where each range begins; the last one has no end.

    Returns:
        Expected and realised gain, a row a range, shape [ranges, 2].
    """
    starts = [*every]
    before = np.array([one[0] for one in gains])
    both = np.array([one[1:] for one in gains])
    which = np.searchsorted(starts, before, side="right") - 1
    return np.array([both[which == at].mean(0) for at in range(len(starts))])
