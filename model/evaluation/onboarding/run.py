"""Measure what questions bring: lists and predicted ratings after N of them, by strategy."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from model.adaptation import Adaptation
from model.answers import Answer, Comparison, Kind, SupportSet, rated
from model.arrays import Float32Array, Float64Array, Int64Array
from model.bundle.reports import EpochReport
from model.data.dataset import Dataset
from model.errors import DatasetError
from model.evaluation.lists.protocol import split_users
from model.evaluation.onboarding.fixed_lists import fixed_lists
from model.evaluation.onboarding.protocol import OnboardingTrial, draw_onboarding_trials
from model.evaluation.results import Estimate
from model.evidence import evidence_scores
from model.fitting import FittedModel, fit_model
from model.lists import rank
from model.metrics import discounts
from model.onboarding import Onboarding, ShownGroup
from model.orders import Order
from model.presets import Preset

SHOWN = (5, 10, 20)
ADAPTIVE = "adaptive"
NOTHING = "nothing"
_THROWN_AWAY = "popularity_unseen_thrown_away"
_GRID = 24
_LIST = 20


@dataclass
class OnboardingEvaluation:
    """What an evaluation of onboarding found.

    Attributes:
        preset: Configuration.
        users: User of each trial, over all seeds.
        values: Strategy → questions → metric → one value a trial, over all seeds. Metrics: ndcg,
            mae, answered.
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

    def _over_users(self, values: Float64Array) -> Estimate:
        """A user of several seeds counts once, with the mean over the seeds."""
        _, place = np.unique(self.users, return_inverse=True)
        means = np.bincount(place, weights=values) / np.bincount(place)
        error = means.std(ddof=1) / np.sqrt(len(means)) if len(means) > 1 else np.nan
        return Estimate(float(means.mean()), float(error))


def evaluate_onboarding(
    dataset: Dataset,
    preset: Preset,
    seeds: Iterable[int],
    *,
    on_stage: Callable[[str], None] = lambda _stage: None,
    on_epoch: Callable[[EpochReport], None] = lambda _report: None,
) -> OnboardingEvaluation:
    """Train once a seed, and ask new users by every strategy.

    Args:
        dataset: The data set.
        preset: What to train.
        seeds: Each draws its own new users, what is held out, and initial weights.
        on_stage: Called with a few words when a part of the work begins.
        on_epoch: Called after each epoch of training.

    Returns:
        The results.

    Raises:
        DatasetError: If the data set is too sparse, or the preset has no relevance.
    """
    evaluation = OnboardingEvaluation(preset)
    for seed in seeds:
        warm, new = split_users(dataset.ratings, seed)
        learnable = replace(dataset, ratings=dataset.ratings.of_users(warm))
        on_stage(f"seed {seed}: preset {preset.name}")
        fitted = fit_model(learnable, preset, seed=seed, on_epoch=on_epoch)
        evaluation.seconds.append(fitted.report.seconds)
        on_stage(f"seed {seed}: asking")
        ask_everybody(evaluation, fitted, learnable, dataset, new, seed)
    return evaluation


def ask_everybody(
    evaluation: OnboardingEvaluation,
    fitted: FittedModel,
    learnable: Dataset,
    dataset: Dataset,
    new: Int64Array,
    seed: int,
) -> None:
    """Ask new users by every strategy.

    Args:
        evaluation: Where results go.
        fitted: What was trained on the warm users.
        learnable: The data set with the warm users' ratings alone.
        dataset: The data set with all ratings.
        new: The new users.
        seed: Every draw follows from it.

    Raises:
        DatasetError: If there are too few users to ask, or the preset has no relevance.
    """
    relevance = fitted.relevance
    if relevance is None:
        raise DatasetError(
            "a model without relevance does not choose questions by their answers; take the "
            "preset default."
        )
    items = len(dataset.item_ids)
    trials = draw_onboarding_trials(dataset, new, relevance.user_space.names, seed)
    adaptation = Adaptation(fitted.estimator, relevance, relevance.user_space, dataset.scale)
    onboarding = Onboarding(adaptation)
    warm = len(np.unique(learnable.ratings.user_index))
    lists = fixed_lists(learnable.ratings, items, warm, seed)
    raters = np.bincount(learnable.ratings.item_index, minlength=items).astype(np.float32)
    lists["evidence"] = np.argsort(
        -evidence_scores(_discrimination(adaptation), raters).score, kind="stable"
    )
    # One list for everybody is what somebody is asked of whom nothing is known.
    lists["static"] = onboarding.questions({}, [], 2 * max(SHOWN)).items
    for trial in trials:
        evaluation.users.append(trial.user)
        known_well = _Measure(adaptation, trial)
        evaluation.add(NOTHING, 0, known_well.after([]))
        held_out = set(trial.held_out.tolist())
        for name, order in lists.items():
            shown = [item for item in order.tolist() if item not in held_out][: max(SHOWN)]
            for count in SHOWN:
                given = trial.answers(shown[:count])
                evaluation.add(name, count, known_well.after(given))
                if name == "popularity":
                    evaluation.add(_THROWN_AWAY, count, known_well.after(rated(given)))
        given = []
        for count, answered in enumerate(_adaptively(evaluation, onboarding, trial, held_out), 1):
            given.append(answered)
            if count in SHOWN:
                evaluation.add(ADAPTIVE, count, known_well.after(given))
        own = list(trial.known.items())
        for count in SHOWN:
            evaluation.add("own_naming", count, known_well.after(own[:count]))
        grid = onboarding.questions(
            trial.attributes, [], _GRID, without=np.sort(trial.held_out)
        ).items.tolist()
        evaluation.add("grid", _GRID, known_well.after(_picked(trial, grid)))
        compared: list[Comparison] = []
        for count, found in enumerate(_in_pairs(onboarding, adaptation, trial), 1):
            compared += found
            if count in SHOWN:
                evaluation.add("pairs", count, known_well.after(compared))
        chosen = trial.points_of_groups([one.items for one in onboarding.groups])
        told = [_of_groups(onboarding.groups, chosen)] if any(chosen) else []
        evaluation.add("groups", 1, known_well.after(told))


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


