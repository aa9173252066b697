"""Read tables of a prepared data set, and refuse or report bad rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import polars as pl

from model.data.description import Feature, TableSource
from model.data.reading import LINE, partitions_of, read_raw
from model.data.reading.as_text import whole_ids
from model.data.reading.decimals import with_points
from model.errors import DatasetError
from model.features.kinds import KINDS

_SHOWN = 5
_SHOWN_CHARACTERS = 40
FILE = "__file__"
"""Which of a table's files a row stands in, as the checker numbers them."""
_OWN_NAMES = (LINE, FILE, "__bad__", "__user__", "__item__", "__rating__", "__at__", "__beyond__")


def can_be_named(column: str) -> bool:
    """Tell whether a description can name a column: to Polars some names are patterns of names."""
    is_pattern = column == "*" or (column.startswith("^") and column.endswith("$"))
    return not is_pattern and column not in _OWN_NAMES


@dataclass
class FileRows:
    """Rows of a file; those in the file are those that were read and those that were refused.

    Attributes:
        rows: In the file; a blank line is none.
        refused: Of these, not read.
    """

    rows: int = 0
    refused: int = 0

    @property
    def read(self) -> int:
        """How many were read."""
        return self.rows - self.refused


@dataclass
class LoadReport:
    """What the loader left out and why.

    Attributes:
        files: Name of a file → its rows, once for each table that is read from it.
        bad_rows: Problem → lines that have it, all skipped.
        values: Problem → some of the values that are the problem.
        duplicate_ratings: Older ratings of a (user, item) pair that a newer one replaced.
        dropped_features: Features with fewer than two distinct values, as `users.name` or
            `items.name`.
        told: What else an owner of the data should know, a sentence each.
    """

    files: dict[str, FileRows] = field(default_factory=dict)
    bad_rows: dict[str, list[int]] = field(default_factory=dict)
    values: dict[str, list[str]] = field(default_factory=dict)
    duplicate_ratings: int = 0
    dropped_features: list[str] = field(default_factory=list)
    told: list[str] = field(default_factory=list)


class RowChecker:
    """Counts bad rows, and refuses them unless they are to be skipped.

    Args:
        report: Where skipped rows are noted.
        skip_bad_rows: Skip instead of refusing.
    """

    def __init__(self, report: LoadReport, skip_bad_rows: bool) -> None:
        self.report = report
        self._skip = skip_bad_rows
        self._files: list[tuple[Path, str]] = []

    def number_of(self, path: Path, table: str) -> int:
        """Return the number that stands for a file in the column `FILE`.

        Args:
            path: The file.
            table: Which table is read from it: one file may be several, each of its own rows.

        Returns:
            The number.
        """
        if (path, table) not in self._files:
            self._files.append((path, table))
        return self._files.index((path, table))

    def name_of(self, number: int) -> str:
        """Return a file's name, with its folders' or its table's if one read before has the same.

        Args:
            number: Of the file, see `number_of`.

        Returns:
            The name.
        """
        path, table = self._files[number]
        before = {one for one, _ in self._files[:number] if one != path}
        depth = 1
        while any(one.parts[-depth:] == path.parts[-depth:] for one in before):
            depth += 1
        name = "/".join(path.parts[-depth:])
        is_again = any(one == path for one, _ in self._files[:number])
        return f"{name} as {table}" if is_again else name

    def keep(
        self, table: pl.DataFrame, bad: pl.Expr, problem: str, column: str | None = None
    ) -> pl.DataFrame:
        """Return the rows of a table without those that `bad` marks.

        Args:
            table: With files and line numbers.
            bad: Marks bad rows; unknown is not bad.
            problem: What is wrong with them.
            column: Whose values are the problem.

        Returns:
            The other rows.

        Raises:
            DatasetError: If a row is bad and bad rows are not to be skipped.
        """
        marked = table.with_columns(bad.fill_null(value=False).alias("__bad__"))
        refused = marked.filter("__bad__")
        if not refused.height:
            return table
        for part in refused.partition_by(FILE, maintain_order=True):
            values = [] if column is None else part.get_column(column).head(_SHOWN).to_list()
            number = part.get_column(FILE)[0]
            self.refuse(problem, part.get_column(LINE).to_list(), number, values)
        return marked.filter(~pl.col("__bad__")).drop("__bad__")

    def refuse(
        self, problem: str, lines: list[int], number: int, values: Sequence[object] = ()
    ) -> None:
        """Note bad rows, or raise.

        Args:
            problem: What is wrong with them.
            lines: Where they are.
            number: Of the table's file, see `number_of`.
            values: Some of the values that are wrong.

        Raises:
            DatasetError: If bad rows are not to be skipped.
        """
        told = [_quoted(value) for value in values]
        if not self._skip:
            shown = ", ".join(
                f"{line} ({told[place]})" if place < len(told) else f"{line}"
                for place, line in enumerate(lines[:_SHOWN])
            )
            more = f" and {len(lines) - _SHOWN} more" if len(lines) > _SHOWN else ""
            path, _ = self._files[number]
            raise DatasetError(
                f"{path}: {problem} in {len(lines)} row(s), at line {shown}{more}. "
                "Correct the file, or pass --skip-bad-rows to leave these rows out."
            )
        name = self.name_of(number)
        key = f"{name}: {problem}"
        self.report.bad_rows.setdefault(key, []).extend(lines)
        self.report.values.setdefault(key, []).extend(told)
        self.report.files.setdefault(name, FileRows()).refused += len(lines)

    def gathering(self) -> GatheringChecker:
        """Return a checker that gathers the bad rows of several slices, to tell them together."""
        return GatheringChecker(self)

    def drop_feature(self, name: str) -> None:
        """Note a feature that can't tell any two rows apart."""
        self.report.dropped_features.append(name)


