"""The bundle: θ and all that serving needs, in one versioned folder without any code.

bundle.json          format, version, configuration, metrics, checksums
weights.safetensors  θ
vocabularies.json    encoders of the user and item features
catalogue.parquet    items with their attributes and evidence scores
training.json/.png   how the training went
"""

from __future__ import annotations

import hashlib
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

import polars as pl
import torch
from pydantic import BaseModel, ConfigDict, ValidationError
from safetensors import SafetensorError
from safetensors.torch import load as load_tensors
from safetensors.torch import save as save_tensors

from model.catalogue import Catalogue
from model.data.loading import Dataset
from model.errors import BundleError
from model.estimator import MetaWeights, RatingUnits, initial_meta_weights
from model.evidence import evidence_scores
from model.features import FeatureSpace
from model.folders import replacing_folder
from model.presets import Preset
from model.training import TrainedEstimator, TrainingReport
from model.training_plot import draw_training

FORMAT_VERSION = 1
MANIFEST_FILE = "bundle.json"
WEIGHTS_FILE = "weights.safetensors"
VOCABULARIES_FILE = "vocabularies.json"
CATALOGUE_FILE = "catalogue.parquet"
TRAINING_FILE = "training.json"
TRAINING_PLOT_FILE = "training.png"

_REMEDY = "Train it anew with `melu train FOLDER --out DIR`."


class _Format(BaseModel):
    """The one field that every version of the format has."""

    format_version: int


class _Units(BaseModel):
    mean: float
    spread: float
    lowest: float
    highest: float


class Manifest(BaseModel):
    """`bundle.json`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    format_version: int
    version: str
    created_at: datetime
    dataset: str
    preset: Preset
    units: _Units
    items: int
    metrics: dict[str, float]
    checksums: dict[str, str]
    """File → SHA-256."""


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
        theta: θ.
        units: The estimator's units.
        vocabularies: Encoders of the features.
        catalogue: The items.
    """

    manifest: Manifest
    theta: MetaWeights
    units: RatingUnits
    vocabularies: Vocabularies
    catalogue: Catalogue


def save_bundle(trained: TrainedEstimator, dataset: Dataset, out: Path) -> Manifest:
    """Write a bundle, whole or not at all; one that stands there is replaced.

    Args:
        trained: What `train` returned.
        dataset: What it was trained on.
        out: The bundle's folder.

    Returns:
        The manifest as written.

    Raises:
        BundleError: If `out` is something else than a bundle or an empty folder.
    """
    if (
        out.exists()
        and not (out / MANIFEST_FILE).is_file()
        and (not out.is_dir() or any(out.iterdir()))
    ):
        raise BundleError(f"{out} exists and is no bundle; choose another --out.")
    evidence = evidence_scores(
        trained.theta,
        trained.units,
        trained.user_space.encode_table(dataset.user_features),
        trained.item_space.encode_table(dataset.item_features),
        dataset.ratings,
        user_count=len(dataset.user_ids),
        item_count=len(dataset.item_ids),
    )
    vocabularies = Vocabularies(users=trained.user_space, items=trained.item_space)
    with replacing_folder(out) as folder:
        Catalogue.of_dataset(dataset, evidence).table.write_parquet(folder / CATALOGUE_FILE)
        tensors = {name: t.contiguous() for name, t in trained.theta.named_tensors().items()}
        (folder / WEIGHTS_FILE).write_bytes(save_tensors(tensors))
        (folder / VOCABULARIES_FILE).write_text(vocabularies.model_dump_json(), encoding="utf-8")
        (folder / TRAINING_FILE).write_text(
            trained.report.model_dump_json(indent=2), encoding="utf-8"
        )
        draw_training(trained.report, folder / TRAINING_PLOT_FILE)
        checksums = {path.name: _sha256(path) for path in sorted(folder.iterdir())}
        # Equal weights over an equal catalogue are the same model, whenever they were trained.
        identity = "".join(
            checksums[name] for name in (WEIGHTS_FILE, VOCABULARIES_FILE, CATALOGUE_FILE)
        )
        digest = hashlib.sha256(identity.encode()).hexdigest()
        manifest = Manifest(
            format_version=FORMAT_VERSION,
            version=f"{dataset.description.name}-{trained.preset.name}-{digest[:12]}",
            created_at=datetime.now(UTC),
            dataset=dataset.description.name,
            preset=trained.preset,
            units=_Units(**asdict(trained.units)),
            items=len(dataset.item_ids),
            metrics=_metrics(trained.report),
            checksums=checksums,
        )
        (folder / MANIFEST_FILE).write_text(manifest.model_dump_json(indent=2), encoding="utf-8")
    return manifest


