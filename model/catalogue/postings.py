"""Which items have a value: found by looking up, however many items and values there are."""

from __future__ import annotations

from collections.abc import Sequence
from threading import Lock
from typing import Any

import numpy as np
import polars as pl

from model.arrays import Int64Array

_NOTHING = np.empty(0, dtype=np.int64)
MOST_EXACT = 2**53
"""Beyond it whole numbers are no longer exact as floats, and soon none that JSON readers take."""


class PostingLists:
    """Value → items that have it, of the attributes of a table that may grow at its end.

    A longer table shares the lists of the shorter one that it begins with, so that an item more
    costs a look at that item alone.
    """

    def __init__(self) -> None:
        self._lists: dict[str, dict[str, Int64Array]] = {}
        self._covered: dict[str, int] = {}
        self._lock = Lock()

    def find(self, name: str, column: pl.Series, accepted: Sequence[str]) -> Int64Array:
        """Find the items that have one of some values.

        Args:
            name: The attribute.
            column: Its values in a table.
            accepted: The values, as text.

        Returns:
            Positions in the table, ascending.
        """
        with self._lock:
            lists = self._lists.setdefault(name, {})
            covered = self._covered.get(name, 0)
            if covered < len(column):
                _add(lists, column[covered:], covered)
                self._covered[name] = len(column)
            parts = [lists.get(_key(value), _NOTHING) for value in accepted]
        found = parts[0] if len(parts) == 1 else np.unique(np.concatenate(parts))
        # A longer table may have been looked at before.
        return found[: int(np.searchsorted(found, len(column)))]


def _add(lists: dict[str, Int64Array], column: pl.Series, start: int) -> None:
    values = pl.DataFrame(
        {"item": np.arange(start, start + len(column)), "value": column.alias("value")}
    )
    if isinstance(column.dtype, pl.List):
        values = values.explode("value")
    grouped = values.drop_nulls().group_by("value").agg(pl.col("item").unique())
    for value, items in grouped.iter_rows():
        key = _key(str(shown(value)))
        more = np.array(items, dtype=np.int64)
        known = lists.get(key)
        lists[key] = np.sort(more) if known is None else np.union1d(known, more)


def shown(value: Any) -> Any:  # noqa: ANN401 - whatever the column holds
    """Return a value as clients see it: a whole number as one."""
    if isinstance(value, float) and value.is_integer() and abs(value) <= MOST_EXACT:
        return int(value)
    return value


def _key(value: str) -> str:
    """Compare values without regard to case."""
    return value.strip().casefold()
