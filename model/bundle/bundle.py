"""The bundle: θ and all that serving needs, in one versioned folder without any code.

bundle.json          format, version, configuration, metrics, checksums
weights.safetensors  θ of the predicted ratings
relevance.safetensors θ of the chances of being chosen; only where the preset has them
vocabularies.json    encoders of the user and item features
catalogue.parquet    items with their attributes and evidence scores
clusters.safetensors clusters of alike items; only where there are too many to score all
training.json/.png   how the training went
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from math import isfinite
from pathlib import Path

import numpy as np
import polars as pl
import torch
from pydantic import BaseModel, ConfigDict
from safetensors import SafetensorError
from safetensors.torch import load, load_file, save_file

from model.bundle.folders import replacing_folder
from model.bundle.manifest import (
    FORMAT_VERSION,
    MANIFEST_FILE,
    REMEDY,
    Manifest,
    digest_of,
    read_manifest,
)
from model.bundle.reports import TrainingReport
from model.bundle.training_plot import draw_training
from model.catalogue.bundled import Catalogue
from model.data.loading import Dataset
from model.data.tables import UNREADABLE
from model.errors import BundleError, FeatureValueError
from model.estimator import Estimator
from model.evidence import evidence_scores
from model.features import FeatureSpace
from model.presets import Preset, restore_estimator, restore_relevance
from model.ranking import ONE_STAGE_LIMIT, Clusters
from model.relevance import RelevanceModel

WEIGHTS_FILE = "weights.safetensors"
VOCABULARIES_FILE = "vocabularies.json"
CATALOGUE_FILE = "catalogue.parquet"
CLUSTERS_FILE = "clusters.safetensors"
RELEVANCE_FILE = "relevance.safetensors"
_ANSWERING_FILES = (
    WEIGHTS_FILE,
    RELEVANCE_FILE,
    VOCABULARIES_FILE,
    CATALOGUE_FILE,
    CLUSTERS_FILE,
)
"""What an answer follows from."""
TRAINING_FILE = "training.json"
TRAINING_PLOT_FILE = "training.png"


class Vocabularies(BaseModel):
    """`vocabularies.json`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    users: FeatureSpace
    items: FeatureSpace


@dataclass(frozen=True)
class Bundle:
    """A loaded bundle.

    Attributes:
        manifest: Configuration, version and metrics.
        rating: θ of the predicted ratings, where the data have ratings.
        catalogue: The items.
        relevance: θ of the chances of being chosen, where the preset has them.
        user_space: Encoders of the user features.
        item_space: Encoders of the item features.
    """

    manifest: Manifest
    rating: Estimator | None
    catalogue: Catalogue
    relevance: RelevanceModel | None
    user_space: FeatureSpace
    item_space: FeatureSpace

    @property
    def estimator(self) -> Estimator:
        """θ of the predicted ratings.

        Raises:
            BundleError: If the data have no ratings.
        """
        if self.rating is None:
            raise BundleError(
                f"{self.manifest.version} was trained without ratings and predicts none."
            )
        return self.rating


def save_bundle(
    estimator: Estimator | None,
    report: TrainingReport,
    preset: Preset,
    dataset: Dataset,
    out: Path,
    *,
    relevance: RelevanceModel | None = None,
) -> Manifest:
    """Write a bundle, whole or not at all; one that stands there is replaced.

    Args:
        estimator: What was learnt of ratings, if there are any.
        report: How that went.
        preset: Its configuration.
        dataset: What it was trained on.
        out: The bundle's folder.
        relevance: What was learnt of choice, if anything.

    Returns:
        The manifest as written.

    Raises:
        BundleError: If `out` is something else than a bundle or an empty folder, or the training
            diverged.
    """
    _check_target(out)
    if estimator is not None:
        _check_trained(estimator.tensors(), report)
    if relevance is not None:
        _check_trained(relevance.tensors(), report)
    raters = np.bincount(dataset.ratings.item_index, minlength=len(dataset.item_ids))
    if estimator is not None:
        norms = estimator.mean_gradient_norms(dataset, dataset.ratings)
    else:
        assert relevance is not None  # noqa: S101 - one of both was trained
        norms = relevance.discrimination(relevance.adapted_to([]))
    evidence = evidence_scores(norms, raters.astype(np.float32))
    catalogue = Catalogue.of_dataset(dataset, evidence)
    return write_bundle(
        estimator,
        report,
        preset,
        catalogue,
        dataset.description.name,
        dataset.scale if dataset.has_ratings else None,
        out,
        relevance=relevance,
    )


