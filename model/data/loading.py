"""Read a prepared data set into typed tables, refusing or reporting every bad row."""

from collections.abc import Mapping
from pathlib import Path

import polars as pl

from model.catalogue.bounds import MAX_TITLE
from model.catalogue.identifiers import MAX_ID_LENGTH, is_valid_id
from model.data.dataset import Dataset
from model.data.description import (
    DatasetDescription,
    Feature,
    ItemsTable,
    TableSource,
    UsersTable,
    read_description,
)
from model.data.id_advice import advice_on_ids
from model.data.rating_rows import number_of, read_interactions, read_ratings
from model.data.rating_table import RatingTable
from model.data.signal_advice import advice_on_ratings
from model.data.tables import LoadReport, RowChecker, read_table
from model.errors import DatasetError
from model.ranks import ALONE, Ranks

_SMALLEST, _LARGEST = 1e-30, 1e30
_MOST_APART = 1e4
"""How far from 0 a scale may be, in its widths: a thousand ratings on it differ."""


def load_dataset(folder: Path, *, skip_bad_rows: bool = False, ranks: Ranks = ALONE) -> Dataset:
    """Load a prepared data set.

    Args:
        folder: Holds `dataset.toml` and its tables.
        skip_bad_rows: Leave bad rows out (they are in the report) instead of refusing the set.
        ranks: The processes of a training; each keeps the ratings of its own users.

    Returns:
        The data set with internal indices.

    Raises:
        DatasetError: If a file or column is missing, or a row is bad and not to be skipped.
    """
    description = read_description(folder)
    report = LoadReport()
    checker = RowChecker(report, skip_bad_rows)
    ratings_table = RatingTable(folder, description.ratings, checker)
    description = _with_scale(description, ratings_table, report)
    _check_precision(description, folder)
    items, item_features, titles = _items(description, ratings_table, folder, checker)
    if description.users is None:
        user_ids = _ids_in(ratings_table, description.ratings.user)
        user_features = pl.DataFrame()
    else:
        users, user_features = _entities(description.users, "users", folder, checker)
        user_ids = users.get_column(description.users.id)

    item_ids = items.get_column(description.items_table.id)
    read = read_ratings if description.ratings.rating else read_interactions
    ratings = read(ratings_table.tables(), description, user_ids, item_ids, checker, ranks)
    if not ratings.count:
        raise DatasetError(
            f"{_named(folder, description.ratings)} holds no usable rating; "
            f"a data set needs ratings of listed items to learn from.{_worst(report)}"
        )
    if len(set(ranks.gathered(len(ratings) > 0))) > 1:
        raise DatasetError(
            f"{ranks.size} processes are too many for so few users: one would have no rating to "
            "learn from. Train in fewer."
        )
    ends = ranks.gathered((float(ratings.rating.min()), float(ratings.rating.max())))
    is_flat = min(low for low, _ in ends) == max(high for _, high in ends)
    if description.ratings.rating and ratings.count > 1 and is_flat:
        raise DatasetError(
            f"every rating in {_named(folder, description.ratings)} is {ratings.rating[0]:g}: "
            "these are interactions, not ratings. Leave `rating` and `scale` out of [ratings] in "
            f"{folder / 'dataset.toml'}, and each row counts as one."
        )
    if description.ratings.rating is not None:
        report.told += advice_on_ratings(ratings.rating, description.ratings.scale or (0.0, 1.0))
    users_listed, items_listed = user_ids.to_list(), item_ids.to_list()
    report.told += advice_on_ids(users_listed, "user") + advice_on_ids(items_listed, "item")
    return Dataset(
        description=description,
        user_ids=users_listed,
        item_ids=items_listed,
        titles=titles.to_list(),
        user_features=user_features,
        item_features=item_features,
        ratings=ratings,
        report=report,
    )


def read_ratings_table(
    description: DatasetDescription, folder: Path, checker: RowChecker
) -> pl.DataFrame:
    """Read the described columns of the ratings as text, before anything in them is checked.

    Args:
        description: Names the columns.
        folder: The prepared data set.
        checker: Takes note of rows that can't be read.

    Returns:
        The columns, and where each row stands; see `model.data.tables.read_table`.

    Raises:
        DatasetError: If a file is missing or malformed, or lacks a column.
    """
    described = description.ratings
    columns = [
        described.user,
        described.item,
        *_listed(described.rating),
        *_listed(described.timestamp),
        *_listed(described.weight),
        *_listed(described.event),
    ]
    ids = (described.user, described.item)
    numbers = [*_listed(described.rating), *_listed(described.weight)]
    return read_table(folder, columns, described, checker, ids=ids, numbers=numbers)


