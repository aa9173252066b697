"""Find items by their external ids, in little memory."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np
import polars as pl

_FEW = 100_000


def index_of_ids(ids: pl.Series) -> Mapping[str, int]:
    """Map ids to their places.

    Args:
        ids: Texts.

    Returns:
        A dict, or where there are many a mapping that takes a tenth of its memory.

    Raises:
        ValueError: If an id stands twice.
    """
    if ids.n_unique() != len(ids):
        raise ValueError("an item id stands twice in the catalogue")
    if len(ids) <= _FEW:
        return {one: place for place, one in enumerate(ids)}
    return _HashedIds(ids)


class _HashedIds(Mapping[str, int]):
    """Sorted hashes of the ids; the ids themselves stay in the column that they came in.

    Args:
        ids: Texts, each once.
    """

    def __init__(self, ids: pl.Series) -> None:
        self._ids = ids
        hashes = np.fromiter(map(hash, ids), np.int64, len(ids))
        self._places = np.argsort(hashes, kind="stable").astype(np.int32)
        self._hashes = hashes[self._places]

    def __getitem__(self, key: str) -> int:
        wanted = hash(key)
        at = int(np.searchsorted(self._hashes, wanted))
        while at < len(self._hashes) and self._hashes[at] == wanted:
            place = int(self._places[at])
            if self._ids[place] == key:
                return place
            at += 1
        raise KeyError(key)

    def __iter__(self) -> Iterator[str]:
        return iter(self._ids)

    def __len__(self) -> int:
        return len(self._ids)
