"""Metrics of several models on the same episodes, and their paired differences."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from model.arrays import Float64Array
from model.episodes import Episodes
from model.metrics import Gain, mean_absolute_error, mean_squared_error, ndcg

NDCG_CUTOFFS = (1, 3, 5, 10)
GAINS: dict[str, Gain] = {"ndcg_exp": "exponential", "ndcg_lin": "linear"}
NDCG_METRICS = tuple(f"{gain}@{k}" for gain in GAINS for k in NDCG_CUTOFFS)


@dataclass(frozen=True)
class Estimate:
    """A mean and its standard error over users."""

    mean: float
    standard_error: float


def estimate_over_users(users: Sequence[int], values: Float64Array) -> Estimate:
    """Return mean and standard error over users.

    Args:
        users: Whom each value is of; a user of several seeds counts once, with the mean over them.
        values: Shape [values].

    Returns:
        The estimate.
    """
    _, place = np.unique(users, return_inverse=True)
    return _estimate(np.bincount(place, weights=values) / np.bincount(place))


@dataclass
class Results:
    """One value an episode for every model and metric, over all seeds.

    All models are measured on the same episodes, so that any two can be compared pairwise. A user
    of several seeds counts once, with the mean over the seeds.

    Attributes:
        users: User of each episode.
        values: Model → metric → one value an episode; not a number where it was not measured.
    """

    users: list[int] = field(default_factory=list)
    values: dict[str, dict[str, list[float]]] = field(default_factory=dict)

    def add(self, users: npt.NDArray[np.int64], measured: Mapping[str, dict[str, Tensor]]) -> None:
        """Add the episodes of one seed.

        Args:
            users: User of each episode, shape [B].
            measured: Model → metric → values, shape [B].
        """
        self.users.extend(users.tolist())
        for model, metrics in measured.items():
            kept = self.values.setdefault(model, {})
            for metric, value in metrics.items():
                kept.setdefault(metric, []).extend(value.tolist())

    @property
    def episodes(self) -> int:
        """Number of episodes."""
        return len(self.users)

    def estimate(self, model: str, metric: str) -> Estimate:
        """Estimate a metric; `rmse` is the root of the mean squared error over users."""
        return _estimate(self._per_user(model, metric))

    def difference(self, model: str, other: str, metric: str) -> Estimate:
        """Estimate the paired difference `model` − `other` on the same queries."""
        return _estimate(self._per_user(model, metric) - self._per_user(other, metric))

    def _per_user(self, model: str, metric: str) -> Float64Array:
        """One value a user, whose mean is the metric and whose spread its standard error.

        The root of a mean has no such values by itself; its linearisation around the mean has
        (delta method): √m + (x − m) / (2 √m) for values x of mean m.
        """
        if metric == "rmse":
            squared = self._mean_of_user(model, "mse")
            root = squared.mean() ** 0.5
            linear: Float64Array = root + (squared - root**2) / (2 * root or 1.0)
            return linear
        return self._mean_of_user(model, metric)

    def _mean_of_user(self, model: str, metric: str) -> Float64Array:
        value = np.array(self.values[model][metric])
        measured = np.isfinite(value)
        _, place = np.unique(np.array(self.users)[measured], return_inverse=True)
        mean: Float64Array = np.bincount(place, value[measured]) / np.bincount(place)
        return mean


def _estimate(values: Float64Array) -> Estimate:
    if not len(values):
        return Estimate(float("nan"), float("nan"))
    spread = float(values.std(ddof=1)) if len(values) > 1 else float("nan")
    return Estimate(float(values.mean()), spread / len(values) ** 0.5)


def measure(predicted: Tensor, episodes: Episodes, scale: tuple[float, float]) -> dict[str, Tensor]:
    """Judge predictions by the query sets.

    Predictions are clipped to the scale. The gains of nDCG are taken of ratings brought to a
    scale of 1 to 5, so that they stay positive and finite on every scale.

    Args:
        predicted: On the rating scale, shape [B, q].
        episodes: The episodes, without padding in the query sets.
        scale: Lowest and highest rating.

    Returns:
        Metric → one value an episode, shape [B].
    """
    low, high = scale
    rating = episodes.query_set.rating
    clipped = predicted.clamp(low, high)
    measured = {
        "mae": mean_absolute_error(clipped, rating),
        "mse": mean_squared_error(clipped, rating),
    }
    graded = 1 + (rating - low) * (4 / (high - low))
    for name, gain in GAINS.items():
        for k in NDCG_CUTOFFS:
            measured[f"{name}@{k}"] = ndcg(clipped, graded, k, gain)
    return {metric: torch.as_tensor(value) for metric, value in measured.items()}
