"""Catalogues of any size whose items resemble real ones."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import polars as pl
import torch
from torch import Tensor

from model.arrays import Int64Array
from model.bayesian import BayesianEstimator
from model.bundle.bundle import Bundle
from model.bundle.files import TRAINING_FILE
from model.bundle.reports import TrainingReport
from model.bundle.saving import write_bundle
from model.catalogue.bundled import Catalogue
from model.estimator import StoredParts
from model.presets import restore_estimator
from model.relevance import RelevanceModel
from model.relevance.serving.preparation import prepare
from model.relevance.serving.vectors import Vectors

_FIXED = ("item_id", "title")
_SECOND_PARENT = 0.3
"""Share that a grown item has of its second parent."""


def grow(bundle: Bundle, items: int, seed: int) -> Bundle:
    """Grow a catalogue from a trained one; θ stays as it is.

    Each item has two parents. What the estimator reads of it (statistics, factors, content) lies
    between them, and each attribute is one parent's. So items are alike where real ones are, as
    dense where those are, and no two are equal. Texts such as plots are left out: a million of
    them would be most of the memory, and say nothing of ranking.

    Args:
        bundle: The trained model.
        items: How many to make.
        seed: Every random draw follows from it.

    Returns:
        The same θ over the grown items.
    """
    random = np.random.default_rng(seed)
    count = len(bundle.catalogue)
    first, second = random.integers(0, count, (2, items))
    encoders = bundle.item_space.encoders
    texts = [f"attribute.{name}" for name, one in encoders.items() if one.is_text]
    catalogue = Catalogue(_table(bundle.catalogue.table, first, second, texts, random))
    tensors = bundle.estimator.tensors()
    if isinstance(bundle.estimator, BayesianEstimator):
        tensors = {
            name: _between(tensor, first, second) if name.startswith("items.") else tensor
            for name, tensor in tensors.items()
        }
    manifest = bundle.manifest
    estimator = restore_estimator(
        manifest.preset,
        StoredParts(
            scale=manifest.scale,
            user_space=bundle.user_space,
            item_space=bundle.item_space,
            tensors=tensors,
            item_features=catalogue.features(bundle.item_space.names),
            item_count=len(catalogue),
        ),
    )
    relevance = None
    if bundle.relevance is not None:
        tensors = {
            name: _between(tensor, first, second) if name.startswith("items.") else tensor
            for name, tensor in bundle.relevance.tensors().items()
        }
        for name in ("entry", "output"):
            packed = Vectors.packed(tensors[f"items.{name}"].numpy())
            tensors |= packed.named_tensors(name)
        relevance = RelevanceModel.restore(
            bundle.relevance.config,
            manifest.scale,
            bundle.user_space,
            bundle.item_space,
            tensors,
            items,
        )
        prepare(relevance)
    return replace(bundle, rating=estimator, catalogue=catalogue, relevance=relevance)


def write_grown(
    bundle: Bundle, folder: Path, items: int, seed: int, out: Path, name: str = "grown"
) -> None:
    """Write a grown catalogue as a bundle of its own.

    Args:
        bundle: The trained model.
        folder: Where it was loaded from.
        items: How many to make.
        seed: Every random draw follows from it.
        out: The folder to write.
        name: The data set's name; a service changes over to a bundle of the same data set only.
    """
    grown = grow(bundle, items, seed)
    manifest = bundle.manifest
    report = TrainingReport.model_validate_json((folder / TRAINING_FILE).read_bytes())
    write_bundle(
        grown.estimator,
        report,
        manifest.preset,
        grown.catalogue,
        name,
        manifest.rating_scale,
        out,
        relevance=grown.relevance,
    )


def _table(
    table: pl.DataFrame,
    first: Int64Array,
    second: Int64Array,
    texts: Sequence[str],
    random: np.random.Generator,
) -> pl.DataFrame:
    columns = [
        pl.Series("item_id", [f"g{number}" for number in range(len(first))]),
        table.get_column("title").gather(first).alias("title"),
    ]
    for column in table.iter_columns():
        if column.name not in (*_FIXED, *texts):
            parent = np.where(random.random(len(first)) < _SECOND_PARENT, second, first)
            columns.append(column.gather(parent))
    return pl.DataFrame(columns)


def _between(tensor: Tensor, first: Int64Array, second: Int64Array) -> Tensor:
    one, other = tensor[torch.from_numpy(first)], tensor[torch.from_numpy(second)]
    return one.lerp_(other, _SECOND_PARENT)
