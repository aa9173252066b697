"""`melu train`: meta-train θ and write a bundle."""

from pathlib import Path

from model.bundle import save_bundle
from model.data import load_dataset
from model.errors import ModelError
from model.presets import PRESETS, Preset, fit_estimator, with_options
from scripts.terminal import console, machine, print_load_report, training_progress


def chosen_preset(name: str, **options: float | bool | None) -> Preset:
    """Look a preset up and apply the options given.

    Args:
        name: The preset.
        **options: Configuration field → value; None leaves the preset's own.

    Returns:
        The preset to train.

    Raises:
        ModelError: If there is no such preset or an option's value is out of range.
    """
    if name not in PRESETS:
        raise ModelError(f"there is no preset {name!r}; there are: {', '.join(PRESETS)}")
    try:
        return with_options(PRESETS[name], **options)
    except ValueError as error:
        raise ModelError(f"these options do not fit: {error}") from error


def train_bundle(
    folder: Path, out: Path, preset: Preset, *, seed: int, skip_bad_rows: bool
) -> None:
    """Train on a prepared data set and write the bundle.

    Args:
        folder: The prepared data set.
        out: The bundle to write.
        preset: What to train.
        seed: Every random draw follows from it.
        skip_bad_rows: Leave bad rows out instead of refusing the set.

    Raises:
        ModelError: If the data can't be used or the bundle can't be written.
    """
    dataset = load_dataset(folder, skip_bad_rows=skip_bad_rows)
    print_load_report(dataset.report)
    with training_progress() as on_epoch:
        estimator, report = fit_estimator(dataset, preset, seed=seed, on_epoch=on_epoch)
    manifest = save_bundle(estimator, report, preset, dataset, out)
    console.print(
        f"[green]{manifest.version}[/] is in {out}: θ of {report.users:,} users and "
        f"{report.ratings:,} ratings, {report.best_epoch} epochs, {report.seconds:.0f} s "
        f"({machine()})."
    )
