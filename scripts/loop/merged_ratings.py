"""The table of ratings, or of interactions, with the rows that feedback adds."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

import polars as pl

from model.data.description import DatasetDescription, RatingsTable
from model.data.loading import read_ratings_table
from model.data.reading.as_text import column_as_text
from model.data.reading.times import nanoseconds_beyond, seconds_since_epoch
from model.data.tables import LoadReport, RowChecker
from scripts.loop.names import unused_name

_FILE = "ratings.parquet"
_EVENT = "feedback"
"""What a piece of feedback is among kinds of interactions."""
_WEIGHT = "weight"
_BEYOND = "__beyond__"
_MICROSECONDS = 1_000_000


def original_ratings(
    description: DatasetDescription, folder: Path, erased: Collection[str], *, skip_bad_rows: bool
) -> pl.DataFrame:
    """Read the rows of the data as text, without those of erased users.

    Args:
        description: Describes the data.
        folder: The data.
        erased: Users to leave out.
        skip_bad_rows: Leave rows out that can't be read.

    Returns:
        The described columns; times are seconds since the epoch, and `_BEYOND` nanoseconds beyond
        their last microsecond.
    """
    described = description.ratings
    checker = RowChecker(LoadReport(), skip_bad_rows)
    table = read_ratings_table(description, folder, checker)
    columns = (
        *(described.user, described.item, described.rating, described.timestamp),
        *(described.weight, described.event),
    )
    table = table.select(list(dict.fromkeys(name for name in columns if name is not None)))
    if described.timestamp is not None:
        # Of one unit, whichever the files have.
        times = table.get_column(described.timestamp)
        beyond = nanoseconds_beyond(times).alias(_BEYOND)
        table = table.with_columns(seconds_since_epoch(times), beyond)
    is_erased = pl.col(described.user).is_in(list(erased)).fill_null(value=False)
    return table.filter(~is_erased)


def merged_ratings(
    described: RatingsTable, rows: pl.DataFrame, added: pl.DataFrame, against: pl.DataFrame
) -> tuple[RatingsTable, pl.DataFrame]:
    """Put feedback behind the rows of the data.

    Args:
        described: Describes the data's table.
        rows: As `original_ratings` gives them.
        added: `user_id`, `item_id`, `value` and `at` of feedback, oldest first.
        against: `user_id` and `item_id` of interactions that do not count any more.

    Returns:
        What describes the merged table, and the table.
    """
    user, item = described.user, described.item
    if against.height:
        gone = against.select(pl.col("user_id").alias(user), pl.col("item_id").alias(item))
        rows = rows.join(gone, on=[user, item], how="anti", maintain_order="left")
    values = described.rating or described.weight
    events = described.events
    if values is None:
        values = unused_name(_WEIGHT, rows.columns)
        rows = rows.with_columns(pl.lit("1").alias(values))
    more = [
        pl.col("user_id").alias(user),
        pl.col("item_id").alias(item),
        pl.col("value").cast(pl.String).alias(values),
    ]
    if described.timestamp is not None:
        seconds = pl.col("at").dt.epoch("us") / _MICROSECONDS
        more += [seconds.alias(described.timestamp), pl.lit(0, dtype=pl.Int64).alias(_BEYOND)]
    if described.event is not None:
        # Of another kind, whose interactions may count more, it is not.
        event = unused_name(_EVENT, events)
        more.append(pl.lit(event).alias(described.event))
        events = {**events, event: 1.0} if events else events
    merged = RatingsTable(
        file=_FILE,
        user=user,
        item=item,
        rating=described.rating,
        timestamp=described.timestamp,
        scale=described.scale,
        weight=None if described.rating else values,
        event=described.event,
        events=events,
    )
    table = pl.concat([rows, added.select(more).select(rows.columns)])
    if described.timestamp is None:
        return merged, table
    times = _as_files_have_them(table.get_column(described.timestamp), table.get_column(_BEYOND))
    return merged, table.with_columns(times).drop(_BEYOND)


def _as_files_have_them(seconds: pl.Series, beyond: pl.Series) -> pl.Series:
    """Write times so that the reader of data sets finds them as they were.

    Seconds are read fastest; what they are too coarse for, or too large to be told from
    milliseconds, is written as dates.
    """
    is_exact = seconds_since_epoch(column_as_text(seconds)).equals(seconds)
    if is_exact and not (beyond != 0).any():
        return seconds
    moments = (seconds * _MICROSECONDS).round().cast(pl.Int64, strict=False)
    dates = moments.cast(pl.Datetime("us")).dt.strftime("%Y-%m-%dT%H:%M:%S.%6f")
    return dates + beyond.cast(pl.String).str.zfill(3)
