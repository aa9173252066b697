"""A loaded bundle; what is in its folder, `model.bundle.files` lists."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl
import torch
from safetensors import SafetensorError
from safetensors.torch import load_file

from model.bundle.files import (
    CATALOGUE_FILE,
    CLUSTERS_FILE,
    RELEVANCE_FILE,
    VOCABULARIES_FILE,
    WEIGHTS_FILE,
    Vocabularies,
    sha256_of,
)
from model.bundle.manifest import (
    REMEDY,
    Manifest,
    read_manifest,
)
from model.bundle.reports import TrainingReport
from model.bundle.training_report import read_training_report
from model.bundle.weights_file import WeightsFile
from model.catalogue.bundled import Catalogue
from model.data.reading import UNREADABLE
from model.errors import BundleError, FeatureValueError
from model.estimator import Estimator, StoredParts
from model.features import FeatureSpace
from model.presets import relevance_config, restore_estimator
from model.ranking import ONE_STAGE_LIMIT, Clusters
from model.relevance import RelevanceModel
from model.relevance.serving.preparation import prepare as prepare_relevance


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
        training: The course of the training; None where its file is missing or was altered.
    """

    manifest: Manifest
    rating: Estimator | None
    catalogue: Catalogue
    relevance: RelevanceModel | None
    user_space: FeatureSpace
    item_space: FeatureSpace
    training: TrainingReport | None = None

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
        if sha256_of(path) != manifest.checksums.get(name):
            raise BundleError(f"{path} is not the file that the bundle was written with. {REMEDY}")

    of_ratings = WeightsFile(folder / WEIGHTS_FILE, is_large=large)
    of_chances = WeightsFile(folder / RELEVANCE_FILE, is_large=large)
    try:
        vocabularies = Vocabularies.model_validate_json((folder / VOCABULARIES_FILE).read_bytes())
        # Opened here, for to Polars a path may be a pattern.
        with (folder / CATALOGUE_FILE).open("rb") as file:
            catalogue = Catalogue(pl.read_parquet(file), vocabularies.items.kinds)
        tensors = of_ratings.tensors() if has_ratings else {}
        of_relevance = of_chances.tensors() if has_relevance else None
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
        estimator = relevance = None
        if has_ratings:
            estimator = restore_estimator(
                manifest.preset,
                StoredParts(
                    scale=manifest.scale,
                    user_space=vocabularies.users,
                    item_space=vocabularies.items,
                    tensors=tensors,
                    item_features=catalogue.features(vocabularies.items.names),
                    item_count=len(catalogue),
                    clusters=clusters,
                ),
            )
        if of_relevance is not None:
            relevance = _restore_relevance(manifest, vocabularies, of_relevance, len(catalogue))
    except (BundleError, FeatureValueError) as error:
        raise BundleError(f"{folder}: {error}. {REMEDY}") from error
    # What was read of the files to check them need not stay in memory.
    del tensors, of_relevance
    if relevance is not None:
        relevance.clusters = of_choice
    if prepare:
        _prepare(estimator, relevance, manifest, of_ratings, of_chances, folder)
    return Bundle(
        manifest,
        estimator,
        catalogue,
        relevance,
        vocabularies.users,
        vocabularies.items,
        _read_report(folder),
    )


def _read_report(folder: Path) -> TrainingReport | None:
    """Read how the training went; no answer follows from it, so a bundle serves without it."""
    try:
        return read_training_report(folder)
    except BundleError:
        return None


def _restore_relevance(
    manifest: Manifest, vocabularies: Vocabularies, tensors: dict[str, torch.Tensor], items: int
) -> RelevanceModel:
    config = relevance_config(manifest.preset)
    if config is None:
        raise BundleError(f"the preset {manifest.preset.name} has no relevance")
    return RelevanceModel.restore(
        config, manifest.scale, vocabularies.users, vocabularies.items, tensors, items
    )


def _prepare(
    estimator: Estimator | None,
    relevance: RelevanceModel | None,
    manifest: Manifest,
    of_ratings: WeightsFile,
    of_chances: WeightsFile,
    folder: Path,
) -> None:
    """Build what serving needs; weights that are finite may still be too large to score with."""
    try:
        with np.errstate(all="ignore"):
            found = []
            if estimator is not None:
                # By default lists go by relevance, so nobody waits for the first one by rating.
                estimator.prepare(of_ratings, ranks=relevance is None)
                unknown = estimator.user_space.slots({})
                nobody = estimator.adapt(unknown, [])
                found += [estimator.items.score(nobody), estimator.items.discrimination(nobody)]
                # Where a local update diverges is found when it does; see `Recommender.adapt`.
                _, high = manifest.scale
                estimator.items.score(estimator.adapt(unknown, [(0, high)]))
            if relevance is not None:
                found += [relevance.log_chance(relevance.adapted_to([]))]
                prepare_relevance(relevance, of_chances)
    except (ArithmeticError, RuntimeError, ValueError, np.linalg.LinAlgError) as error:
        raise BundleError(f"{folder} can't score its items: {error}. {REMEDY}") from error
    if not all(np.isfinite(scores).all() for scores in found):
        raise BundleError(f"{folder} scores items with what is no number. {REMEDY}")


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
