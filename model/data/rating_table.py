"""The table of ratings, a slice at a time, so that memory does not hold all of it as text."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import polars as pl

from model.data.description import RatingsTable
from model.data.reading import UNREADABLE, is_sliced, row_count
from model.data.reading.as_text import are_whole, as_whole, have_fractions
from model.data.tables import LoadReport, RowChecker, read_table, read_table_slice

SLICE_ROWS = 1 << 19


class RatingTable:
    """The table of ratings as text, with files and line numbers.

    Parquet is read in slices of half a million rows; any other format, and a smaller file, as a
    whole.

    Args:
        folder: Has the files.
        described: Which files there are, and how they are written.
        checker: Takes note of rows that can't be read.
    """

    def __init__(self, folder: Path, described: RatingsTable, checker: RowChecker) -> None:
        self._folder, self._described, self._checker = folder, described, checker
        self._ids = (described.user, described.item)
        others = (described.rating, described.timestamp, described.weight, described.event)
        self._columns = [*self._ids, *(name for name in others if name is not None)]
        self._numbers = [n for n in (described.rating, described.weight) if n is not None]
        self._slices = self._planned()
        self._whole: pl.DataFrame | None = None
        if self._slices is None:
            self._whole = read_table(
                folder, self._columns, described, checker, ids=self._ids, numbers=self._numbers
            )

    def tables(self) -> Iterator[pl.DataFrame]:
        """Read all columns, once.

        Yields:
            Slices in order.

        Raises:
            DatasetError: If a file is malformed, or lacks a column.
        """
        yield from self._read(self._columns, self._checker)

    def column(self, name: str) -> Iterator[pl.Series]:
        """Read one column, as often as needed.

        Args:
            name: Its name.

        Yields:
            Slices in order.

        Raises:
            DatasetError: If a file is malformed, or lacks the column.
        """
        # Rows are counted where all columns are read.
        for table in self._read([name], RowChecker(LoadReport(), skip_bad_rows=True)):
            yield table.get_column(name)

    def _read(self, columns: Sequence[str], checker: RowChecker) -> Iterator[pl.DataFrame]:
        if self._slices is None:
            assert self._whole is not None  # noqa: S101 - it was read at the start
            yield self._whole
            return
        whole = [name for name in columns if name in self._ids and self._all_whole(name)]
        for file, first in self._slices:
            table = read_table_slice(
                self._folder,
                file,
                columns,
                self._described,
                checker,
                numbers=self._numbers,
                first=first,
                rows=SLICE_ROWS,
            )
            yield table.with_columns(as_whole(table.get_column(name)) for name in whole)

    def _all_whole(self, name: str) -> bool:
        """Tell whether all ids are whole numbers, some with a fraction of 0; see `whole_ids`."""
        found = False
        assert self._slices is not None  # noqa: S101 - else nobody asks
        for file, first in self._slices:
            checker = RowChecker(LoadReport(), skip_bad_rows=True)
            table = read_table_slice(
                self._folder,
                file,
                [name],
                self._described,
                checker,
                numbers=(),
                first=first,
                rows=SLICE_ROWS,
            )
            if not are_whole(table.get_column(name)):
                return False
            found |= have_fractions(table.get_column(name))
        return found

    def _planned(self) -> list[tuple[str, int]] | None:
        """Return where slices begin; None if the files are read as a whole."""
        paths = [self._folder / file for file in self._described.files]
        if not all(is_sliced(path) for path in paths):
            return None
        try:
            counts = [row_count(path) for path in paths]
        except UNREADABLE:
            return None  # what is wrong with it is told where it is read
        if sum(counts) <= SLICE_ROWS:
            return None
        return [
            (file, first)
            for file, count in zip(self._described.files, counts, strict=True)
            for first in range(0, max(count, 1), SLICE_ROWS)
        ]
