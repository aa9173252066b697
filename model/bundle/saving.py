"""Write a bundle, whole or not at all."""

from __future__ import annotations

from datetime import UTC, datetime
from math import isfinite
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import save_file

from model.bundle.files import (
    ANSWERING_FILES,
    CATALOGUE_FILE,
    CLUSTERS_FILE,
    RELEVANCE_FILE,
    TRAINING_FILE,
    TRAINING_PLOT_FILE,
    VOCABULARIES_FILE,
    WEIGHTS_FILE,
    Vocabularies,
    sha256_of,
)
from model.bundle.folders import OwnFolder, replacing_folder
from model.bundle.manifest import (
    FORMAT_VERSION,
    MANIFEST_FILE,
    Manifest,
    digest_of,
)
from model.bundle.reports import TrainingReport
from model.bundle.training_plot import draw_training
from model.catalogue.bundled import Catalogue
from model.data.dataset import Dataset
from model.errors import BundleError
from model.estimator import Estimator
from model.evidence import EvidenceScores, evidence_scores
from model.presets import Preset
from model.ranking import ONE_STAGE_LIMIT, Clusters
from model.relevance import RelevanceModel
from model.relevance.serving.discrimination import discrimination

BUNDLE_FOLDER = OwnFolder(
    mark=MANIFEST_FILE,
    # Of releases before too.
    names=("*.json", "*.parquet", "*.png", "*.safetensors"),
    otherwise="is no bundle, or holds more than one",
    error=BundleError,
)


def save_bundle(
    estimator: Estimator | None,
    report: TrainingReport,
    preset: Preset,
    dataset: Dataset,
    out: Path,
    *,
    relevance: RelevanceModel | None = None,
    evidence: EvidenceScores | None = None,
) -> Manifest:
    """Write a bundle, whole or not at all; one that stands there is replaced.

    Args:
        estimator: What was learnt of ratings, if there are any.
        report: How that went.
        preset: Its configuration.
        dataset: What it was trained on.
        out: The bundle's folder.
        relevance: What was learnt of choice, if anything.
        evidence: As `learn_evidence` gave it, where that was asked before.

    Returns:
        The manifest as written.

    Raises:
        BundleError: If `out` is something else than a bundle or an empty folder, or the training
            diverged.
    """
    BUNDLE_FOLDER.check(out)
    if estimator is not None:
        _check_trained(estimator.tensors(), report)
    if relevance is not None:
        _check_trained(relevance.tensors(), report)
    if evidence is None:
        evidence = learn_evidence(estimator, relevance, dataset)
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
        nouns=dataset.description.nouns,
    )


def learn_evidence(
    estimator: Estimator | None, relevance: RelevanceModel | None, dataset: Dataset
) -> EvidenceScores:
    """Tell what items' ratings tell of a new user; of several ranks, all have to ask.

    Args:
        estimator: What was learnt of ratings, if there are any.
        relevance: What was learnt of choice, if anything.
        dataset: What it was trained on.

    Returns:
        The scores of the evidence candidates.
    """
    ratings = dataset.ratings
    raters = np.bincount(ratings.item_index, minlength=len(dataset.item_ids))
    if estimator is not None:
        norms = estimator.mean_gradient_norms(dataset, ratings)
    else:
        assert relevance is not None  # noqa: S101 - one of both was trained
        norms = discrimination(relevance, relevance.adapted_to([]))
    return evidence_scores(norms, ratings.ranks.total(raters).astype(np.float32))


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
    nouns: tuple[str, str] | None = None,
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
        nouns: What one item is called, and several.

    Returns:
        The manifest as written.

    Raises:
        BundleError: If `out` is something else than a bundle or an empty folder.
    """
    BUNDLE_FOLDER.check(out)
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
                found["cluster"] = estimator.items.clustering_features()
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
        checksums = {path.name: sha256_of(path) for path in sorted(folder.iterdir())}
        # Equal parts are the same model, whenever they were trained; whatever changes an answer
        # is in one of them.
        identity = {
            "format": FORMAT_VERSION,
            "preset": preset.model_dump(mode="json"),
            "rating_scale": scale,
            "files": {name: checksums[name] for name in ANSWERING_FILES if name in checksums},
        }
        manifest = Manifest(
            format_version=FORMAT_VERSION,
            version=f"{name}-{preset.name}-{digest_of(identity)[:12]}",
            created_at=datetime.now(UTC),
            dataset=name,
            preset=preset,
            rating_scale=scale,
            items=len(catalogue),
            nouns=nouns,
            metrics=_metrics(report),
            checksums=checksums,
        )
        manifest = manifest.model_copy(update={"checksum": manifest.digest()})
        (folder / MANIFEST_FILE).write_text(manifest.model_dump_json(indent=2), encoding="utf-8")
    return manifest


def _save_tensors(tensors: dict[str, torch.Tensor], path: Path) -> None:
    path.touch()
    mode = path.stat().st_mode
    save_file({name: one.detach().contiguous() for name, one in tensors.items()}, path)
    # The library lets nobody else read its files; a bundle is read by whoever serves it.
    path.chmod(mode)


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
