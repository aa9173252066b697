"""Read a prepared data set into typed tables, refusing or reporting every bad row."""

from pathlib import Path

import numpy as np
import polars as pl

from model.catalogue.identifiers import MAX_ID_LENGTH, is_valid_id
from model.data.dataset import Dataset
from model.data.description import (
    Feature,
    UsersTable,
    read_description,
)
from model.data.rating_rows import read_interactions, read_ratings
from model.data.tables import LoadReport, RowChecker, read_table
from model.errors import DatasetError


def load_dataset(folder: Path, *, skip_bad_rows: bool = False) -> Dataset:
    """Load a prepared data set.

    Args:
        folder: Holds `dataset.toml` and its tables.
        skip_bad_rows: Leave bad rows out (they are in the report) instead of refusing the set.

    Returns:
        The data set with internal indices.

    Raises:
        DatasetError: If a file or column is missing, or a row is bad and not to be skipped.
    """
    description = read_description(folder)
    report = LoadReport()
    checker = RowChecker(report, skip_bad_rows)

    item_table = read_table(
        folder / description.items.file,
        [description.items.id, *_listed(description.items.title), *description.items.features],
        description.items.features,
    )
    items, item_features = _entities(item_table, description.items, "items", folder, checker)
    title = description.items.title
    titles = (
        items.select(
            pl.coalesce(pl.col(title).str.strip_chars().replace("", None), description.items.id)
        )
        if title
        else items.select(description.items.id)
    ).to_series()

    ratings_table = read_table(
        folder / description.ratings.file,
        [
            description.ratings.user,
            description.ratings.item,
            *_listed(description.ratings.rating),
            *_listed(description.ratings.timestamp),
            *_listed(description.ratings.weight),
            *_listed(description.ratings.event),
        ],
    )
    if description.users is None:
        known = (
            ratings_table.get_column(description.ratings.user)
            .drop_nulls()
            .unique(maintain_order=True)
        )
        user_ids = known.filter(known.map_elements(is_valid_id, return_dtype=pl.Boolean))
        user_features = pl.DataFrame()
    else:
        user_table = read_table(
            folder / description.users.file,
            [description.users.id, *description.users.features],
            description.users.features,
        )
        users, user_features = _entities(user_table, description.users, "users", folder, checker)
        user_ids = users.get_column(description.users.id)

    item_ids = items.get_column(description.items.id)
    read = read_ratings if description.ratings.rating else read_interactions
    ratings = read(ratings_table, description, user_ids, item_ids, folder, checker)
    if not len(ratings):
        raise DatasetError(
            f"{folder / description.ratings.file} holds no usable rating; "
            "a data set needs ratings of listed items to learn from."
        )
    if description.ratings.rating and len(ratings) > 1 and np.ptp(ratings.rating) == 0:
        raise DatasetError(
            f"every rating in {folder / description.ratings.file} is {ratings.rating[0]:g}: these "
            "are interactions, not ratings. Leave `rating` and `scale` out of [ratings] in "
            f"{folder / 'dataset.toml'}, and each row counts as one."
        )
    return Dataset(
        description=description,
        user_ids=user_ids.to_list(),
        item_ids=item_ids.to_list(),
        titles=titles.to_list(),
        user_features=user_features,
        item_features=item_features,
        ratings=ratings,
        report=report,
    )


def _listed(name: str | None) -> list[str]:
    return [] if name is None else [name]


def _entities(
    table: pl.DataFrame, described: UsersTable, what: str, folder: Path, checker: RowChecker
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Check a user or item table; return its rows and its typed feature columns."""
    path = folder / described.file
    valid = pl.col(described.id).map_elements(is_valid_id, return_dtype=pl.Boolean)
    table = checker.keep(
        table,
        ~valid.fill_null(value=False),
        f"an id in {described.id!r} is not 1 to {MAX_ID_LENGTH} printable characters without '/'",
        path,
    )
    table = checker.keep(
        table,
        ~pl.col(described.id).is_first_distinct(),
        f"an id in {described.id!r} stands twice",
        path,
    )
    columns: dict[str, pl.Series] = {}
    for name, feature in described.features.items():
        table = _checked_number(table, name, feature, path, checker)
    for name, feature in described.features.items():
        column = _typed(table.get_column(name), feature)
        spread = column.explode() if feature.kind.holds_several else column
        if spread.drop_nulls().n_unique() < 2:
            checker.drop_feature(f"{what}.{name}")
        else:
            columns[name] = column
    return table, pl.DataFrame(columns)


def _checked_number(
    table: pl.DataFrame, name: str, feature: Feature, path: Path, checker: RowChecker
) -> pl.DataFrame:
    if not feature.kind.is_number:
        return table
    text = pl.col(name).str.strip_chars()
    number = text.cast(pl.Float64, strict=False)
    bad = (text != "") & (number.is_null() | ~number.is_finite().fill_null(value=False))
    return checker.keep(
        table, bad, f"{name!r} is described as a number and holds something else", path
    )


def _typed(column: pl.Series, feature: Feature) -> pl.Series:
    """Give a column its feature's type; an empty value is unknown (null)."""
    if feature.kind.holds_several:
        parts = (
            column.cast(pl.List(pl.String))
            if isinstance(column.dtype, pl.List)
            else column.str.split(feature.separator)
        )
        return parts.list.eval(
            pl.element().str.strip_chars().replace("", None).drop_nulls()
        ).list.unique(maintain_order=True)
    text = column.str.strip_chars().replace("", None)
    return text.cast(pl.Float64) if feature.kind.is_number else text
