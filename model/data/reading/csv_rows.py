"""Read CSV strictly: every row with the line that it begins on, and never fewer in silence.

Faster readers take a stray quote for one that opens a value, and what follows for its text, until
the next quote: rows are gone and nobody is told. The standard library's reader, made strict, stops
there instead.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from itertools import islice
from operator import methodcaller
from pathlib import Path
from typing import IO, Any

import polars as pl

from model.data.reading.files import kind_of, opened, opened_text
from model.data.reading.format import TableFormat
from model.errors import DatasetError

_BATCH = 50_000
_MOST_CHARACTERS = 100 * 1024 * 1024
_LINE_END = re.compile(r"\r\n|\r|\n")
_SEPARATORS = (",", ";", "\t", "|")
_BACKSLASH = "\\"
_unmarked = methodcaller("removeprefix", "\ufeff")
"""Takes away the mark that a file begins with: one put behind another has it amid the rows."""


@dataclass
class CsvRows:
    """Rows of a CSV.

    Attributes:
        header: Names of the columns.
        table: The columns that were asked for, as text.
        lines: Line of the file that each row begins on.
        malformed: Lines of rows with more or fewer values than the header → what is wrong.
        left_out: Column that stands twice, where none is asked for by name → why.
    """

    header: list[str]
    table: pl.DataFrame
    lines: pl.Series
    malformed: dict[str, list[int]] = field(default_factory=dict)
    left_out: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class _Dialect:
    """How rows are written."""

    separator: str
    quote: str | None
    escape: str | None = None
    blank_follows: bool = False
    """Whether a blank follows what parts values, and belongs to none of them."""

    def reader(self, lines: Iterator[str] | IO[str]) -> Any:  # noqa: ANN401 - a type of the csv module that has no name
        csv.field_size_limit(_MOST_CHARACTERS)
        return csv.reader(
            map(_unmarked, lines),
            delimiter=self.separator,
            quotechar=self.quote or None,
            quoting=csv.QUOTE_MINIMAL if self.quote else csv.QUOTE_NONE,
            escapechar=self.escape,
            skipinitialspace=self.blank_follows,
            strict=True,
        )


class _NotCsvError(Exception):
    """A quote stands where none may, or is never closed."""

    def __init__(self, line: int, reason: str) -> None:
        super().__init__(reason)
        self.line = line


def read_csv(path: Path, described: TableFormat, wanted: Sequence[str] | None) -> CsvRows:
    """Read a CSV file.

    Args:
        path: The file.
        described: How it is written.
        wanted: Columns to read, as far as there are such; all if None.

    Returns:
        Its rows.

    Raises:
        DatasetError: If it can't be read as described; the message names the line and the remedy.
    """
    separator, blank_follows = _separator(path, described, wanted)
    if len(separator) > 1:
        return _read_split(path, described, separator, wanted)
    dialect = _Dialect(separator, described.quote, described.escape or None, blank_follows)
    plain = escaped = None
    fault: _NotCsvError | None = None
    try:
        plain = _read(path, described, dialect, wanted)
    except _NotCsvError as error:
        fault = error
    if described.escape is None and described.quote and _has_escaped_quote(path, described):
        with suppress(_NotCsvError):
            escaped = _read(path, described, replace(dialect, escape=_BACKSLASH), wanted)
    if plain is None:
        if escaped is not None and not escaped.malformed:
            return escaped
        assert fault is not None  # noqa: S101 - else there are rows
        raise DatasetError(
            f"{path}: line {fault.line} is no CSV: {fault}. Correct the line, or name in its table "
            'of dataset.toml what values are quoted with (quote = "" for nothing) and what stands '
            'before a quote within quotes (escape = "\\\\").'
        )
    if escaped is None or (escaped.malformed and not plain.malformed):
        return plain
    if plain.malformed and not escaped.malformed:
        return escaped
    if plain.table.height == escaped.table.height:
        return plain
    raise DatasetError(
        f"{path} has quotes behind backslashes and can be read in two ways, as "
        f"{plain.table.height:,} and as {escaped.table.height:,} rows. Say which in its table of "
        'dataset.toml: escape = "\\\\" if a backslash makes the quote part of the value, '
        'escape = "" if not.'
    )


def _has_escaped_quote(path: Path, described: TableFormat) -> bool:
    assert described.quote  # noqa: S101 - else nobody asks
    wanted = f"{_BACKSLASH}{described.quote}".encode(described.encoding or "utf-8", "replace")
    kept = b""
    with opened(path) as file:
        while block := file.read(1 << 20):
            if wanted in kept + block:
                return True
            kept = block[-len(wanted) :]
    return False


def _separator(
    path: Path, described: TableFormat, wanted: Sequence[str] | None
) -> tuple[str, bool]:
    """Find what parts values, and whether a blank follows it: by the columns that are asked for."""
    usual = "\t" if kind_of(path) == ".tsv" else ","
    with opened_text(path, described.encoding) as file:
        start = next((line for line in file if line.strip()), "")
    separators = [described.separator] if described.separator else [usual, *_SEPARATORS]
    best, found = -1, (separators[0], False)
    for separator in dict.fromkeys(separators):
        if len(separator) > 1:
            continue
        try:
            dialect = _Dialect(separator, described.quote)
            header: list[str] = next(dialect.reader(iter([start])), [])
        except csv.Error:
            continue
        names = {name.strip(' "') for name in header}
        if described.columns is not None:
            score = len(header) if len(header) <= len(described.columns) else 0
        else:
            score = len(header) if wanted is None else sum(name in names for name in wanted)
        if score > best:
            follows = separator != "\t" and len(header) > 1
            best = score
            found = (separator, follows and all(name.startswith(" ") for name in header[1:]))
    return found


def _read(
    path: Path, described: TableFormat, dialect: _Dialect, wanted: Sequence[str] | None
) -> CsvRows:
    with opened_text(path, described.encoding) as file:
        reader = dialect.reader(file)
        rows = _Rows(path, described.columns, wanted)
        at_line = 0
        try:
            if not rows.have_names:
                named = (row for row in reader if any(name.strip() for name in row))
                rows.begin(next(named, []))
            while True:
                at_line = reader.line_num
                batch = list(islice(reader, _BATCH))
                if not batch:
                    break
                rows.add(batch, _lines(batch, at_line, reader.line_num))
        except csv.Error as error:
            fault = _fault(path, described.encoding, dialect)
            raise fault or _NotCsvError(reader.line_num, str(error)) from error
        return rows.found()


def _read_split(
    path: Path, described: TableFormat, separator: str, wanted: Sequence[str] | None
) -> CsvRows:
    """Read a file whose values are parted by several characters, and never quoted."""
    with opened_text(path, described.encoding) as file:
        rows = _Rows(path, described.columns, wanted)
        numbered = (
            (number, line.rstrip("\r\n").split(separator))
            for number, line in enumerate(map(_unmarked, file), start=1)
            if line.strip("\r\n")
        )
        if not rows.have_names:
            _, header = next(numbered, (0, []))
            rows.begin(header)
        while batch := list(islice(numbered, _BATCH)):
            rows.add([row for _, row in batch], [number for number, _ in batch])
        return rows.found()


def _lines(batch: list[list[str]], before: int, last: int) -> list[int]:
    """Return the line that each row begins on."""
    if last - before == len(batch):
        return list(range(before + 1, last + 1))
    lines, line = [], before + 1
    for row in batch:
        lines.append(line)
        line += 1 + sum(
            len(_LINE_END.findall(value)) for value in row if "\n" in value or "\r" in value
        )
    return lines


def _fault(path: Path, encoding: str | None, dialect: _Dialect) -> _NotCsvError | None:
    """Find the line that a row begins on which can't be read."""
    with opened_text(path, encoding) as file:
        reader = dialect.reader(file)
        while True:
            line = reader.line_num + 1
            try:
                next(reader)
            except StopIteration:
                return None
            except csv.Error as error:
                reason = str(error)
                if "unexpected end of data" in reason:
                    reason = "a quote that is opened there is never closed"
                elif "expected after" in reason:
                    reason = "more text follows the quote that closes a value"
                return _NotCsvError(line, reason)


