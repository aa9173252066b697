"""Evaluate presets on new users: train on some users, predict the others' query sets."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
from torch import Tensor

from model.data.loading import Dataset
from model.episodes import Episodes, RatingsByUser, draw_test_episodes
from model.errors import DatasetError
from model.floors import Floors
from model.metrics import Gain, mean_absolute_error, ndcg, root_mean_squared_error
from model.presets import Preset, fit_estimator
from model.reports import EpochReport

NDCG_CUTOFFS = (1, 3, 5, 10)
GAINS: dict[str, Gain] = {"ndcg_exp": "exponential", "ndcg_lin": "linear"}
QUERY_SIZE = 10
SUPPORT_LIMIT = 90
TEST_SHARE = 0.2

ADAPTED = "adapted"
UNADAPTED = "θ alone"


@dataclass(frozen=True)
class Estimate:
    """A mean and its standard error over users."""

    mean: float
    standard_error: float


@dataclass
class UserColdEvaluation:
    """Per-user metrics of every predictor, over all seeds.

    Attributes:
        users: Test user of each episode.
        values: Predictor → metric → one value an episode.
    """

    users: list[int] = field(default_factory=list)
    values: dict[str, dict[str, list[float]]] = field(default_factory=dict)

    def add(self, predictor: str, predicted: Tensor, episodes: Episodes) -> None:
        """Measure one predictor on one seed's episodes.

        Args:
            predictor: Its name.
            predicted: On the rating scale, shape [B, q].
            episodes: The episodes, without padding in the query sets.
        """
        rating = episodes.query_set.rating
        measured = {
            "mae": mean_absolute_error(predicted, rating),
            "rmse": root_mean_squared_error(predicted, rating),
        }
        for name, gain in GAINS.items():
            for k in NDCG_CUTOFFS:
                measured[f"{name}@{k}"] = ndcg(predicted, rating, k, gain)
        kept = self.values.setdefault(predictor, {})
        for metric, value in measured.items():
            kept.setdefault(metric, []).extend(value.tolist())

    def estimate(self, predictor: str, metric: str) -> Estimate:
        """Mean of a metric over users, a user of several seeds counting once."""
        return self._over_users(np.array(self.values[predictor][metric]))

    def difference(self, predictor: str, other: str, metric: str) -> Estimate:
        """Mean of the paired difference `predictor` − `other` on the same queries."""
        first, second = self.values[predictor][metric], self.values[other][metric]
        return self._over_users(np.array(first) - np.array(second))

    def _over_users(self, values: npt.NDArray[np.float64]) -> Estimate:
        _, place = np.unique(self.users, return_inverse=True)
        per_user = np.bincount(place, weights=values) / np.bincount(place)
        spread = float(per_user.std(ddof=1)) if len(per_user) > 1 else float("nan")
        return Estimate(float(per_user.mean()), spread / len(per_user) ** 0.5)


def evaluate_user_cold(
    dataset: Dataset,
    preset: Preset,
    seeds: Iterable[int],
    *,
    on_seed: Callable[[int], None] = lambda _seed: None,
    on_epoch: Callable[[EpochReport], None] = lambda _report: None,
) -> UserColdEvaluation:
    """Train on four fifths of the users, test on the rest, once a seed.

    A test user's query set is 10 random ratings; the support set is the rest, at most 90.

    Args:
        dataset: The data set.
        preset: What to train.
        seeds: Each seed draws its own test users, query sets and initial weights.
        on_seed: Called when a seed begins.
        on_epoch: Called after each epoch of training.

    Returns:
        Metrics of the adapted estimator, of θ alone, and of the floors.

    Raises:
        DatasetError: If no user has more ratings than a query set.
    """
    grouped = RatingsByUser(dataset.ratings, len(dataset.user_ids))
    raters = np.flatnonzero(grouped.counts)
    evaluation = UserColdEvaluation()
    for seed in seeds:
        on_seed(seed)
        random = np.random.default_rng(seed)
        shuffled = random.permutation(raters)
        test_users = np.sort(shuffled[: round(len(raters) * TEST_SHARE)])
        warm_users = np.setdiff1d(raters, test_users)
        episodes = draw_test_episodes(
            grouped, test_users, query_size=QUERY_SIZE, support_limit=SUPPORT_LIMIT, random=random
        )
        if not len(episodes.user_index):
            raise DatasetError(
                f"none of the test users has more than {QUERY_SIZE} ratings, which an episode "
                "needs; this data set is too sparse to evaluate on."
            )
        warm_ratings = dataset.ratings.of_users(warm_users)
        estimator, _ = fit_estimator(
            dataset, preset, seed=seed, ratings=warm_ratings, on_epoch=on_epoch
        )
        nothing = Episodes(episodes.user_index, episodes.support_set.first(0), episodes.query_set)
        evaluation.users.extend(episodes.user_index.tolist())
        evaluation.add(ADAPTED, estimator.predict(dataset, episodes), episodes)
        evaluation.add(UNADAPTED, estimator.predict(dataset, nothing), episodes)
        floors = Floors.fit(warm_ratings, len(dataset.item_ids))
        for name, predicted in floors.predict(episodes, dataset.scale).items():
            evaluation.add(name, predicted, episodes)
    return evaluation
