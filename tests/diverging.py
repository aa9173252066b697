"""A bundle whose local update diverges."""

from pathlib import Path

from model.bundle.bundle import load_bundle
from model.bundle.files import TRAINING_FILE
from model.bundle.reports import TrainingReport
from model.bundle.saving import write_bundle
from model.estimator import StoredParts
from model.melu import MeluPreset
from model.presets import Preset, restore_estimator, with_options


def write_diverging(bundle: Path, out: Path, factor: float = 1e9) -> Path:
    """Write a bundle like another one, whose steps are longer by a factor; θ is the same."""
    trained = load_bundle(bundle)
    manifest, estimator = trained.manifest, trained.estimator
    preset: Preset = manifest.preset
    tensors = estimator.tensors()
    if isinstance(preset, MeluPreset):
        rate = preset.estimator.local_learning_rate * factor
        preset = with_options(preset, local_learning_rate=rate)
    else:
        for name in tensors:
            if name.endswith(".rates"):
                tensors[name] = tensors[name] * factor
    diverged = restore_estimator(
        preset,
        StoredParts(
            scale=manifest.scale,
            user_space=estimator.user_space,
            item_space=estimator.item_space,
            tensors=tensors,
            item_features=trained.catalogue.features(estimator.item_space.names),
            item_count=manifest.items,
        ),
    )
    report = TrainingReport.model_validate_json((bundle / TRAINING_FILE).read_bytes())
    write_bundle(
        *(diverged, report, preset, trained.catalogue, manifest.dataset, manifest.rating_scale, out)
    )
    return out
