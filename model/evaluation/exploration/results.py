"""What a simulation of exploring found."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from model.arrays import Int64Array
from model.evaluation.exploration.world import ExplorationPlan
from model.evaluation.results import Estimate, estimate_over_users
from model.presets import Preset

MEANWHILE = "ndcg"
"""nDCG@20 of the visitors' lists, of all items that were there."""
AMONG_NEW, AMONG_ALL, ERROR = "ndcg_among_new", "ndcg_among_all", "error_on_new"
"""Of users who come later, after a training on what was told: nDCG@20 of lists of the new items
alone and of all items, and the MAE of predicted ratings of new items."""
LATER = (AMONG_NEW, AMONG_ALL, ERROR)


@dataclass
class ShareOutcome:
    """What came of one share of the places explored.

    Attributes:
        values: Metric → one value a user, over all seeds; see `MEANWHILE` and `LATER`.
        impressions: Of each new item, one array a seed.
        explored: Impressions of each new item because the model was unsure, one array a seed.
        ratings: Ratings that were told of each new item, one array a seed.
        explored_places: Places of all lists that were explored, one number a seed.
    """

    values: dict[str, list[float]] = field(default_factory=dict)
    impressions: list[Int64Array] = field(default_factory=list)
    explored: list[Int64Array] = field(default_factory=list)
    ratings: list[Int64Array] = field(default_factory=list)
    explored_places: list[int] = field(default_factory=list)

    def shown(self, least: int) -> float:
        """Return how many new items had so many impressions, mean over the seeds."""
        return float(np.mean([(one >= least).sum() for one in self.impressions]))

    def rated(self, least: int) -> float:
        """Return how many new items got so many ratings, mean over the seeds."""
        return float(np.mean([(one >= least).sum() for one in self.ratings]))


@dataclass
class ExplorationEvaluation:
    """What an evaluation of exploring found.

    Attributes:
        plan: The sizes.
        preset: Configuration.
        outcomes: By share of the places; the first is 0.
        visitors: User of each value of the visitors, over all seeds.
        judged: User of each value of who came later, over all seeds.
        new_items: How many items arrive.
        seconds: Training times.
    """

    plan: ExplorationPlan
    preset: Preset
    outcomes: dict[float, ShareOutcome]
    visitors: list[int] = field(default_factory=list)
    judged: list[int] = field(default_factory=list)
    new_items: int = 0
    seconds: list[float] = field(default_factory=list)

    @property
    def metrics(self) -> tuple[str, ...]:
        """What was measured; of data without ratings nothing predicts any."""
        return tuple(self.outcomes[0.0].values)

    def estimate(self, share: float, metric: str) -> Estimate:
        """Return mean and standard error over the users."""
        return estimate_over_users(
            self._users(metric), np.array(self.outcomes[share].values[metric])
        )

    def difference(self, share: float, metric: str) -> Estimate:
        """Return what a share has more than no exploring, on the same users."""
        mine, without = (np.array(self.outcomes[one].values[metric]) for one in (share, 0.0))
        return estimate_over_users(self._users(metric), mine - without)

    def _users(self, metric: str) -> list[int]:
        return self.visitors if metric == MEANWHILE else self.judged