class GatheringChecker(RowChecker):
    """Gathers bad rows of the slices of a table, and tells them as if it had been read as a whole.

    Args:
        checker: Whom to tell.
    """

    def __init__(self, checker: RowChecker) -> None:
        super().__init__(checker.report, skip_bad_rows=True)
        self._checker = checker
        self._files = checker._files
        self._gathered: dict[tuple[str, int], tuple[list[int], list[object]]] = {}

    def refuse(
        self, problem: str, lines: list[int], number: int, values: Sequence[object] = ()
    ) -> None:
        """Note bad rows."""
        found, told = self._gathered.setdefault((problem, number), ([], []))
        found.extend(lines)
        told.extend(values[: _SHOWN - len(told)])

    def tell(self, problems: Sequence[str]) -> None:
        """Tell the rows gathered, or raise.

        Args:
            problems: What can be wrong, the first to be told first.

        Raises:
            DatasetError: If bad rows are not to be skipped.
        """
        for problem, number in sorted(self._gathered, key=lambda one: problems.index(one[0])):
            lines, values = self._gathered[problem, number]
            self._checker.refuse(problem, lines, number, values)


def _quoted(value: object) -> str:
    text = "nothing" if value is None else repr(value)
    return text if len(text) <= _SHOWN_CHARACTERS else text[:_SHOWN_CHARACTERS] + "…"


def read_table(
    folder: Path,
    columns: Sequence[str],
    described: TableSource,
    checker: RowChecker,
    *,
    ids: Sequence[str],
    numbers: Sequence[str] = (),
    features: Mapping[str, Feature] | None = None,
) -> pl.DataFrame:
    """Read columns of a table as text (lists stay lists), with files and line numbers.

    Args:
        folder: Has the files.
        columns: Columns to read.
        described: Which files there are, and how they are written.
        checker: Takes note of rows that can't be read.
        ids: Those of the columns that hold ids.
        numbers: Those that hold numbers, beside features.
        features: Those of them that are features; only a kind that takes lists may have some, and
            those of text alone.

    Returns:
        The columns, and where each row stands in the columns `FILE` and `LINE`.

    Raises:
        DatasetError: If a file is missing or malformed, or lacks a column.
    """
    parts = [
        _read_file(folder, file, columns, described, checker, features, numbers)
        for file in described.files
    ]
    table = pl.concat(parts) if len(parts) > 1 else parts[0]
    return table.with_columns(whole_ids(table.get_column(name)) for name in ids)


def read_table_slice(
    folder: Path,
    file: str,
    columns: Sequence[str],
    described: TableSource,
    checker: RowChecker,
    *,
    numbers: Sequence[str],
    first: int,
    rows: int,
) -> pl.DataFrame:
    """Read some rows of a file that can be read in slices; see `read_table`.

    Args:
        folder: Has the file.
        file: Its name.
        columns: Columns to read; none of them is a feature.
        described: How it is written.
        checker: Takes note of rows that can't be read.
        numbers: Those that hold numbers.
        first: The row to begin with, from 0.
        rows: How many to read.

    Returns:
        The columns, and where each row stands.

    Raises:
        DatasetError: If the file is malformed, or lacks a column.
    """
    return _read_file(folder, file, columns, described, checker, None, numbers, (first, rows))


def _read_file(
    folder: Path,
    file: str,
    columns: Sequence[str],
    described: TableSource,
    checker: RowChecker,
    features: Mapping[str, Feature] | None,
    numbers: Sequence[str],
    slice_of: tuple[int, int] | None = None,
) -> pl.DataFrame:
    path = folder / file
    for name in columns:
        if not can_be_named(name):
            raise DatasetError(f"{path}: a column can't be named {name!r}; rename it.")
    raw = read_raw(path, described, columns, slice_of, partitions_of(file))
    missing = [name for name in columns if name not in raw.header]
    if missing:
        raise DatasetError(
            f"{path} has no column {', '.join(repr(name) for name in missing)}; "
            f"it has: {', '.join(raw.header)}. Correct dataset.toml or the file; where its first "
            'line is a row, name all columns in its table: columns = ["user", "item", …].'
        )
    number = checker.number_of(path, described.table)
    checker.report.files.setdefault(checker.name_of(number), FileRows()).rows += raw.rows
    for problem, lines in raw.malformed.items():
        checker.refuse(problem, lines, number)
    takers = {name for name, one in (features or {}).items() if one.kind.takes_lists}
    for name, kind in raw.table.schema.items():
        if isinstance(kind, pl.List) and name not in takers:
            kinds = " or ".join(repr(one.name) for one in KINDS.values() if one.takes_lists)
            raise DatasetError(
                f"{path}: {name!r} holds lists; describe it as {kinds} "
                "if it is a feature with lists of texts, or write one value a row."
            )
    table = raw.table
    if described.decimal == ",":
        quantities = {name for name, one in (features or {}).items() if one.kind.is_quantity}
        table = table.with_columns(
            with_points(table.get_column(name))
            for name in quantities | {*numbers}
            if name in columns
        )
    of_file = pl.lit(number, dtype=pl.UInt32).alias(FILE)
    return table.select([*dict.fromkeys(columns), LINE]).with_columns(of_file)