def _in_pairs(
    onboarding: Onboarding, adaptation: Adaptation, trial: OnboardingTrial
) -> Iterator[list[Comparison]]:
    """Ask for one comparison after the other; a pair of equals is answered by nothing."""
    given: list[Comparison] = []
    without = np.sort(trial.held_out)
    for _ in range(max(SHOWN)):
        user = adaptation.adapt(trial.attributes, given)
        pair = onboarding.pair(trial.attributes, given, without=without, user=user).items.tolist()
        without = np.union1d(without, pair)
        preferred = trial.preferred(pair)
        if preferred is None:
            yield []
            continue
        (over,) = set(pair) - {preferred}
        found = Comparison(((preferred,), (over,)), (1.0, 0.0))
        given.append(found)
        yield [found]


def _discrimination(adaptation: Adaptation) -> Float32Array:
    """How far a rating of each item moves the decision layers of somebody unknown."""
    prior = adaptation.adapt({}, [])
    if adaptation.estimator is not None and prior.rating is not None:
        return adaptation.estimator.discrimination(prior.rating)
    assert adaptation.relevance is not None  # noqa: S101 - one of both is there
    assert prior.relevance is not None  # noqa: S101 - adapted by the same model
    return adaptation.relevance.discrimination(prior.relevance)


def _adaptively(
    evaluation: OnboardingEvaluation,
    onboarding: Onboarding,
    trial: OnboardingTrial,
    held_out: set[int],
) -> Iterator[Answer]:
    """Ask one question after the other, each by all answers before it."""
    given: list[Answer] = []
    shown = set(held_out)
    for before in range(max(SHOWN)):
        without = np.array(sorted(shown), dtype=np.int64)
        asked = onboarding.questions(trial.attributes, given, 1, without=without)
        item = int(asked.items[0])
        (answer,) = trial.answers([item])
        came = onboarding.gain_of(trial.attributes, given, answer)
        evaluation.gains.append((before, float(asked.gain[0]), came))
        shown.add(item)
        given.append(answer)
        yield answer


class _Measure:
    """Measures what is known of a user after some answers."""

    def __init__(self, adaptation: Adaptation, trial: OnboardingTrial) -> None:
        self._adaptation = adaptation
        self._trial = trial
        self._without = np.array(sorted(trial.known), dtype=np.int64)
        gains = discounts(_LIST)
        self._gains = gains
        self._ideal = float(gains[: min(_LIST, len(trial.targets))].sum())

    def after(self, given: SupportSet) -> dict[str, float]:
        """Return the metrics after some answers."""
        trial, adaptation = self._trial, self._adaptation
        user = adaptation.adapt(trial.attributes, given)
        index = rank(
            adaptation.estimator,
            adaptation.relevance,
            user,
            _LIST,
            order=Order.RELEVANCE,
            among=None,
            without=self._without,
        ).index
        hits = np.isin(index, trial.targets)
        found = {
            "ndcg": float((self._gains[: len(index)] * hits).sum()) / self._ideal,
            "answered": float(len(rated(given))),
        }
        estimator = adaptation.estimator
        if estimator is not None and user.rating is not None:
            predicted = estimator.score(user.rating, trial.held_out).clip(*adaptation.scale)
            found["mae"] = float(np.abs(predicted - trial.ratings).mean())
        return found


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
