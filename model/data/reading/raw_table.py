"""Read a table of whatever kind as text."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path

import polars as pl

from model.data.reading.as_text import column_as_text, values_as_text
from model.data.reading.csv_rows import read_csv
from model.data.reading.files import kind_of
from model.data.reading.format import TableFormat
from model.data.reading.json_rows import read_json_lines
from model.data.reading.parquet_rows import UNREADABLE, read_parquet
from model.data.reading.partitions import with_partitions
from model.errors import DatasetError

LINE = "__line__"
PARQUET = frozenset({".parquet", ".pq"})
JSON = frozenset({".jsonl", ".ndjson", ".json"})
_NEITHER = "{!r} holds values that are no text and no numbers; write them as one of these."


@dataclass(frozen=True)
class RawTable:
    """A table as text.

    Attributes:
        table: The columns, and `LINE`: where each row stands in the file.
        header: Names of all columns that the file has.
        malformed: What is wrong → lines of rows that could not be read, which are not in `table`.
        left_out: Column that is neither text nor numbers, or stands twice → why. Where columns are
            asked for by name, these are an error.
    """

    table: pl.DataFrame
    header: list[str]
    malformed: dict[str, list[int]] = field(default_factory=dict)
    left_out: dict[str, str] = field(default_factory=dict)

    @property
    def rows(self) -> int:
        """How many rows the file has; a blank line is none."""
        return self.table.height + sum(map(len, self.malformed.values()))


def is_sliced(path: Path) -> bool:
    """Tell whether a file can be read in slices: Parquet that is not packed."""
    return path.suffix.lower() in PARQUET and _holds(path.is_file)


def read_raw(
    path: Path,
    described: TableFormat | None = None,
    wanted: Sequence[str] | None = None,
    slice_of: tuple[int, int] | None = None,
    partitions: Mapping[str, str | None] | None = None,
) -> RawTable:
    """Read a file.

    Args:
        path: `.parquet` and `.pq`, `.jsonl`, `.ndjson` and `.json`, all else CSV; all also
            packed by gzip.
        described: How it is written.
        wanted: Columns to read, as far as there are such; all if None.
        slice_of: The row to begin with, from 0, and how many to read, of a file that can be read
            in slices; all if None.
        partitions: Columns that the names of its folders have, and their value in all rows.

    Returns:
        The table.

    Raises:
        DatasetError: If there is no such file, or it can't be read.
    """
    described = described or TableFormat()
    if not _holds(path.is_file):
        raise DatasetError(
            f"{path} is a folder: name the files in it, which may be several."
            if _holds(path.is_dir)
            else f"{path} does not exist."
        )
    kind = kind_of(path)
    if described.columns is not None and kind in PARQUET | JSON:
        raise DatasetError(
            f"{path} has names of its columns: leave `columns` out of its table in dataset.toml; "
            "it is for a CSV whose first line is a row."
        )
    try:
        if kind in PARQUET:
            found = _read_parquet(path, wanted, slice_of)
        elif kind in JSON:
            rows = read_json_lines(path, described, wanted)
            columns, left_out = _as_text(
                {
                    name: partial(values_as_text, name, values)
                    for name, values in rows.columns.items()
                },
                wanted,
            )
            found = RawTable(
                _with_lines(columns, rows.lines),
                rows.header,
                rows.malformed,
                left_out,
            )
        else:
            text = read_csv(path, described, wanted)
            found = RawTable(
                _with_lines(text.table.get_columns(), text.lines),
                text.header,
                text.malformed,
                text.left_out,
            )
    except DatasetError as error:
        raise error if str(path) in str(error) else DatasetError(f"{path}: {error}") from error
    if partitions:
        named = {
            name: value
            for name, value in partitions.items()
            if name not in found.header and (wanted is None or name in wanted)
        }
        header = [*found.header, *(name for name in partitions if name not in found.header)]
        found = replace(found, table=with_partitions(found.table, named), header=header)
    return with_missing(found, described.missing)


def _read_parquet(
    path: Path, wanted: Sequence[str] | None, slice_of: tuple[int, int] | None
) -> RawTable:
    rows = read_parquet(path, wanted, slice_of)
    columns, left_out = _as_text(
        {column.name: partial(column_as_text, column) for column in rows.columns}, wanted
    )
    begin = 1 if slice_of is None else 1 + slice_of[0]
    lines = pl.Series(LINE, range(begin, begin + rows.count), dtype=pl.Int64)
    return RawTable(_with_lines(columns, lines), rows.header, left_out=rows.left_out | left_out)


def _with_lines(columns: Sequence[pl.Series], lines: pl.Series) -> pl.DataFrame:
    """Put the lines beside columns, of which there may be none, or one without a name."""
    return pl.DataFrame({column.name: column for column in columns} | {LINE: lines})


def _as_text(
    columns: Mapping[str, Callable[[], pl.Series]], wanted: Sequence[str] | None
) -> tuple[list[pl.Series], dict[str, str]]:
    """Return columns as text; without those that are none, unless they are asked for by name."""
    found, left_out = [], {}
    for name, as_text in columns.items():
        try:
            found.append(as_text())
        except (DatasetError, *UNREADABLE) as error:
            why = str(error) if isinstance(error, DatasetError) else _NEITHER.format(name)
            if wanted is not None:
                raise DatasetError(why) from error
            left_out[name] = why
    return found, left_out


def with_missing(found: RawTable, missing: Sequence[str]) -> RawTable:
    """Return a table in which some texts stand for an unknown value.

    Args:
        found: The table.
        missing: The texts.

    Returns:
        The table, null where a cell has one of them.
    """
    if not missing:
        return found
    columns = [
        pl.when(pl.col(name).str.strip_chars().is_in(list(missing)))
        .then(None)
        .otherwise(pl.col(name))
        .alias(name)
        for name, kind in found.table.schema.items()
        if kind == pl.String
    ]
    return replace(found, table=found.table.with_columns(columns))


def _holds(what: Callable[[], bool]) -> bool:
    try:
        return what()
    except OSError:  # a name too long for any file
        return False
