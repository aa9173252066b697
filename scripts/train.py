"""`melu train`: meta-train θ and write a bundle."""

from pathlib import Path

from pydantic import ValidationError
from torch import Tensor

from model.bundle.bundle import load_bundle
from model.bundle.manifest import Manifest, read_manifest
from model.bundle.saving import BUNDLE_FOLDER, learn_evidence, save_bundle
from model.bundle.training_report import read_training_report
from model.data import Dataset
from model.data.hold_out import HoldOut
from model.errors import BundleError, ModelError
from model.fitting import FittedModel, fit_model
from model.presets import PRESETS, Preset, of_ranks, with_options
from model.ranks.torch_ranks import check_equal
from model.start import Start
from model.training_checkpoints import Checkpoints, identity_of
from scripts.terminal import console, machine, training_progress


def chosen_preset(
    name: str | None,
    *,
    of_bundle: Path | None = None,
    ranks: int = 1,
    batch_users: int | None = None,
    **options: float | bool | None,
) -> Preset:
    """Look a preset up and apply the options given.

    Args:
        name: The preset; None for that of the bundle, or `default`.
        of_bundle: A bundle whose configuration is taken if it is of that preset; its batches are
            those of all ranks that trained it.
        ranks: How many processes are to train it together.
        batch_users: Users of a batch on each of them; None for those of the preset.
        **options: Configuration field → value; None leaves the preset's own.

    Returns:
        The preset to train, with batches of all ranks together.

    Raises:
        ModelError: If there is no such preset or an option's value is out of range, or the bundle
            can't be read.
    """
    before = None if of_bundle is None else read_manifest(of_bundle).preset
    if before is not None and name in (None, before.name):
        chosen = before
    elif name is None or name in PRESETS:
        chosen = of_ranks(PRESETS[name or "default"], ranks)
    else:
        raise ModelError(f"there is no preset {name!r}; there are: {', '.join(PRESETS)}")
    whole = None if batch_users is None else batch_users * ranks
    try:
        return with_options(chosen, batch_users=whole, **options)
    except ValidationError as error:
        faults = "; ".join(f"{one['loc'][-1]}: {one['msg']}" for one in error.errors())
        raise ModelError(f"these options do not fit: {faults}") from error
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
    held_out: float = 0.0,
    begin: Path | None = None,
) -> Manifest:
    """Train on a prepared data set and write the bundle.

    Of several ranks, all train and rank 0 writes.

    Args:
        dataset: The data set; of several ranks, with the ratings of this one's users.
        out: The bundle to write.
        preset: What to train; of several ranks, what all do together.
        seed: Every random draw follows from it.
        resume: Go on from the checkpoints of a training that was stopped, where there are any.
        keeps_checkpoints: Whether to keep some meanwhile, in a folder beside the bundle.
        held_out: Share of all users who are held out of this and every training.
        begin: A bundle whose weights to begin with; random ones if None.

    Returns:
        The bundle's manifest.

    Raises:
        ModelError: If the data can't be used, the bundle can't be written, or the checkpoints are
            of another training; also if the ranks did not learn the same.
    """
    ranks = dataset.ratings.ranks
    ranks.told(lambda: BUNDLE_FOLDER.check(out))
    if held_out:
        dataset = dataset.without_held_out(HoldOut(held_out))
    start = None if begin is None else _start(begin, dataset, preset, held_out)
    checkpoints = _checkpoints(
        dataset, out, preset, seed, held_out, start, resume=resume, keeps=keeps_checkpoints
    )
    with training_progress() as on_epoch:
        fitted = fit_model(
            dataset,
            preset,
            seed=seed,
            on_epoch=on_epoch,
            checkpoints=checkpoints,
            start=start,
            same_validation_users=bool(held_out) or start is not None,
        )
    if ranks.size > 1:
        check_equal(ranks, _tensors(fitted))
    evidence = learn_evidence(fitted.estimator, fitted.relevance, dataset)
    version = None if start is None else start.version
    report = fitted.report.model_copy(update={"held_out": held_out, "started_from": version})
    manifest = ranks.told(
        lambda: save_bundle(
            fitted.estimator,
            report,
            preset,
            dataset,
            out,
            relevance=fitted.relevance,
            evidence=evidence,
        )
    )
    checkpoints.remove()
    begun = "" if version is None else f", begun with {version}"
    console.print(
        f"{manifest.version} is in {out}: θ of {report.users:,} users and "
        f"{report.ratings:,} ratings{begun}, {report.best_epoch} epochs, {report.seconds:.0f} s "
        f"({_processes(ranks.size)}{machine()})."
    )
    if start is not None and start.relevance is None and fitted.relevance is not None:
        console.print(f"{version} has no relevance: that part began with random weights.")
    return manifest


def _start(folder: Path, dataset: Dataset, preset: Preset, held_out: float) -> Start:
    """Load a bundle's weights, unless they know users who are to be held out."""
    before = read_training_report(folder).held_out
    if held_out > before:
        raise BundleError(
            f"{folder} was trained with a share of {before:g} of the users held out, and what "
            f"begins with it can't hold out {held_out:g}: it has learnt of these users. Train "
            f"without --from, or with --hold-out {before:g}."
        )
    return Start.of(load_bundle(folder, prepare=False), dataset, preset)


def _tensors(fitted: FittedModel) -> dict[str, Tensor]:
    """All that was learnt, by name."""
    parts = {"rating": fitted.estimator, "choice": fitted.relevance}
    return {
        f"{part}.{name}": tensor
        for part, model in parts.items()
        if model is not None
        for name, tensor in model.tensors().items()
    }


def _checkpoints(
    dataset: Dataset,
    out: Path,
    preset: Preset,
    seed: int,
    held_out: float,
    start: Start | None,
    *,
    resume: bool,
    keeps: bool,
) -> Checkpoints:
    """Find the checkpoints beside a bundle, and tell what becomes of them."""
    if not keeps and not resume:
        return Checkpoints.none()
    folder = out.resolve().with_name(out.resolve().name + ".checkpoints")
    further = [] if start is None else [start.version]
    further += [f"{held_out}"] if held_out else []
    identity = identity_of(dataset, preset, seed, *further)
    checkpoints = Checkpoints(folder, identity, resume=resume, ranks=dataset.ratings.ranks)
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


def _processes(size: int) -> str:
    return f"{size} processes, " if size > 1 else ""