def _with_scale(
    description: DatasetDescription, table: RatingTable, report: LoadReport
) -> DatasetDescription:
    """Take the scale from the data where the description has none."""
    described = description.ratings
    if described.rating is None or described.scale is not None:
        return description
    ends = [
        part.to_frame().select(number_of(described.rating)).to_series().drop_nulls().unique()
        for part in table.column(described.rating)
    ]
    known = pl.concat(ends)
    low, high = (float(known.min() or 0), float(known.max() or 0)) if len(known) else (0.0, 0.0)  # type: ignore[arg-type]  # of numbers they are numbers
    if not low < high:
        raise DatasetError(
            f"{', '.join(described.files)}: {described.rating!r} holds no two different numbers, "
            "so it has no scale. If these are no ratings, leave `rating` out of [ratings] in "
            "dataset.toml, and each row counts as an interaction."
        )
    report.told.append(f"scale {low:g} to {high:g}, the lowest and highest rating")
    scaled = described.model_copy(update={"scale": (low, high)})
    return description.model_copy(update={"ratings": scaled})


def _check_precision(description: DatasetDescription, folder: Path) -> None:
    """Refuse a scale whose ratings single precision, which models count in, can't tell apart."""
    if description.ratings.scale is None:
        return
    low, high = description.ratings.scale
    if not (_SMALLEST <= high - low <= _LARGEST and max(-low, high) <= _MOST_APART * (high - low)):
        raise DatasetError(
            f"{_named(folder, description.ratings)}: ratings from {low!r} to {high!r} are too "
            "large, too small or too close together to be told apart in single precision. Write "
            "them on another scale, such as 1 to 5."
        )


def _items(
    description: DatasetDescription, ratings: RatingTable, folder: Path, checker: RowChecker
) -> tuple[pl.DataFrame, pl.DataFrame, pl.Series]:
    """Return the items, their features, and their titles."""
    described = description.items
    if described is None:
        ids = _ids_in(ratings, description.ratings.item)
        return ids.to_frame(), pl.DataFrame(), ids
    items, features = _entities(described, "items", folder, checker)
    if described.title is None:
        return items, features, items.get_column(described.id)
    title = pl.col(described.title).str.strip_chars().replace("", None)
    return items, features, items.select(pl.coalesce(title, described.id)).to_series()


def _ids_in(table: RatingTable, column: str) -> pl.Series:
    """Return the ids in a column of ratings, in the order in which they first come."""
    parts = [part.drop_nulls().unique(maintain_order=True) for part in table.column(column)]
    known = pl.concat(parts).unique(maintain_order=True)
    return known.filter(known.map_elements(is_valid_id, return_dtype=pl.Boolean))


def _worst(report: LoadReport) -> str:
    """Tell what is wrong with the most rows."""
    if not report.bad_rows:
        return ""
    problem, lines = max(report.bad_rows.items(), key=lambda found: len(found[1]))
    shown = ", ".join(report.values.get(problem, [])[:1])
    return f" Of {len(lines):,} rows {problem}{f' ({shown})' if shown else ''}."


def _named(folder: Path, described: TableSource) -> str:
    return ", ".join(str(folder / file) for file in described.files)


def _listed(name: str | None) -> list[str]:
    return [] if name is None else [name]


def _entities(
    described: UsersTable, what: str, folder: Path, checker: RowChecker
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Read a user or item table; return its rows and its typed feature columns."""
    title = described.title if isinstance(described, ItemsTable) else None
    table = read_table(
        folder,
        [described.id, *_listed(title), *described.features],
        described,
        checker,
        ids=[described.id],
        features=described.features,
    )
    valid = pl.col(described.id).map_elements(is_valid_id, return_dtype=pl.Boolean)
    table = checker.keep(
        table,
        ~valid.fill_null(value=False),
        f"an id in {described.id!r} is not 1 to {MAX_ID_LENGTH} printable characters without '/'",
        described.id,
    )
    table = checker.keep(
        table,
        ~pl.col(described.id).is_first_distinct(),
        f"an id in {described.id!r} stands twice",
        described.id,
    )
    if title is not None:
        problem = f"{title!r} is a title and longer than {MAX_TITLE:,} characters"
        table = checker.keep(table, pl.col(title).str.len_chars() > MAX_TITLE, problem)
    table, columns = _read_features(table, described.features, checker)
    for name, feature in described.features.items():
        if feature.kind.flat(columns[name]).drop_nulls().n_unique() < 2:
            checker.drop_feature(f"{what}.{name}")
            del columns[name]
    return table, pl.DataFrame(columns)


def _read_features(
    table: pl.DataFrame, features: Mapping[str, Feature], checker: RowChecker
) -> tuple[pl.DataFrame, dict[str, pl.Series]]:
    """Read the features' columns; return the rows that all of them can take, and their values."""
    columns: dict[str, pl.Series] = {}
    for name, feature in features.items():
        read = feature.kind.read_column(table.get_column(name), feature.separator)
        kept = pl.repeat(True, len(table), eager=True)
        for refusal in read.refusals:
            bad = refusal.rows.fill_null(value=False)
            told = name if refusal.is_value_told else None
            marked = pl.lit(bad.filter(kept))
            table = checker.keep(table, marked, f"{name!r} {refusal.problem}", told)
            kept &= ~bad
        columns = {other: column.filter(kept) for other, column in columns.items()}
        columns[name] = read.values.filter(kept)
    return table, columns
