"""All baselines, and the choice of their settings on held-out users."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from itertools import product

import numpy as np
from torch import Tensor

from model.baselines.baseline import Baseline
from model.baselines.bias import UserItemBias
from model.baselines.chance import RandomRating
from model.baselines.data import BaselineData
from model.baselines.gaussian_process import GaussianProcess
from model.baselines.means import GlobalMean, ItemMean
from model.baselines.neighbours import ItemNeighbours
from model.baselines.popularity import Popularity
from model.data.dataset import Dataset, Ratings
from model.episodes import Episodes, PaddedRatings, RatingsByUser, draw_test_episodes
from model.metrics import mean_absolute_error

Fit = Callable[[BaselineData], Baseline]


def _fit(fit: Callable[..., Baseline], **settings: float) -> partial[Baseline]:
    """Bind settings to a baseline's fit."""
    return partial(fit, **settings)


# The ends are sometimes chosen; going further there no longer lowered the error on new users.
_FACTORS = ((8, 60.0), (4, 60.0), (8, 20.0), (12, 20.0), (16, 20.0), (16, 10.0), (24, 20.0))
_NOISES = (0.7, 0.4, 0.3)
BASELINES: dict[str, tuple[partial[Baseline], ...]] = {
    "random": (_fit(RandomRating.fit),),
    "global_mean": (_fit(GlobalMean.fit),),
    "item_mean": (_fit(ItemMean.fit),),
    "popularity": (_fit(Popularity.fit),),
    "bias": tuple(
        _fit(UserItemBias.fit, item_damping=item, user_damping=user)
        for item, user in product((3.0, 1.0, 10.0), (3.0, 1.5, 6.0))
    ),
    "ridge": tuple(
        _fit(GaussianProcess.fit, content_variance=variance, noise=0.75)
        for variance in (0.15, 0.05, 0.1, 0.2, 0.3, 0.6, 1.2)
    ),
    "knn": tuple(
        _fit(ItemNeighbours.fit, shrinkage=shrinkage) for shrinkage in (200.0, 100.0, 400.0, 800.0)
    ),
    "ppca": tuple(
        _fit(GaussianProcess.fit, factors=factors, ridge=ridge, noise=noise)
        for (factors, ridge), noise in product(_FACTORS, _NOISES)
    ),
    "gp": tuple(
        _fit(
            GaussianProcess.fit,
            factors=factors,
            ridge=ridge,
            content_variance=variance,
            noise=noise,
        )
        for (factors, ridge), variance, noise in product(_FACTORS, (0.1, 0.05, 0.02, 0.3), _NOISES)
    ),
}
"""Baseline → its fits, one a setting; the first is taken where there is nothing to choose by."""

VALIDATION_USERS = 500
VALIDATION_SHARE = 0.2
_VALIDATION_DRAWS = 2
_FEWEST_VALIDATION_USERS = 20
_FEWEST_RATINGS, _MOST_RATINGS = 13, 100
_QUERY_SIZE = 10


@dataclass(frozen=True)
class Baselines:
    """All baselines fitted to the same ratings, on the data set's own scale.

    Attributes:
        baselines: Baseline → it, fitted.
        settings: Baseline → its settings, chosen on held-out users.
        span: 4 / (highest − lowest rating): what brings ratings to a scale that spans 4, on which
            variances and dampings mean the same for every data set.
    """

    baselines: dict[str, Baseline]
    settings: dict[str, dict[str, float]]
    span: float

    @classmethod
    def fit(cls, dataset: Dataset, ratings: Ratings) -> Baselines:
        """Fit all baselines; settings are chosen on a fifth of the training users, never on others.

        Args:
            dataset: Items and their features.
            ratings: What may be learnt from.

        Returns:
            The fitted baselines.
        """
        low, high = dataset.scale
        span = 4 / (high - low)
        scaled = replace(ratings, rating=ratings.rating * np.float32(span))
        chosen = _choose(dataset, scaled)
        data = BaselineData(dataset, scaled)
        return cls(
            {name: fit(data) for name, fit in chosen.items()},
            {name: dict(fit.keywords) for name, fit in chosen.items()},
            span,
        )

    def predict(self, episodes: Episodes) -> dict[str, Tensor]:
        """Predict the query sets.

        Args:
            episodes: B episodes of q query places.

        Returns:
            Baseline → predictions, not clipped to the scale, shape [B, q].
        """
        scaled = replace(
            episodes,
            support_set=self._scaled(episodes.support_set),
            query_set=self._scaled(episodes.query_set),
        )
        return {
            name: baseline.predict(scaled) / self.span for name, baseline in self.baselines.items()
        }

    def _scaled(self, padded: PaddedRatings) -> PaddedRatings:
        return replace(padded, rating=padded.rating * self.span)


def _choose(dataset: Dataset, ratings: Ratings) -> Mapping[str, partial[Baseline]]:
    """Take each baseline's setting of least error on users held out from the training users."""
    grouped = RatingsByUser(ratings, len(dataset.user_ids))
    able = np.flatnonzero((grouped.counts >= _FEWEST_RATINGS) & (grouped.counts <= _MOST_RATINGS))
    random = np.random.default_rng(0)
    size = min(round(len(able) * VALIDATION_SHARE), VALIDATION_USERS)
    if size < _FEWEST_VALIDATION_USERS:
        return {name: fits[0] for name, fits in BASELINES.items()}
    held_out = np.sort(random.permutation(able)[:size])
    draws = [
        draw_test_episodes(
            grouped,
            held_out,
            query_size=_QUERY_SIZE,
            support_limit=_MOST_RATINGS - _QUERY_SIZE,
            random=random,
        )
        for _ in range(_VALIDATION_DRAWS)
    ]
    data = BaselineData(dataset, ratings.of_users(np.setdiff1d(ratings.user_index, held_out)))

    def error(fit: Fit) -> float:
        baseline = fit(data)
        errors = [
            mean_absolute_error(baseline.predict(episodes), episodes.query_set.rating).mean()
            for episodes in draws
        ]
        return float(np.mean(errors))

    return {
        name: min(fits, key=error) if len(fits) > 1 else fits[0] for name, fits in BASELINES.items()
    }