def write_bundle(
    estimator: Estimator | None,
    report: TrainingReport,
    preset: Preset,
    catalogue: Catalogue,
    name: str,
    scale: tuple[float, float] | None,
    out: Path,
    *,
    relevance: RelevanceModel | None = None,
) -> Manifest:
    """Write a bundle of a ready catalogue; see `save_bundle`.

    Args:
        estimator: What was learnt of ratings, if there are any.
        report: How that went.
        preset: Its configuration.
        catalogue: The items that the estimator scores.
        name: Of the data set.
        scale: Lowest and highest rating; None where the data have none.
        out: The bundle's folder.
        relevance: What was learnt of choice, if anything.

    Returns:
        The manifest as written.

    Raises:
        BundleError: If `out` is something else than a bundle or an empty folder.
    """
    _check_target(out)
    known_by = estimator or relevance
    assert known_by is not None  # noqa: S101 - one of both was trained
    vocabularies = Vocabularies(users=known_by.user_space, items=known_by.item_space)
    with replacing_folder(out) as folder:
        catalogue.table.write_parquet(folder / CATALOGUE_FILE)
        if estimator is not None:
            _save_tensors(estimator.tensors(), folder / WEIGHTS_FILE)
        if relevance is not None:
            _save_tensors(relevance.tensors(), folder / RELEVANCE_FILE)
        if len(catalogue) > ONE_STAGE_LIMIT:
            found = {}
            if estimator is not None:
                found["cluster"] = estimator.clustering_features()
            if relevance is not None:
                found["choice"] = relevance.clustering_features()
            clusters = {
                name: torch.from_numpy(Clusters.fit(features, seed=report.seed).cluster)
                for name, features in found.items()
            }
            _save_tensors(clusters, folder / CLUSTERS_FILE)
        (folder / VOCABULARIES_FILE).write_text(vocabularies.model_dump_json(), encoding="utf-8")
        (folder / TRAINING_FILE).write_text(report.model_dump_json(indent=2), encoding="utf-8")
        draw_training(report, folder / TRAINING_PLOT_FILE)
        checksums = {path.name: _sha256(path) for path in sorted(folder.iterdir())}
        # Equal parts are the same model, whenever they were trained; whatever changes an answer
        # is in one of them.
        identity = {
            "format": FORMAT_VERSION,
            "preset": preset.model_dump(mode="json"),
            "rating_scale": scale,
            "files": {name: checksums[name] for name in _ANSWERING_FILES if name in checksums},
        }
        manifest = Manifest(
            format_version=FORMAT_VERSION,
            version=f"{name}-{preset.name}-{digest_of(identity)[:12]}",
            created_at=datetime.now(UTC),
            dataset=name,
            preset=preset,
            rating_scale=scale,
            items=len(catalogue),
            metrics=_metrics(report),
            checksums=checksums,
        )
        manifest = manifest.model_copy(update={"checksum": manifest.digest()})
        (folder / MANIFEST_FILE).write_text(manifest.model_dump_json(indent=2), encoding="utf-8")
    return manifest


def load_bundle(folder: Path, *, prepare: bool = True) -> Bundle:
    """Load a bundle and check all of it.

    Args:
        folder: The bundle.
        prepare: Build what serving needs at once; a mere check does without, and of a large
            catalogue that is most of the time and memory.

    Returns:
        The bundle, ready to serve.

    Raises:
        BundleError: If anything is missing, altered, of another format or inconsistent.
    """
    manifest = read_manifest(folder)
    large = manifest.items > ONE_STAGE_LIMIT
    has_relevance = RELEVANCE_FILE in manifest.checksums
    has_ratings = manifest.rating_scale is not None
    if has_ratings != (WEIGHTS_FILE in manifest.checksums) or not (has_ratings or has_relevance):
        raise BundleError(
            f"{folder} has a rating scale without weights for ratings, or the reverse. {REMEDY}"
        )
    for name in (
        *(VOCABULARIES_FILE, CATALOGUE_FILE),
        *([WEIGHTS_FILE] * has_ratings),
        *([CLUSTERS_FILE] * large),
        *([RELEVANCE_FILE] * has_relevance),
    ):
        path = folder / name
        if not path.is_file():
            raise BundleError(f"{folder} lacks {name}. {REMEDY}")
        if _sha256(path) != manifest.checksums.get(name):
            raise BundleError(f"{path} is not the file that the bundle was written with. {REMEDY}")

    def read_weights(name: str = WEIGHTS_FILE) -> dict[str, torch.Tensor]:
        # A mapping of the file takes no memory for what is not used, which counts where there are
        # many items. A file that somebody cuts short while it is mapped ends the process.
        weights = folder / name
        return load_file(weights) if large else load(weights.read_bytes())

    try:
        vocabularies = Vocabularies.model_validate_json((folder / VOCABULARIES_FILE).read_bytes())
        catalogue = Catalogue(pl.read_parquet(folder / CATALOGUE_FILE))
        tensors = read_weights() if has_ratings else {}
        of_relevance = read_weights(RELEVANCE_FILE) if has_relevance else None
        clusters = None
        if large and has_ratings:
            clusters = _read_clusters(folder, "cluster", manifest.items)
        of_choice = None
        if large and has_relevance:
            of_choice = _read_clusters(folder, "choice", manifest.items)
    except (*UNREADABLE, SafetensorError, RecursionError) as error:
        raise BundleError(f"{folder} can't be read: {error}. {REMEDY}") from error
    if len(catalogue) != manifest.items:
        raise BundleError(
            f"{folder} lists {len(catalogue)} items where {manifest.items} are due. {REMEDY}"
        )
    try:
        scale = manifest.scale
        estimator = relevance = None
        if has_ratings:
            estimator = restore_estimator(
                manifest.preset,
                scale,
                vocabularies.users,
                vocabularies.items,
                tensors,
                catalogue.features(vocabularies.items.names),
                len(catalogue),
            )
        if of_relevance is not None:
            relevance = restore_relevance(
                manifest.preset,
                scale,
                vocabularies.users,
                vocabularies.items,
                of_relevance,
                len(catalogue),
            )
    except (BundleError, FeatureValueError) as error:
        raise BundleError(f"{folder}: {error}. {REMEDY}") from error
    # What was read of the files to check them need not stay in memory.
    del tensors, of_relevance
    if estimator is not None:
        estimator.clusters = clusters
    if relevance is not None:
        relevance.clusters = of_choice
    if prepare:
        _prepare(estimator, relevance, manifest, read_weights, folder)
    return Bundle(manifest, estimator, catalogue, relevance, vocabularies.users, vocabularies.items)


