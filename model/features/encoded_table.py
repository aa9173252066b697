"""Encoded features: bags of slots in compressed rows."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

UNKNOWN_SLOT = 0


class EncodedFeature:
    """One feature of many rows, as bags of slots in compressed rows.

    Args:
        slots: All rows' slots in order, shape [total].
        offsets: Row r owns `slots[offsets[r]:offsets[r + 1]]`, shape [rows + 1]. No row is
            empty: an unknown value is the bag of the unknown slot.
    """

    def __init__(self, slots: npt.NDArray[np.int64], offsets: npt.NDArray[np.int64]) -> None:
        self.slots = slots
        self.offsets = offsets

    def __len__(self) -> int:
        return len(self.offsets) - 1

    def rows(self, index: npt.NDArray[np.int64]) -> EncodedFeature:
        """Return the rows at `index`, in that order."""
        starts = self.offsets[index]
        lengths = self.offsets[index + 1] - starts
        offsets = np.concatenate([[0], np.cumsum(lengths)])
        within = np.arange(offsets[-1]) - np.repeat(offsets[:-1], lengths)
        return EncodedFeature(self.slots[np.repeat(starts, lengths) + within], offsets)

    def with_unknown(self, rows: npt.NDArray[np.bool_]) -> EncodedFeature:
        """Return a copy in which the marked rows are unknown (all their slots are slot 0)."""
        return EncodedFeature(
            np.where(np.repeat(rows, np.diff(self.offsets)), UNKNOWN_SLOT, self.slots),
            self.offsets,
        )


EncodedTable = dict[str, EncodedFeature]
"""Feature name → its encoded column; every column has the same rows."""
