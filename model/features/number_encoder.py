"""Encode a number as the quantile bin that holds it."""

from __future__ import annotations

from bisect import bisect_right
from typing import Literal

import numpy as np
import numpy.typing as npt
from pydantic import BaseModel, ConfigDict

from model.data.description import FeatureKind
from model.errors import FeatureValueError
from model.features.values import EncoderDescription, FeatureValue

MAX_BINS = 16


class NumberBins(BaseModel):
    """A number's quantile bins in the training data; bin i has slot i + 1.

    A number outside the range that training saw falls into the nearest bin.
    """

    model_config = ConfigDict(frozen=True)

    kind: Literal[FeatureKind.NUMBER]
    edges: tuple[float, ...]
    """Ascending inner borders; a number equal to a border belongs to the bin above it."""
    lowest: float
    highest: float

    @property
    def slots(self) -> int:
        """Number of slots, the unknown one included."""
        return len(self.edges) + 2

    @property
    def is_text(self) -> bool:
        """Tell whether the values are words of a free text, which TF-IDF weighs."""
        return False

    def encode(self, value: FeatureValue) -> list[int]:
        """Return the slot of the bin that holds `value`; an empty list is unknown.

        Args:
            value: A finite number, or text that reads as one.

        Returns:
            A list of one slot, or of none.

        Raises:
            FeatureValueError: If the value is no finite number.
        """
        number = self._number(value)
        return [] if number is None else [bisect_right(self.edges, number) + 1]

    def unseen(self, value: FeatureValue) -> bool:
        """Tell whether `value` is outside the range that training saw."""
        number = self._number(value)
        return number is not None and not self.lowest <= number <= self.highest

    def describe(self) -> EncoderDescription:
        """Describe the feature by the range that training saw."""
        return EncoderDescription(self.kind.value, minimum=self.lowest, maximum=self.highest)

    def _number(self, value: FeatureValue) -> float | None:
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


def fit_bins(numbers: npt.NDArray[np.float64]) -> NumberBins:
    """Learn bins that hold about equally many of the numbers."""
    if not len(numbers):
        return NumberBins(kind=FeatureKind.NUMBER, edges=(), lowest=0.0, highest=0.0)
    quantiles = np.quantile(numbers, np.linspace(0, 1, MAX_BINS + 1)[1:-1])
    # A border at the lowest value would leave the first bin empty.
    edges = np.unique(quantiles[quantiles > numbers.min()])
    return NumberBins(
        kind=FeatureKind.NUMBER,
        edges=tuple(edges.tolist()),
        lowest=float(numbers.min()),
        highest=float(numbers.max()),
    )
