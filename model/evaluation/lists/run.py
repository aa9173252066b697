"""Measure lists: the served default, its parts, and what a company would take instead."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace

import numpy as np

from model.adapted_copy import AdaptedCopy
from model.arrays import Float32Array, Float64Array, Int64Array
from model.baselines.lists import Likes, TunedListBaselines, available_list_baselines
from model.bundle.reports import EpochReport
from model.data.dataset import Dataset
from model.evaluation.lists.metrics import LIST_LENGTH, ListValues, measure_lists, top_of_scores
from model.evaluation.lists.protocol import (
    ListProtocol,
    ListTrial,
    draw_trials,
    given_likes,
    split_users,
)
from model.evaluation.results import Estimate, estimate_over_users
from model.features import FeatureValue
from model.fitting import FittedModel, fit_model
from model.lists import rank
from model.orders import Order
from model.presets import Preset
from model.relevance import RelevanceModel
from model.relevance.ablations import unblended, without_steps

_HELD_OUT = 600
SERVED = "served"
PARTS = ("rating", "unblended", "amortised_start", "theta_alone")
Recommend = Callable[[ListTrial, int], Int64Array]


@dataclass
class ListEvaluation:
    """What an evaluation of lists found.

    Attributes:
        protocol: The sizes.
        preset: Configuration.
        users: User of each trial, over all seeds.
        values: Model → number of answers → metric → one value a trial, over all seeds.
        coverage: Model → number of answers → distinct items, one a seed.
        settings: Of the baselines, one a seed.
        blends: β of the served order by number of answers, one a seed.
        seconds: Training times, one a seed.
    """

    protocol: ListProtocol
    preset: Preset
    users: list[int] = field(default_factory=list)
    values: dict[str, dict[int, dict[str, list[float]]]] = field(default_factory=dict)
    coverage: dict[str, dict[int, list[int]]] = field(default_factory=dict)
    settings: list[dict[str, dict[str, dict[str, float]]]] = field(default_factory=list)
    blends: list[dict[int, float]] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)

    def add(self, model: str, size: int, found: ListValues) -> None:
        """Add what one model's lists are worth in one seed."""
        kept = self.values.setdefault(model, {}).setdefault(size, {})
        for metric in ("ndcg", "recall", "disliked", "popularity"):
            kept.setdefault(metric, []).extend(getattr(found, metric).tolist())
        self.coverage.setdefault(model, {}).setdefault(size, []).append(found.coverage)

    @property
    def baselines(self) -> tuple[str, ...]:
        """The baselines that were measured."""
        ours = {SERVED, *PARTS}
        return tuple(name for name in self.values if name not in ours)

    def estimate(self, model: str, size: int, metric: str = "ndcg") -> Estimate:
        """Return mean and standard error over the users."""
        return estimate_over_users(self.users, np.array(self.values[model][size][metric]))

    def difference(self, model: str, other: str, size: int, metric: str = "ndcg") -> Estimate:
        """Return the paired difference and its standard error over the users."""
        mine, theirs = (np.array(self.values[one][size][metric]) for one in (model, other))
        return estimate_over_users(self.users, mine - theirs)

    def best_baseline(self, size: int) -> str:
        """Name the baseline with the highest nDCG."""
        return max(self.baselines, key=lambda name: self.estimate(name, size).mean)


