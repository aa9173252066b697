"""Find out how files are written, and read them."""

from __future__ import annotations

import csv
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from model.data.reading import RawTable, TableFormat, read_raw
from model.data.reading.files import kind_of, opened
from model.data.reading.raw_table import JSON_LINES, PARQUET
from model.errors import DatasetError

_TEXT = frozenset({".csv", ".tsv", ".txt", ".tab", ".dat", ".data"})
_LOOKED_AT = 1 << 20
_LINES = 100
_SEPARATORS = (",", ";", "\t", "|", "::")
_MARKS = {b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16"}


@dataclass(frozen=True)
class FoundTable:
    """A file that can be read as a table.

    Attributes:
        path: The file, or the first of several.
        described: How it is written; what the reader finds by itself is left out.
        raw: Its rows.
        more: Other files with the same columns, whose rows are there too.
    """

    path: Path
    described: TableFormat
    raw: RawTable
    more: tuple[Path, ...] = ()

    def with_rows_of(self, other: FoundTable) -> FoundTable:
        """Return the table with the rows of another that has the same columns."""
        malformed = {
            problem: self.raw.malformed.get(problem, []) + other.raw.malformed.get(problem, [])
            for problem in self.raw.malformed | other.raw.malformed
        }
        rows = pl.concat([self.raw.table, other.raw.table])
        raw = RawTable(rows, self.raw.header, malformed)
        return FoundTable(self.path, self.described, raw, (*self.more, other.path))

    def continues(self, other: FoundTable) -> bool:
        """Tell whether this is more of the same table: equal columns, written alike."""
        return (self.raw.table.schema, self.described, kind_of(self.path)) == (
            other.raw.table.schema,
            other.described,
            kind_of(other.path),
        )


def tables_in(folder: Path) -> tuple[list[FoundTable], list[str]]:
    """Read all tables of a folder.

    Args:
        folder: The folder.

    Returns:
        The tables, the longest first, and a sentence for each file that is none.
    """
    found: list[FoundTable] = []
    others = []
    for path in sorted(folder.iterdir()):
        kind = kind_of(path)
        if not path.is_file() or kind not in _TEXT | JSON_LINES | PARQUET:
            continue
        try:
            described = TableFormat() if kind in PARQUET else _format(path, kind)
            table = FoundTable(path, described, read_raw(path, described))
            at = next((i for i, one in enumerate(found) if table.continues(one)), None)
            if at is None:
                found.append(table)
            else:
                found[at] = found[at].with_rows_of(table)
        except DatasetError as error:
            others.append(f"{path.name} is left out: {error}")
    return sorted(found, key=lambda one: -one.raw.rows), others


def _format(path: Path, kind: str) -> TableFormat:
    with opened(path) as file:
        start = file.read(_LOOKED_AT)
        encoding = _encoding(start + file.read())
    text = start.decode(encoding or "utf-8-sig", errors="ignore")
    if kind in JSON_LINES:
        return TableFormat(encoding=encoding)
    separator = _separator(text.splitlines()[:_LINES], "\t" if kind == ".tsv" else ",")
    # What the reader finds out by itself need not be written down.
    is_plain = separator in (",", ";", "\t", "|")
    return TableFormat(
        separator=None if is_plain and kind != ".dat" else separator, encoding=encoding
    )


def _encoding(content: bytes) -> str | None:
    """Return the encoding of a file; None for what the reader takes by itself."""
    if content[:2] in _MARKS:
        return None
    try:
        content.decode("utf-8")
    except UnicodeDecodeError:
        # Bytes that Latin-1 has control characters for are letters and quotes in Windows' version.
        return "cp1252" if any(0x80 <= byte < 0xA0 for byte in content) else "latin-1"
    return None


def _separator(lines: list[str], usual: str) -> str:
    """Return what parts the most values, as many in nearly every line."""
    best, found = 1.0, usual
    for separator in _SEPARATORS:
        if len(separator) > 1:
            widths = [len(line.split(separator)) for line in lines if line.strip()]
        else:
            try:
                widths = [len(row) for row in csv.reader(lines, delimiter=separator) if row]
            except csv.Error:
                continue
        if not widths:
            continue
        (width, times), *_ = Counter(widths).most_common(1)
        score = width * times / len(widths) if width > 1 and widths[0] == width else 0.0
        if score > best:
            best, found = score, separator
    return found