class _Rows:
    """Gathers rows.

    Args:
        path: The file.
        columns: Names of its columns; None if it has a header.
        wanted: Columns to read, as far as there are such; all if None.
    """

    def __init__(
        self, path: Path, columns: Sequence[str] | None, wanted: Sequence[str] | None
    ) -> None:
        self._path = path
        self._wanted = wanted
        self._namer = "the header has" if columns is None else "`columns` names"
        self._first: list[str] = []
        self._header: list[str] = []
        self._places: list[int] = []
        self._parts: list[pl.DataFrame] = []
        self._lines: list[int] = []
        self._malformed: dict[str, list[int]] = {}
        self._left_out: dict[str, str] = {}
        self.have_names = columns is not None
        if columns is not None:
            self.begin(list(columns))

    def begin(self, header: list[str]) -> None:
        wanted = self._wanted
        self._first = header
        self._header = [name.strip() for name in header]
        names = self._header if wanted is None else [n for n in wanted if n in self._header]
        twice = [name for name in names if self._header.count(name) > 1]
        if twice and wanted is not None:
            raise DatasetError(
                f"{self._path} has two columns {twice[0]!r}; rename one of them in the file."
            )
        self._left_out = {name: f"Two columns are named {name!r}; rename one." for name in twice}
        names = [name for name in names if name not in self._left_out]
        self._places = [self._header.index(name) for name in dict.fromkeys(names)]

    def add(self, batch: list[list[str]], lines: list[int]) -> None:
        width = len(self._header)
        if any(len(row) != width or row == self._first for row in batch):
            good, kept = [], []
            for row, line in zip(batch, lines, strict=True):
                problem = self._problem(row)
                if problem is not None:
                    self._malformed.setdefault(problem, []).append(line)
                elif len(row) == width:
                    good.append(row)
                    kept.append(line)
            batch, lines = good, kept
        self._parts.append(
            pl.DataFrame(
                {self._header[at]: [row[at] or None for row in batch] for at in self._places},
                schema={self._header[at]: pl.String for at in self._places},
            )
        )
        self._lines += lines

    def _problem(self, row: list[str]) -> str | None:
        """Tell why a row can't be read; a blank line is nothing and no problem."""
        width = len(self._header)
        if len(row) != width and (len(row) > 1 or "".join(row).strip()):
            return f"a row has {len(row):,} value(s) where {self._namer} {width:,}"
        if row == self._first and width > 1:
            return "a row repeats the header, as in files put one behind the other"
        return None

    def found(self) -> CsvRows:
        schema = {self._header[at]: pl.String for at in self._places}
        table = pl.concat([pl.DataFrame(schema=schema), *self._parts])
        return CsvRows(
            self._header,
            table,
            pl.Series(self._lines, dtype=pl.Int64),
            self._malformed,
            self._left_out,
        )