def evaluate_lists(
    dataset: Dataset,
    preset: Preset,
    seeds: Iterable[int],
    *,
    protocol: ListProtocol,
    baselines: Iterable[str] | None = None,
    on_stage: Callable[[str], None] = lambda _stage: None,
    on_epoch: Callable[[EpochReport], None] = lambda _report: None,
) -> ListEvaluation:
    """Train once a seed and measure lists for new users beside the baselines'.

    Args:
        dataset: The data set.
        preset: What to train.
        seeds: Each draws its own new users, order of answers, and initial weights.
        protocol: The sizes.
        baselines: Which baselines to tune and measure; all that can be fitted here if None.
        on_stage: Called with a few words when a part of the work begins.
        on_epoch: Called after each epoch of training.

    Returns:
        The results.

    Raises:
        DatasetError: If the data set is too sparse.
    """
    evaluation = ListEvaluation(protocol, preset)
    names = available_list_baselines() if baselines is None else tuple(baselines)
    for seed in seeds:
        warm, new = split_users(dataset.ratings, seed)
        trials = draw_trials(dataset, dataset.ratings, new, protocol, seed)
        ratings = dataset.ratings.of_users(warm)
        # Whatever is fitted gets no hold of any other rating.
        learnable = replace(dataset, ratings=ratings)
        likes = Likes.of(learnable, ratings)
        share = likes.popularity / len(warm)
        evaluation.users += [trial.user for trial in trials]
        on_stage(f"seed {seed}: baselines for {len(trials)} new users")
        for name, by_size in _baseline_scores(
            learnable, likes, warm, trials, protocol, names, seed, evaluation
        ).items():
            for size, scores in by_size.items():
                lists = top_of_scores(scores, trials, size)
                evaluation.add(name, size, measure_lists(lists, trials, share))
        on_stage(f"seed {seed}: preset {preset.name}")
        fitted = fit_model(learnable, preset, seed=seed, on_epoch=on_epoch)
        evaluation.seconds.append(fitted.report.seconds)
        if fitted.relevance is not None:
            blend = fitted.relevance.blend
            evaluation.blends.append({size: blend.weight(size) for size in protocol.sizes})
        on_stage(f"seed {seed}: measuring")
        for name, recommend in recommenders(fitted, dataset).items():
            for size in protocol.sizes:
                lists = np.stack([recommend(trial, size) for trial in trials])
                evaluation.add(name, size, measure_lists(lists, trials, share))
    return evaluation


def _baseline_scores(
    dataset: Dataset,
    likes: Likes,
    warm: Int64Array,
    trials: list[ListTrial],
    protocol: ListProtocol,
    names: tuple[str, ...],
    seed: int,
    evaluation: ListEvaluation,
) -> Mapping[str, Mapping[int, Float32Array]]:
    """Tune every baseline for each size on held-out warm users, then fit it to all of them."""
    held_out = np.random.default_rng([seed, 9]).permutation(warm)[: min(_HELD_OUT, len(warm) // 5)]
    asked = draw_trials(dataset, dataset.ratings, held_out, protocol, seed)
    others = Likes.of(
        dataset, dataset.ratings.where(~np.isin(dataset.ratings.user_index, held_out))
    )
    unused = np.zeros(len(dataset.item_ids))

    def judge(scores: Float32Array, size: int) -> Float64Array:
        return measure_lists(top_of_scores(scores, asked, size), asked, unused).ndcg

    tuned = TunedListBaselines.choose(others, given_likes(asked, dataset, protocol), judge, names)
    evaluation.settings.append(tuned.settings())
    return tuned.scores(likes, given_likes(trials, dataset, protocol))


def recommenders(
    fitted: FittedModel,
    dataset: Dataset,
    among: Int64Array | None = None,
    *,
    length: int = LIST_LENGTH,
) -> dict[str, Recommend]:
    """Return the served order, the other orders, and the parts of the served one.

    Args:
        fitted: What was trained.
        dataset: Knows the users' features.
        among: Items to choose from, in ascending order; all if None.
        length: Of a list.

    Returns:
        Name → what lists the best items for a trial.
    """
    estimator, relevance = fitted.estimator, fitted.relevance
    known_by = estimator or relevance
    assert known_by is not None  # noqa: S101 - one of both was trained
    attributes = attributes_of(dataset, known_by.user_space.names)

    def ranked(
        order: Order, used: RelevanceModel | None = relevance, *, adapted: bool = True
    ) -> Recommend:
        def recommend(trial: ListTrial, size: int) -> Int64Array:
            slots = known_by.user_space.slots(attributes(trial.user))
            support = list(trial.given[:size])
            learnt = support if adapted else []
            copy = AdaptedCopy(
                None if estimator is None else estimator.adapt(slots, learnt),
                None if used is None else used.adapt(slots, learnt),
            )
            without = np.array(sorted(item for item, _ in support), dtype=np.int64)
            return rank(
                estimator, used, copy, length, order=order, among=among, without=without
            ).index

        return recommend

    found = {} if estimator is None else {"rating": ranked(Order.RATING)}
    if relevance is not None:
        found |= {
            SERVED: ranked(Order.RELEVANCE),
            "unblended": ranked(Order.RELEVANCE, unblended(relevance)),
            "amortised_start": ranked(Order.RELEVANCE, without_steps(relevance)),
            "theta_alone": ranked(Order.RELEVANCE, adapted=False),
        }
    return found


def attributes_of(
    dataset: Dataset, names: tuple[str, ...]
) -> Callable[[int], Mapping[str, FeatureValue]]:
    """Return what looks up a user's features of these names."""
    table = dataset.user_features.select(names)
    return lambda user: table.row(user, named=True) if names else {}