def load_bundle(folder: Path) -> Bundle:
    """Load a bundle and check all of it.

    Args:
        folder: The bundle.

    Returns:
        The bundle, ready to serve.

    Raises:
        BundleError: If anything is missing, altered, of another format or inconsistent.
    """
    manifest = _read_manifest(folder)
    for name in (WEIGHTS_FILE, VOCABULARIES_FILE, CATALOGUE_FILE):
        path = folder / name
        if not path.is_file():
            raise BundleError(f"{folder} lacks {name}. {_REMEDY}")
        if _sha256(path) != manifest.checksums.get(name):
            raise BundleError(f"{path} is not the file that the bundle was written with. {_REMEDY}")
    try:
        vocabularies = Vocabularies.model_validate_json((folder / VOCABULARIES_FILE).read_bytes())
        catalogue = Catalogue(pl.read_parquet(folder / CATALOGUE_FILE))
        tensors = load_tensors((folder / WEIGHTS_FILE).read_bytes())
    except (ValidationError, ValueError, pl.exceptions.PolarsError, SafetensorError) as error:
        raise BundleError(f"{folder} can't be read: {error}. {_REMEDY}") from error
    if len(catalogue) != manifest.items:
        raise BundleError(
            f"{folder} lists {len(catalogue)} items where {manifest.items} are due. {_REMEDY}"
        )
    _check_tensors(tensors, manifest, vocabularies, folder)
    return Bundle(
        manifest=manifest,
        theta=MetaWeights.from_named_tensors(tensors),
        units=RatingUnits(**manifest.units.model_dump()),
        vocabularies=vocabularies,
        catalogue=catalogue,
    )


def _read_manifest(folder: Path) -> Manifest:
    path = folder / MANIFEST_FILE
    if not path.is_file():
        raise BundleError(f"{folder} holds no bundle: {MANIFEST_FILE} is missing. {_REMEDY}")
    try:
        text = path.read_bytes()
        found = _Format.model_validate_json(text).format_version
        if found != FORMAT_VERSION:
            raise BundleError(
                f"{folder} has format {found}; this release reads {FORMAT_VERSION}. {_REMEDY}"
            )
        return Manifest.model_validate_json(text)
    except ValidationError as error:
        problem = error.errors()[0]
        where = ".".join(str(part) for part in problem["loc"]) or "the file"
        raise BundleError(f"{path}: {where}: {problem['msg']}. {_REMEDY}") from error


def _check_tensors(
    tensors: dict[str, torch.Tensor], manifest: Manifest, vocabularies: Vocabularies, folder: Path
) -> None:
    expected = initial_meta_weights(
        manifest.preset.estimator, vocabularies.users, vocabularies.items, torch.Generator()
    ).named_tensors()
    if missing := sorted(expected.keys() - tensors.keys()):
        raise BundleError(f"{folder}: {WEIGHTS_FILE} lacks {', '.join(missing)}. {_REMEDY}")
    if surplus := sorted(tensors.keys() - expected.keys()):
        raise BundleError(f"{folder}: {WEIGHTS_FILE} has unknown {', '.join(surplus)}. {_REMEDY}")
    for name, tensor in tensors.items():
        if tensor.shape != expected[name].shape or tensor.dtype != expected[name].dtype:
            raise BundleError(
                f"{folder}: {name} is {tensor.dtype} {tuple(tensor.shape)} where the configuration "
                f"asks for {expected[name].dtype} {tuple(expected[name].shape)}. {_REMEDY}"
            )
        if not tensor.isfinite().all():
            raise BundleError(f"{folder}: {name} holds values that are not finite. {_REMEDY}")


def _metrics(report: TrainingReport) -> dict[str, float]:
    """The held-out users' errors at the epoch whose length was chosen."""
    for epoch in report.epochs:
        if epoch.validation_mae is not None and epoch.epoch == report.best_epoch:
            return {f"validation_mae@{k}": mae for k, mae in epoch.validation_mae.items()}
    return {}


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
