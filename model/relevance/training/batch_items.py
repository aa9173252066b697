"""The items that one global update names: of a large catalogue, no other is represented."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor

from model.arrays import Int64Array
from model.episodes import PaddedRatings


@dataclass(frozen=True)
class NamedItems:
    """Some items of a catalogue, or all of them.

    Attributes:
        rows: Which, in ascending order; a slice for all, so that nothing is copied.
        place: Where each item of the catalogue stands among them, shape [I]; None for all.
    """

    rows: Tensor | slice
    place: Int64Array | None

    @classmethod
    def every(cls) -> NamedItems:
        """Name all items."""
        return cls(slice(None), None)

    @classmethod
    def of(cls, items: Iterable[Int64Array], count: int) -> NamedItems:
        """Name those that stand in any of some arrays.

        Args:
            items: Internal item indices.
            count: I, the number of items of the catalogue.

        Returns:
            The items.
        """
        named = np.unique(np.concatenate([some.ravel() for some in items]))
        place = np.full(count, -1)
        place[named] = np.arange(len(named))
        return cls(torch.from_numpy(named), place)

    def places(self, items: Int64Array) -> Int64Array:
        """Tell where items stand among those named."""
        return items if self.place is None else self.place[items]

    def ratings(self, ratings: PaddedRatings) -> PaddedRatings:
        """Return ratings whose items are told by their places."""
        return replace(ratings, item_index=self.places(ratings.item_index))