def _prepare(
    estimator: Estimator | None,
    relevance: RelevanceModel | None,
    manifest: Manifest,
    read_weights: Callable[..., dict[str, torch.Tensor]],
    folder: Path,
) -> None:
    """Build what serving needs; weights that are finite may still be too large to score with."""
    try:
        with np.errstate(all="ignore"):
            found = []
            if estimator is not None:
                # By default lists go by relevance, so nobody waits for the first one by rating.
                estimator.prepare(read_weights, ranks=relevance is None)
                nobody = estimator.adapt({}, [])
                found += [estimator.score(nobody), estimator.discrimination(nobody)]
                # Where a local update diverges is found when it does; see `Recommender.adapt`.
                _, high = manifest.scale
                estimator.score(estimator.adapt({}, [(0, high)]))
            if relevance is not None:
                found += [relevance.log_chance(relevance.adapted_to([]))]
                relevance.prepare(lambda: read_weights(RELEVANCE_FILE))
    except (ArithmeticError, RuntimeError, ValueError, np.linalg.LinAlgError) as error:
        raise BundleError(f"{folder} can't score its items: {error}. {REMEDY}") from error
    if not all(np.isfinite(scores).all() for scores in found):
        raise BundleError(f"{folder} scores items with what is no number. {REMEDY}")


def _save_tensors(tensors: dict[str, torch.Tensor], path: Path) -> None:
    path.touch()
    mode = path.stat().st_mode
    save_file({name: one.detach().contiguous() for name, one in tensors.items()}, path)
    # The library lets nobody else read its files; a bundle is read by whoever serves it.
    path.chmod(mode)


def _read_clusters(folder: Path, name: str, items: int) -> Clusters:
    cluster = load_file(folder / CLUSTERS_FILE).get(name)
    if cluster is None or cluster.dtype != torch.int32 or cluster.shape != (items,):
        raise BundleError(f"{folder / CLUSTERS_FILE} does not fit the catalogue. {REMEDY}")
    numbers = cluster.numpy().copy()
    if not 0 <= numbers.min() <= numbers.max() < items:
        raise BundleError(f"{folder / CLUSTERS_FILE} does not fit the catalogue. {REMEDY}")
    if not np.array_equal(np.unique(numbers), np.arange(numbers.max() + 1)):
        raise BundleError(f"{folder / CLUSTERS_FILE} numbers clusters with gaps. {REMEDY}")
    return Clusters(numbers)


def _check_target(out: Path) -> None:
    if not out.exists() or (out / MANIFEST_FILE).is_file():
        return
    if not out.is_dir() or any(out.iterdir()):
        raise BundleError(f"{out} exists and is no bundle; choose another --out.")


def _check_trained(tensors: dict[str, torch.Tensor], report: TrainingReport) -> None:
    finite = {name: bool(tensor.isfinite().all()) for name, tensor in tensors.items()}
    finite |= {name: isfinite(value) for name, value in _metrics(report).items()}
    if diverged := [name for name, is_finite in finite.items() if not is_finite]:
        raise BundleError(
            f"the training diverged: {diverged[0]} is not finite. Try another --seed or, with the "
            "preset melu, a smaller --local-learning-rate."
        )


def _metrics(report: TrainingReport) -> dict[str, float]:
    """The last query loss, and the held-out users' errors where the preset holds some out."""
    metrics = {"query_loss": report.epochs[-1].loss}
    if report.relevance:
        metrics["choice_loss"] = report.relevance[-1].loss
    for epoch in report.epochs:
        if epoch.validation_mae is not None and epoch.epoch == report.best_epoch:
            metrics |= {f"validation_mae@{k}": mae for k, mae in epoch.validation_mae.items()}
    return metrics


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
