"""Encode a number as the quantile bin that holds it."""

from __future__ import annotations

from bisect import bisect_right

import numpy as np

from model.arrays import Int64Array
from model.errors import FeatureValueError
from model.features.encoded_table import UNKNOWN_SLOT
from model.features.encoder import FeatureEncoder
from model.features.values import EncoderDescription, FeatureValue


class NumberBins(FeatureEncoder):
    """A number's quantile bins in the training data; bin i has slot i + 1.

    A number outside the range that training saw falls into the nearest bin.
    """

    edges: tuple[float, ...]
    """Ascending inner borders; a number equal to a border belongs to the bin above it."""
    lowest: float
    highest: float

    @property
    def labels(self) -> tuple[str, ...]:
        """The lower border of each bin; the first one has none."""
        return ("", *map(str, self.edges))

    @property
    def slots(self) -> int:
        """Number of slots, the unknown one included."""
        return len(self.edges) + 2

    def encode(self, value: FeatureValue) -> list[int]:
        """Return the slot of the bin that holds `value`, a finite number or text that reads as one.

        See `FeatureEncoder`.
        """
        number = _number(value)
        return [] if number is None else [bisect_right(self.edges, number) + 1]

    def slots_in(self, other: FeatureEncoder) -> Int64Array:
        """Return the other's bins that hold the middles of this one's; see `FeatureEncoder`."""
        borders = np.array([self.lowest, *self.edges, self.highest])
        middles = (borders[:-1] + borders[1:]) / 2
        slots = [(other.encode(float(middle)) or [UNKNOWN_SLOT])[0] for middle in middles]
        return np.array([UNKNOWN_SLOT, *slots], dtype=np.int64)

    def unseen(self, value: FeatureValue) -> bool:
        """Tell whether `value` is outside the range that training saw."""
        number = _number(value)
        return number is not None and not self.lowest <= number <= self.highest

    def describe(self) -> EncoderDescription:
        """Describe the feature by the range that training saw."""
        return EncoderDescription(self.kind.name, minimum=self.lowest, maximum=self.highest)


def _number(value: FeatureValue) -> float | None:
    if value is None or value == "":
        return None
    try:
        if isinstance(value, bool) or not isinstance(value, int | float | str):
            raise FeatureValueError("expected a number")
        number = float(value)
    except (ValueError, OverflowError) as error:
        raise FeatureValueError("expected a number") from error
    if not np.isfinite(number):
        raise FeatureValueError("expected a finite number")
    return number
