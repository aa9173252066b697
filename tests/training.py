"""Train small bundles, as `melu train` does."""

from pathlib import Path

from model.bundle.manifest import Manifest
from model.bundle.saving import save_bundle
from model.data import Dataset
from model.fitting import fit_model
from model.presets import Preset


def train_bundle(dataset: Dataset, preset: Preset, folder: Path, *, seed: int = 1) -> Manifest:
    """Train everything that a preset has, and write the bundle."""
    fitted = fit_model(dataset, preset, seed=seed)
    return save_bundle(
        fitted.estimator, fitted.report, preset, dataset, folder, relevance=fitted.relevance
    )
