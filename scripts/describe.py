"""`melu describe`: what is in a prepared data set."""

from pathlib import Path

import numpy as np
import polars as pl
from rich.table import Table

from model.features.kinds import FeatureKind
from scripts.loading import load_reported
from scripts.terminal import output


def describe_dataset(folder: Path, *, skip_bad_rows: bool) -> None:
    """Print counts, the rating distribution, and every feature with examples.

    Args:
        folder: The prepared data set.
        skip_bad_rows: Leave bad rows out instead of refusing the set.

    Raises:
        DatasetError: If the data set can't be loaded.
    """
    dataset = load_reported(folder, skip_bad_rows=skip_bad_rows)
    ratings = dataset.ratings
    output.print(f"{dataset.description.name}  {folder}", style="bold")
    counts = Table(show_header=False, box=None)
    per_user = np.bincount(ratings.user_index, minlength=len(dataset.user_ids))
    per_item = np.bincount(ratings.item_index, minlength=len(dataset.item_ids))
    cells = len(dataset.user_ids) * len(dataset.item_ids)
    counts.add_row("users", f"{len(dataset.user_ids):,}", _spread(per_user))
    counts.add_row("items", f"{len(dataset.item_ids):,}", _spread(per_item))
    what = "ratings" if dataset.has_ratings else "interactions"
    counts.add_row(what, f"{len(ratings):,}", f"{len(ratings) / cells:.2%} of all pairs")
    if dataset.has_ratings:
        low, high = dataset.scale
        counts.add_row("scale", f"{low:g} to {high:g}", f"mean {ratings.rating.mean():.2f}")
    output.print(counts)

    shares = Table("rating", "share", "", box=None)
    values, times = np.unique(ratings.rating, return_counts=True)
    if dataset.has_ratings and len(values) <= 20:
        for value, count in zip(values, times, strict=True):
            share = count / len(ratings)
            shares.add_row(f"{value:g}", f"{share:.1%}", "█" * round(share * 60))
        output.print(shares)

    features = Table("feature", "kind", "values", "unknown", "such as", box=None)
    for whose, table, kinds in (
        ("user", dataset.user_features, dataset.user_feature_kinds),
        ("item", dataset.item_features, dataset.item_feature_kinds),
    ):
        for column in table.iter_columns():
            features.add_row(f"{whose}.{column.name}", *_feature(column, kinds[column.name]))
    output.print(features)


def _spread(counts: "np.ndarray[tuple[int], np.dtype[np.int64]]") -> str:
    return f"each has {counts.min():,} to {counts.max():,}, median {np.median(counts):,.0f}"


def _feature(column: pl.Series, kind: FeatureKind) -> tuple[str, str, str, str]:
    found = kind.summarise(column)
    return kind.name, f"{found.distinct:,}", f"{found.unknown:.1%}", found.examples
