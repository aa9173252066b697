"""The protocol: presets and baselines on the same episodes of four states, seed by seed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from torch import Tensor

from model.baselines import Baselines
from model.bundle.reports import EpochReport
from model.data.dataset import Dataset
from model.episodes import Episodes
from model.estimator import Estimator
from model.evaluation.catalogue import baseline_scores, measure_catalogue, preset_scores
from model.evaluation.results import Results, measure
from model.evaluation.states import STATES, ColdSplit, random_split
from model.evaluation.trial import Regime, draw_trial
from model.presets import Preset, fit_estimator

FEW_SHOT_STATE = "user_cold"
FEW_SHOT_SIZES = (0, 1, 2, 3, 5, 10, 20)


def unadapted(preset: str) -> str:
    """Name the model that is a preset's θ alone, without a support set."""
    return f"{preset}_theta_alone"


@dataclass
class Evaluation:
    """What an evaluation found.

    Attributes:
        regime: What was learnt from.
        presets: The presets, in order.
        states: State → results of all models; states without enough episodes are missing.
        few_shot: Support size → results in `user_cold`, all on the same query sets.
        too_few: (seed, state, episodes) of each state that was left out.
        training_ratings: Number of ratings learnt from, one a seed.
        baseline_settings: Baseline → its settings, one a seed.
    """

    regime: Regime
    presets: tuple[str, ...]
    states: dict[str, Results] = field(default_factory=dict)
    few_shot: dict[int, Results] = field(default_factory=dict)
    too_few: list[tuple[int, str, int]] = field(default_factory=list)
    training_ratings: list[int] = field(default_factory=list)
    baseline_settings: list[dict[str, dict[str, float]]] = field(default_factory=list)

    @property
    def baselines(self) -> tuple[str, ...]:
        """The baselines, in order."""
        return tuple(self.baseline_settings[0])

    def best_baseline(self, results: Results, metric: str = "mae") -> str:
        """Name the best baseline by a metric: the least error, or the highest of any other.

        Args:
            results: Of one state, or of one support size.
            metric: What to compare by.

        Returns:
            The baseline.
        """
        sign = 1 if metric in ("mae", "rmse") else -1
        return min(
            self.baselines, key=lambda baseline: sign * results.estimate(baseline, metric).mean
        )


def evaluate(
    dataset: Dataset,
    presets: Sequence[Preset],
    seeds: Iterable[int],
    *,
    regime: Regime,
    split: ColdSplit | None = None,
    on_stage: Callable[[str], None] = lambda _stage: None,
    on_epoch: Callable[[EpochReport], None] = lambda _report: None,
) -> Evaluation:
    """Train every preset and fit every baseline once a seed, and measure all on the same episodes.

    Args:
        dataset: The data set.
        presets: What to train.
        seeds: Each draws its own query sets and initial weights, and its own split if none is
            given.
        regime: What may be learnt from.
        split: Which users and items are cold; None makes a random fifth of each cold.
        on_stage: Called with a few words when a part of the work begins.
        on_epoch: Called after each epoch of training.

    Returns:
        The results.

    Raises:
        DatasetError: If the data set is too sparse for an episode or for training.
    """
    evaluation = Evaluation(regime, tuple(preset.name for preset in presets))
    for seed in seeds:
        random = np.random.default_rng([seed, 1])
        trial = draw_trial(dataset, split or random_split(dataset, random), regime, seed)
        evaluation.too_few += [(seed, state, n) for state, n in trial.too_few.items()]
        evaluation.training_ratings.append(len(trial.training))
        # Whatever is fitted gets no hold of any other rating.
        learnable = replace(dataset, ratings=trial.training)
        on_stage(f"seed {seed}: baselines")
        baselines = Baselines.fit(learnable, trial.training)
        evaluation.baseline_settings.append(baselines.settings)
        estimators: dict[str, Estimator] = {}
        for preset in presets:
            on_stage(f"seed {seed}: preset {preset.name}")
            estimators[preset.name], _ = fit_estimator(
                learnable, preset, seed=seed, ratings=trial.training, on_epoch=on_epoch
            )
        models = _Models(dataset, baselines, estimators)
        on_stage(f"seed {seed}: measuring")
        for state, episodes in trial.episodes.items():
            measured = models.measure(episodes)
            for model, hits in models.measure_catalogue(episodes, seed).items():
                measured[model] |= hits
            evaluation.states.setdefault(state, Results()).add(episodes.user_index, measured)
        if FEW_SHOT_STATE in trial.episodes:
            episodes = trial.episodes[FEW_SHOT_STATE]
            for size in FEW_SHOT_SIZES:
                few = replace(episodes, support_set=episodes.support_set.first(size))
                evaluation.few_shot.setdefault(size, Results()).add(
                    episodes.user_index, models.measure(few)
                )
    evaluation.states = {s: evaluation.states[s] for s in STATES if s in evaluation.states}
    return evaluation


class _Models:
    """Everything that is measured for one seed."""

    def __init__(
        self, dataset: Dataset, baselines: Baselines, estimators: dict[str, Estimator]
    ) -> None:
        self._dataset = dataset
        self._baselines = baselines
        self._estimators = estimators

    def measure(self, episodes: Episodes) -> dict[str, dict[str, Tensor]]:
        """Model → metric → one value an episode, by the query sets."""
        nothing = replace(episodes, support_set=episodes.support_set.first(0))
        predicted = {}
        for name, estimator in self._estimators.items():
            predicted[name] = estimator.predict(self._dataset, episodes)
            predicted[unadapted(name)] = estimator.predict(self._dataset, nothing)
        predicted |= self._baselines.predict(episodes)
        return {
            model: measure(values, episodes, self._dataset.scale)
            for model, values in predicted.items()
        }

    def measure_catalogue(self, episodes: Episodes, seed: int) -> dict[str, dict[str, Tensor]]:
        """Model → metric → one value an episode, by the whole catalogue."""
        found: dict[str, dict[str, Tensor]] = {}
        scores = [
            preset_scores(estimator, self._dataset, name, unadapted(name))
            for name, estimator in self._estimators.items()
        ]
        for score in [*scores, baseline_scores(self._baselines, len(self._dataset.item_ids))]:
            # The same draw for every model: all are measured on the same sample.
            random = np.random.default_rng([seed, 2])
            found |= measure_catalogue(score, self._dataset, episodes, random)
        return found
