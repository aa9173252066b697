"""Tables of vectors, a row an item, in as few bytes as the size of the catalogue asks for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from model.arrays import Float32Array
from model.bundle.weights_file import FileRows
from model.ranking import ONE_STAGE_LIMIT

_HIGHEST = 127


@dataclass(frozen=True)
class Vectors:
    """A table of I rows.

    Of a large catalogue each column is stored in whole numbers from −127 to 127, times a scale and
    beside a middle of its own: that moves a number by at most 1/254 of its column's range.

    Attributes:
        stored: The numbers, shape [I, columns].
        scale: What whole numbers are multiplied with, and then added to, shape [2, columns]; None
            for numbers as they are.
    """

    stored: npt.NDArray[np.float32] | npt.NDArray[np.int8] | FileRows
    scale: Float32Array | None

    @classmethod
    def of(cls, values: Float32Array) -> Vectors:
        """Take numbers as they are."""
        return cls(values, None)

    @classmethod
    def packed(cls, values: Float32Array) -> Vectors:
        """Store numbers in a byte each where there are many rows."""
        if len(values) <= ONE_STAGE_LIMIT:
            return cls.of(values)
        low, high = values.min(0), values.max(0)
        middle, width = (high + low) / 2, (high - low) / (2 * _HIGHEST)
        width[width == 0] = 1
        stored = np.rint((values - middle) / width).astype(np.int8)
        return cls(stored, np.stack([width, middle]).astype(np.float32))

    def __len__(self) -> int:
        return len(self.stored)

    @property
    def columns(self) -> int:
        """Number of columns."""
        return int(self.stored.shape[1])

    def rows(self, index: npt.NDArray[np.integer] | slice) -> Float32Array:
        """Return some rows as numbers, shape [rows, columns]."""
        if isinstance(self.stored, np.ndarray) and isinstance(index, np.ndarray):
            some = self.stored.take(index, axis=0)  # half of the time of indexing
        else:
            some = self.stored[index]
        if self.scale is None:
            return some.astype(np.float32, copy=False)
        # NumPy takes several times as long to convert.
        found: Float32Array = torch.from_numpy(np.ascontiguousarray(some)).float().numpy()
        width, middle = self.scale
        found *= width
        found += middle
        return found

    def in_file(self, rows: FileRows) -> Vectors:
        """Return the same table, whose rows are read from their file when they are asked for."""
        return Vectors(rows, self.scale)

    def part(self, columns: slice) -> Vectors:
        """Return some of the columns."""
        assert isinstance(self.stored, np.ndarray)  # noqa: S101 - it is what was just trained
        scale = None if self.scale is None else self.scale[:, columns]
        return Vectors(self.stored[:, columns], scale)

    def named_tensors(self, name: str) -> dict[str, Tensor]:
        """Return what a bundle stores."""
        found = {f"items.{name}": torch.from_numpy(self.stored[:])}
        if self.scale is not None:
            found[f"{name}_scale"] = torch.from_numpy(self.scale)
        return found

    @classmethod
    def from_named_tensors(cls, tensors: Mapping[str, Tensor], name: str) -> Vectors:
        """Put together what `named_tensors` took apart; see `expected_vectors`."""
        scale = tensors.get(f"{name}_scale")
        stored = tensors[f"items.{name}"].numpy()
        return cls(stored, None if scale is None else scale.clone().numpy())


def expected_vectors(name: str, items: int, columns: int) -> dict[str, Tensor]:
    """Tell what tensors a bundle of so many items should hold."""
    if items <= ONE_STAGE_LIMIT:
        return {f"items.{name}": torch.empty(items, columns)}
    return {
        f"items.{name}": torch.empty(items, columns, dtype=torch.int8),
        f"{name}_scale": torch.empty(2, columns),
    }
