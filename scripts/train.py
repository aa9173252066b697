"""`melu train`: meta-train θ and write a bundle."""

from pathlib import Path

from model.bundle.saving import save_bundle
from model.data import Dataset
from model.errors import ModelError
from model.fitting import fit_model
from model.presets import PRESETS, Preset, with_options
from model.training_checkpoints import Checkpoints, identity_of
from scripts.terminal import console, machine, training_progress


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
    dataset: Dataset,
    out: Path,
    preset: Preset,
    *,
    seed: int,
    resume: bool = False,
    keeps_checkpoints: bool = True,
) -> None:
    """Train on a prepared data set and write the bundle.

    Args:
        dataset: The data set.
        out: The bundle to write.
        preset: What to train.
        seed: Every random draw follows from it.
        resume: Go on from the checkpoints of a training that was stopped, where there are any.
        keeps_checkpoints: Whether to keep some meanwhile, in a folder beside the bundle.

    Raises:
        ModelError: If the data can't be used, the bundle can't be written, or the checkpoints are
            of another training.
    """
    checkpoints = _checkpoints(dataset, out, preset, seed, resume=resume, keeps=keeps_checkpoints)
    with training_progress() as on_epoch:
        fitted = fit_model(dataset, preset, seed=seed, on_epoch=on_epoch, checkpoints=checkpoints)
    report = fitted.report
    manifest = save_bundle(
        fitted.estimator, report, preset, dataset, out, relevance=fitted.relevance
    )
    checkpoints.remove()
    console.print(
        f"{manifest.version} is in {out}: θ of {report.users:,} users and "
        f"{report.ratings:,} ratings, {report.best_epoch} epochs, {report.seconds:.0f} s "
        f"({machine()})."
    )


def _checkpoints(
    dataset: Dataset, out: Path, preset: Preset, seed: int, *, resume: bool, keeps: bool
) -> Checkpoints:
    """Find the checkpoints beside a bundle, and tell what becomes of them."""
    if not keeps and not resume:
        return Checkpoints.none()
    folder = out.resolve().with_name(out.resolve().name + ".checkpoints")
    checkpoints = Checkpoints(folder, identity_of(dataset, preset, seed), resume=resume)
    if checkpoints.found and resume:
        console.print(f"going on from the checkpoints in {folder}.")
    elif checkpoints.found:
        console.print(
            f"an unfinished training left checkpoints in {folder}: give --resume to go on from "
            "them. This one begins anew and soon writes its own in their place."
        )
    elif resume:
        console.print(f"there are no checkpoints in {folder}: the training begins anew.")
    return checkpoints
