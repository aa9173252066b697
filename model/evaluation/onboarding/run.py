"""Measure what questions bring: lists and predicted ratings after N of them, by strategy."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace

from threadpoolctl import threadpool_limits

from model.arrays import Int64Array
from model.bundle.reports import EpochReport
from model.data.dataset import Dataset
from model.evaluation.lists.protocol import split_users
from model.evaluation.onboarding.asking import Asking
from model.evaluation.onboarding.effort import Seconds
from model.evaluation.onboarding.protocol import draw_onboarding_trials
from model.evaluation.onboarding.results import OnboardingEvaluation
from model.fitting import FittedModel, fit_model
from model.presets import Preset


def evaluate_onboarding(
    dataset: Dataset,
    preset: Preset,
    seeds: Iterable[int],
    *,
    seconds: Seconds | None = None,
    on_stage: Callable[[str], None] = lambda _stage: None,
    on_epoch: Callable[[EpochReport], None] = lambda _report: None,
) -> OnboardingEvaluation:
    """Train once a seed, and ask new users by every strategy.

    Args:
        dataset: The data set.
        preset: What to train.
        seeds: Each draws its own new users, what is held out, and initial weights.
        seconds: How long answers take; as published if None.
        on_stage: Called with a few words when a part of the work begins.
        on_epoch: Called after each epoch of training.

    Returns:
        The results.

    Raises:
        DatasetError: If the data set is too sparse.
    """
    evaluation = OnboardingEvaluation(preset)
    for seed in seeds:
        warm, new = split_users(dataset.ratings, seed)
        learnable = replace(dataset, ratings=dataset.ratings.of_users(warm))
        # Whoever has too few users to ask hears of it before the training.
        draw_onboarding_trials(dataset, new, (), seed)
        on_stage(f"seed {seed}: preset {preset.name}")
        fitted = fit_model(learnable, preset, seed=seed, on_epoch=on_epoch)
        evaluation.seconds.append(fitted.report.seconds)
        on_stage(f"seed {seed}: asking")
        ask_everybody(evaluation, fitted, learnable, dataset, new, seed, seconds or Seconds())
    return evaluation


def ask_everybody(
    evaluation: OnboardingEvaluation,
    fitted: FittedModel,
    learnable: Dataset,
    dataset: Dataset,
    new: Int64Array,
    seed: int,
    seconds: Seconds,
) -> None:
    """Ask new users by every strategy.

    Args:
        evaluation: Where results go.
        fitted: What was trained on the warm users.
        learnable: The data set with the warm users' ratings alone.
        dataset: The data set with all ratings.
        new: The new users.
        seed: Every draw follows from it.
        seconds: How long answers take.

    Raises:
        DatasetError: If there are too few users to ask.
    """
    # Users are asked one by one: numpy's own threads would spend their time waiting for each other.
    with threadpool_limits(1, "blas"):
        asking = Asking(fitted, learnable, seconds, seed)
        for trial in draw_onboarding_trials(dataset, new, asking.names, seed):
            asking.ask(evaluation, trial)
