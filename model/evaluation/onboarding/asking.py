"""Ask new users by every strategy."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from model.adaptation import Adaptation
from model.answers import Answer, Comparison, Kind
from model.arrays import Int64Array
from model.data.dataset import Dataset
from model.evaluation.onboarding.effort import Seconds
from model.evaluation.onboarding.fixed_lists import fixed_lists
from model.evaluation.onboarding.greedy import greedy_list
from model.evaluation.onboarding.measure import Measure
from model.evaluation.onboarding.protocol import OnboardingTrial, draw_onboarding_trials
from model.evaluation.onboarding.results import (
    ADAPTIVE,
    NOTHING,
    SHOWN,
    OnboardingEvaluation,
)
from model.evaluation.onboarding.static_pairs import static_pairs
from model.evidence import evidence_scores
from model.fitting import FittedModel
from model.onboarding import Onboarding, ShownGroup
from model.ranking import best_ascending

_THROWN_AWAY = "popularity_unseen_thrown_away"
_GRID = 24
_MOST = max(SHOWN)
_GREEDY_USERS = 200
_GREEDY_ITEMS = 100


class Asking:
    """All strategies, with the lists and pairs that are the same for everybody.

    Args:
        fitted: What was trained on the warm users.
        learnable: The data set with the warm users' ratings alone.
        seconds: How long answers take.
        seed: Every draw follows from it.
    """

    def __init__(
        self, fitted: FittedModel, learnable: Dataset, seconds: Seconds, seed: int
    ) -> None:
        relevance, estimator = fitted.relevance, fitted.estimator
        learner = relevance or estimator
        assert learner is not None  # noqa: S101 - one of both is there
        self.names = learner.user_space.names
        self._seconds = seconds
        self._adaptation = Adaptation(estimator, relevance, learner.user_space, learnable.scale)
        self._onboarding = Onboarding(self._adaptation) if relevance is not None else None
        self._lists = self._fixed(learnable, seed)
        self._pairs: list[list[int]] = []
        if relevance is not None:
            # As many again, in the place of those that hold what is held out.
            self._pairs = static_pairs(relevance, 2 * _MOST).tolist()

    def _fixed(self, learnable: Dataset, seed: int) -> Mapping[str, Int64Array]:
        ratings, items = learnable.ratings, len(learnable.item_ids)
        warm = np.unique(ratings.user_index)
        lists = fixed_lists(ratings, items, len(warm), seed)
        raters = np.bincount(ratings.item_index, minlength=items).astype(np.float32)
        told = self._adaptation.discrimination(self._adaptation.adapt({}, []))
        lists["evidence"] = np.argsort(-evidence_scores(told, raters).score, kind="stable")
        # The last ones stand in for what is held out of a user.
        length = _MOST + _GRID
        known = best_ascending(raters, max(_GREEDY_ITEMS, length))
        trials = draw_onboarding_trials(learnable, warm, self.names, seed)
        some = np.random.default_rng([seed, 13]).permutation(len(trials))[:_GREEDY_USERS]
        lists["greedy"] = greedy_list(
            self._adaptation, [trials[one] for one in some], known[raters[known] > 0], length
        )
        if self._onboarding is not None:
            lists["static"] = self._onboarding.static.items
        return lists

    def ask(self, evaluation: OnboardingEvaluation, trial: OnboardingTrial) -> None:
        """Ask one user by every strategy.

        Args:
            evaluation: Where results go.
            trial: The user.
        """
        evaluation.users.append(trial.user)
        measure = Measure(self._adaptation, trial, self._seconds)
        evaluation.add(NOTHING, 0, measure.after([]))
        held_out = set(trial.held_out.tolist())
        for name, order in self._lists.items():
            shown = [item for item in order.tolist() if item not in held_out][:_MOST]
            for count in SHOWN:
                given = trial.answers(shown[:count])
                evaluation.add(name, count, measure.after(given))
                if name == "popularity" and self._onboarding is not None:
                    ratings = [one for one in given if one.rating is not None]
                    evaluation.add(_THROWN_AWAY, count, measure.after(ratings))
        own = list(trial.known.items())
        for count in SHOWN:
            evaluation.add("own_naming", count, measure.after(own[:count]))
        if self._onboarding is not None:
            self._ask_by_answers(self._onboarding, evaluation, trial, measure)

    def _ask_by_answers(
        self,
        onboarding: Onboarding,
        evaluation: OnboardingEvaluation,
        trial: OnboardingTrial,
        measure: Measure,
    ) -> None:
        """Ask what a model with relevance alone can ask."""
        given: list[Answer] = []
        adaptively = _adaptively(evaluation, onboarding, self._adaptation, trial)
        for count, answered in enumerate(adaptively, 1):
            given.append(answered)
            if count in SHOWN:
                evaluation.add(ADAPTIVE, count, measure.after(given))
        grid = onboarding.questions(
            trial.attributes, [], _GRID, without=np.sort(trial.held_out)
        ).items.tolist()
        evaluation.add("grid", _GRID, measure.after(_picked(trial, grid)))
        asked = {
            "static_pairs": _compared(trial, self._pairs),
            "pairs": _in_pairs(onboarding, self._adaptation, trial),
        }
        for name, answers in asked.items():
            compared: list[Comparison] = []
            for count, found in enumerate(answers, 1):
                compared += found
                if count in SHOWN:
                    evaluation.add(name, count, measure.after(compared))
        chosen = trial.points_of_groups([one.items for one in onboarding.groups])
        told = [_of_groups(onboarding.groups, chosen)] if any(chosen) else []
        evaluation.add("groups", 1, measure.after(told))


def _picked(trial: OnboardingTrial, grid: Sequence[int]) -> list[Answer]:
    """Pick what is liked of many; the rest is passed over."""
    return [
        Answer(one.item, None, one.kind if one.kind is Kind.LIKED else Kind.UNSEEN, asked=True)
        for one in trial.answers(grid)
    ]


def _of_groups(groups: Sequence[ShownGroup], points: Sequence[int]) -> Comparison:
    return Comparison(
        tuple(tuple(one.examples.tolist()) for one in groups), tuple(float(one) for one in points)
    )


def _compared(trial: OnboardingTrial, pairs: Sequence[Sequence[int]]) -> Iterator[list[Comparison]]:
    """Compare pairs that are the same for everybody, but for those with what is held out."""
    askable = [pair for pair in pairs if not np.isin(pair, trial.held_out).any()]
    for pair in askable[:_MOST]:
        yield _preferred(trial, pair)


def _in_pairs(
    onboarding: Onboarding, adaptation: Adaptation, trial: OnboardingTrial
) -> Iterator[list[Comparison]]:
    """Ask for one comparison after the other, each by those before it."""
    given: list[Comparison] = []
    without = np.sort(trial.held_out)
    for _ in range(_MOST):
        user = adaptation.adapt(trial.attributes, given)
        pair = onboarding.pair(trial.attributes, given, without=without, user=user).items.tolist()
        without = np.union1d(without, pair)
        found = _preferred(trial, pair)
        given += found
        yield found


def _preferred(trial: OnboardingTrial, pair: Sequence[int]) -> list[Comparison]:
    """Tell which of two; a pair of equals is answered by nothing."""
    preferred = trial.preferred(pair)
    if preferred is None:
        return []
    (over,) = set(pair) - {preferred}
    return [Comparison(((preferred,), (over,)), (1.0, 0.0))]


def _adaptively(
    evaluation: OnboardingEvaluation,
    onboarding: Onboarding,
    adaptation: Adaptation,
    trial: OnboardingTrial,
) -> Iterator[Answer]:
    """Ask one question after the other, each by all answers before it."""
    given: list[Answer] = []
    without = np.sort(trial.held_out)
    for before in range(_MOST):
        user = adaptation.adapt(trial.attributes, given)
        asked = onboarding.questions(trial.attributes, given, 1, without=without, user=user)
        item = int(asked.items[0])
        (answer,) = trial.answers([item])
        came = onboarding.gain_of(trial.attributes, given, answer, user=user)
        evaluation.gains.append((before, float(asked.gain[0]), came))
        without = np.union1d(without, [item])
        given.append(answer)
        yield answer
