"""Read Parquet, whoever wrote it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from io import SEEK_END, BytesIO
from pathlib import Path

import polars as pl
import polars.selectors as cs

from model.data.reading.files import opened
from model.errors import DatasetError

UNREADABLE = (pl.exceptions.PolarsError, pl.exceptions.PanicException, ValueError, OSError)
"""What Polars raises over a file that it can't read; a damaged Parquet may make it panic."""
_MARK, _MARK_OF_ENCRYPTED = b"PAR1", b"PARE"
_REMEDY = "Write it again, with columns of text, numbers, times, or lists of these."


@dataclass
class ParquetRows:
    """Rows of Parquet.

    Attributes:
        header: Names of the columns.
        columns: Those that were asked for, of whatever type.
        count: How many rows there are.
        left_out: Column that can't be read, where none is asked for by name → why.
    """

    header: list[str]
    columns: list[pl.Series]
    count: int
    left_out: dict[str, str] = field(default_factory=dict)


def row_count(path: Path) -> int:
    """Return how many rows a file has that can be read in slices."""
    return _count(_scanned(path))


def read_parquet(
    path: Path, wanted: Sequence[str] | None, slice_of: tuple[int, int] | None
) -> ParquetRows:
    """Read a Parquet file.

    Args:
        path: The file, which may be packed by gzip.
        wanted: Columns to read, as far as there are such; all if None.
        slice_of: The row to begin with, from 0, and how many to read; all if None.

    Returns:
        Its rows.

    Raises:
        DatasetError: If it can't be read; the message names the column, if it is one, and the
            remedy.
    """
    source: Path | BytesIO = path
    with opened(path) as file:
        start = file.read(len(_MARK))
        file.seek(0)
        if path.suffix.lower() == ".gz":  # it is read here and there, which a packed file can't be
            source = BytesIO(file.read())
        _check_marks(path, start, _end(source))
    try:
        scan = _scanned(source)
        stored = scan.collect_schema().names()
        indices = _pandas_indices(source, stored, _count(scan))
        part = scan if slice_of is None else scan.slice(*slice_of)
        count = _count(part)
        header = [*indices, *stored]
        names = header if wanted is None else [name for name in wanted if name in header]
        columns, left_out = _read(part, [name for name in dict.fromkeys(names) if name in stored])
    except UNREADABLE as error:
        raise DatasetError(f"{path} can't be read as Parquet: {_told(error)}. {_REMEDY}") from error
    if wanted is not None and left_out:
        raise DatasetError(f"{path}: {next(iter(left_out.values()))}")
    first = 0 if slice_of is None else slice_of[0]
    ranges = [
        pl.Series(name, one[first : first + count], dtype=pl.Int64)
        for name, one in indices.items()
        if name in names
    ]
    return ParquetRows(header, [*ranges, *columns], count, left_out)


def _scanned(source: Path | BytesIO) -> pl.LazyFrame:
    """Open a file without reading its rows: a path is a path, and no pattern of several."""
    return pl.scan_parquet(source, glob=False, hive_partitioning=False)


def _count(scan: pl.LazyFrame) -> int:
    return int(scan.select(pl.len()).collect().item())


def _read(scan: pl.LazyFrame, names: Sequence[str]) -> tuple[list[pl.Series], dict[str, str]]:
    """Read columns; what can't be read of them leaves the others be."""
    with suppress(*UNREADABLE):
        return _selected(scan, names), {}
    found: list[pl.Series] = []
    left_out = {}
    for name in names:
        try:
            found += _selected(scan, [name])
        except UNREADABLE as error:
            left_out[name] = (
                f"{name!r} can't be read: {_told(error)}. Write its values as text or numbers."
            )
    return found, left_out


def _selected(scan: pl.LazyFrame, names: Sequence[str]) -> list[pl.Series]:
    """Read columns by selectors: to others a name may be a pattern of names."""
    return scan.select(cs.by_name(*names)).collect().get_columns()


def _pandas_indices(source: Path | BytesIO, stored: Sequence[str], count: int) -> dict[str, range]:
    """Return the indices that pandas notes as ranges: ids from 1 to 6040 are in no column then.

    An index without a name counts rows, and is nothing that anybody wrote.
    """
    noted = pl.read_parquet_metadata(source).get("pandas")
    if noted is None:
        return {}
    found = {}
    with suppress(ValueError, TypeError, KeyError, AttributeError):  # as nobody but pandas needs it
        for one in json.loads(noted)["index_columns"]:
            if isinstance(one, dict) and one["kind"] == "range" and one["name"] is not None:
                found[str(one["name"])] = range(one["start"], one["stop"], one["step"])
    # Of a table that was cut or put together since, the note is not true any more.
    return {name: one for name, one in found.items() if name not in stored and len(one) == count}


def _end(source: Path | BytesIO) -> bytes:
    if isinstance(source, BytesIO):
        return source.getvalue()[-len(_MARK) :]
    with source.open("rb") as file:
        file.seek(-min(len(_MARK), source.stat().st_size), SEEK_END)
        return file.read()


def _check_marks(path: Path, start: bytes, end: bytes) -> None:
    """Refuse what is no Parquet by its first bytes and its last."""
    if not start:
        raise DatasetError(f"{path} is empty.")
    if _MARK_OF_ENCRYPTED in (start, end):
        raise DatasetError(f"{path} is encrypted, which can't be read. Write it without.")
    if start != _MARK:
        raise DatasetError(
            f"{path} is no Parquet, for it begins with {start!r}. Let its name end with what it "
            "is, such as .csv."
        )
    if end != _MARK:
        raise DatasetError(f"{path} is cut off: it has no end. Copy it again.")


def _told(error: BaseException) -> str:
    return str(error).splitlines()[0].rstrip(".") if str(error) else type(error).__name__
