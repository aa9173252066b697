"""Measure what is known of a user after some answers."""

from __future__ import annotations

import numpy as np

from model.adaptation import Adaptation
from model.answers import Answer, Comparison, Kind, SupportSet
from model.evaluation.onboarding.effort import Seconds
from model.evaluation.onboarding.protocol import OnboardingTrial
from model.lists import orders_of, rank
from model.metrics import discounts

_LIST = 20


class Measure:
    """Measures one new user's list and predicted ratings.

    Args:
        adaptation: Runs the local updates.
        trial: The user.
        seconds: How long answers take.
    """

    def __init__(self, adaptation: Adaptation, trial: OnboardingTrial, seconds: Seconds) -> None:
        self._adaptation = adaptation
        self._trial = trial
        self._seconds = seconds
        self._order = orders_of(adaptation.estimator, adaptation.relevance)[0]
        self._without = np.array(sorted(trial.known), dtype=np.int64)
        self._gains = discounts(_LIST)
        self._ideal = float(self._gains[: min(_LIST, len(trial.targets))].sum())

    def after(self, given: SupportSet) -> dict[str, float]:
        """Return the metrics after some answers.

        Args:
            given: The answers.

        Returns:
            nDCG@20 of the held-out likes, in the preset's own order; how many answers told more
            than that an item is not known, and how long all of them took; where the data have
            ratings, the mean absolute error of those held out.
        """
        trial, adaptation = self._trial, self._adaptation
        user = adaptation.adapt(trial.attributes, given)
        index = rank(
            adaptation.estimator,
            adaptation.relevance,
            user,
            _LIST,
            order=self._order,
            among=None,
            without=self._without,
        ).index
        hits = np.isin(index, trial.targets)
        found = {
            "ndcg": float((self._gains[: len(index)] * hits).sum()) / self._ideal,
            "answered": float(sum(_tells(one) for one in given)),
            "seconds": self._seconds.of(given),
        }
        estimator = adaptation.estimator
        if estimator is not None and user.rating is not None:
            predicted = estimator.items.score(user.rating, trial.held_out).clip(*adaptation.scale)
            found["mae"] = float(np.abs(predicted - trial.ratings).mean())
        return found


def _tells(one: tuple[int, float] | Answer | Comparison) -> bool:
    """Tell whether an answer is more than that an item is not known."""
    return not isinstance(one, Answer) or one.kind is not Kind.UNSEEN
