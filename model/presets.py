"""Presets: named estimators with their configuration."""

from collections.abc import Callable
from typing import Any

from model.bayesian import BayesianEstimator, BayesianPreset
from model.bundle.reports import EpochReport, TrainingReport
from model.data.dataset import Dataset, Ratings
from model.estimator import Estimator, StoredParts
from model.melu import MeluEstimator, MeluPreset
from model.relevance import RelevanceConfig
from model.start import Start
from model.training_checkpoints import Checkpoints

Preset = MeluPreset | BayesianPreset

PRESETS: dict[str, Preset] = {"default": BayesianPreset(), "melu": MeluPreset()}

ESTIMATORS: dict[type[Preset], type[Estimator]] = {
    BayesianPreset: BayesianEstimator,
    MeluPreset: MeluEstimator,
}

_PARTS = ("estimator", "training", "relevance")


def with_options(preset: Preset, **options: Any) -> Preset:  # noqa: ANN401 - checked below
    """Return a copy with some fields of its configuration set.

    Args:
        preset: The preset.
        **options: Field name → value; None leaves the preset's own.

    Returns:
        The validated copy.

    Raises:
        ValueError: If the preset has no such field, or a value is out of range.
    """
    data = preset.model_dump()
    for name, value in options.items():
        if value is None:
            continue
        parts = [part for part in _PARTS if name in data.get(part, {})]
        if not parts:
            raise ValueError(f"the preset {preset.name!r} has no {name}")
        data[parts[0]][name] = value
    return type(preset).model_validate(data)


def of_ranks(preset: Preset, size: int) -> Preset:
    """Return what several processes train together: batches of as many users on each.

    Args:
        preset: What one process would train.
        size: How many processes there are.

    Returns:
        A preset whose batches are so many times as large. One process that trains it learns the
        same, but for rounding and drop-out.
    """
    data = preset.model_dump()
    for part in _PARTS:
        if "batch_users" in data.get(part, {}):
            data[part]["batch_users"] *= size
    return type(preset).model_validate(data)


def fit_estimator(
    dataset: Dataset,
    preset: Preset,
    *,
    seed: int,
    ratings: Ratings | None = None,
    on_epoch: Callable[[EpochReport], None] = lambda _report: None,
    checkpoints: Checkpoints | None = None,
    start: Start | None = None,
) -> tuple[Estimator, TrainingReport]:
    """Train a preset; see `Estimator.fit`.

    Args:
        dataset: Users, items and their features.
        preset: What to train.
        seed: Every random draw follows from it.
        ratings: What to learn from; all ratings of the data set if None.
        on_epoch: Called after each epoch.
        checkpoints: Where to go on from, and what is kept meanwhile; nothing if None.
        start: Weights to begin with, of a bundle of this preset; random if None.

    Returns:
        The estimator, and how the training went.
    """
    return ESTIMATORS[type(preset)].fit(
        dataset.of_preset(preset.name),
        dataset.ratings if ratings is None else ratings,
        preset,
        seed=seed,
        on_epoch=on_epoch,
        checkpoints=checkpoints or Checkpoints.none(),
        start=start,
    )


def restore_estimator(preset: Preset, parts: StoredParts) -> Estimator:
    """Put an estimator together from what a bundle stores; see `Estimator.restore`."""
    return ESTIMATORS[type(preset)].restore(preset, parts)


def relevance_config(preset: Preset) -> RelevanceConfig | None:
    """Return how a preset learns what people choose; None if it does not."""
    return preset.relevance if isinstance(preset, BayesianPreset) else None
