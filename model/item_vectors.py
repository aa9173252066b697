"""What an estimator knows items by: those of the bundle and, behind them, the live ones."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Generic, TypeVar

import numpy as np

from model.arrays import BoolArray, Float32Array, Int64Array

Table = TypeVar("Table")


@dataclass(frozen=True)
class ItemVectors(Generic[Table]):
    """Two tables under one numbering; nobody else has to tell them apart.

    A bundle's table may hold a million rows, so items that are put later go into a small table of
    their own rather than into a copy of it.

    Attributes:
        bundled: The items of the bundle, laid out as the preset likes.
        bundled_count: Their number; an index from there on is a live item's.
        live: The items put since, in the same layout; None while there are none.
        live_count: Their number.
    """

    bundled: Table
    bundled_count: int
    live: Table | None = None
    live_count: int = 0

    def __len__(self) -> int:
        return self.bundled_count + self.live_count

    def append(
        self, rows: Table, count: int, join: Callable[[Table, Table], Table]
    ) -> ItemVectors[Table]:
        """Return the vectors with more live items; these stay as they are.

        Args:
            rows: The items.
            count: Their number.
            join: Puts one table behind another.

        Returns:
            Vectors that share the bundle's table with these.
        """
        live = rows if self.live is None else join(self.live, rows)
        return replace(self, live=live, live_count=self.live_count + count)

    def parted(self, ascending: Int64Array) -> tuple[Int64Array, Int64Array]:
        """Split ascending indices into those of the bundle's items and those of live ones."""
        first_live = int(np.searchsorted(ascending, self.bundled_count))
        return ascending[:first_live], ascending[first_live:]

    def parts(self, index: Int64Array) -> list[tuple[Table, BoolArray, Int64Array]]:
        """Split items by their tables.

        Args:
            index: Internal item indices, shape [n].

        Returns:
            Table, which of the items are in it, shape [n], and their rows there; one entry a table
            that is needed, at least one.
        """
        is_live = index >= self.bundled_count
        if self.live is None or not is_live.any():
            return [(self.bundled, ~is_live, index)]
        parts = [(self.live, is_live, index[is_live] - self.bundled_count)]
        if not is_live.all():
            parts.insert(0, (self.bundled, ~is_live, index[~is_live]))
        return parts

    def take(
        self, index: Int64Array, look_up: Callable[[Table, Int64Array], Float32Array]
    ) -> Float32Array:
        """Look items up, whichever table they are in.

        Args:
            index: Internal item indices, shape [n].
            look_up: Returns one row for each row of a table that it is asked for.

        Returns:
            The rows in the order of `index`, shape [n, …].
        """
        if self.live is None:
            return look_up(self.bundled, index)
        parts = self.parts(index)
        if len(parts) == 1:
            ((table, _, rows),) = parts
            return look_up(table, rows)
        found = [look_up(table, rows) for table, _, rows in parts]
        together = np.empty((len(index), *found[0].shape[1:]), dtype=found[0].dtype)
        for (_, chosen, _), rows_found in zip(parts, found, strict=True):
            together[chosen] = rows_found
        return together

    def every(self, look_up: Callable[[Table], Float32Array]) -> Float32Array:
        """Look all items up.

        Args:
            look_up: Returns one row for each row of a table.

        Returns:
            The rows of all items, shape [len(self), …].
        """
        bundled = look_up(self.bundled)
        return bundled if self.live is None else np.concatenate([bundled, look_up(self.live)])

    def read(
        self, index: Int64Array | None, look_up: Callable[[Table, Int64Array | None], Float32Array]
    ) -> Float32Array:
        """Look items up, or all of them.

        Args:
            index: Internal item indices, shape [n]; all items if None.
            look_up: Returns one row for each row of a table that it is asked for; for all if None.

        Returns:
            The rows in the order of `index`, shape [n, …].
        """
        if index is None:
            return self.every(lambda table: look_up(table, None))
        return self.take(index, look_up)
