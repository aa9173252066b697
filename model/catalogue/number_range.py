"""Ranges of numbers, as filters name them."""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from model.errors import FilterValueError

_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?", re.ASCII)
_SEPARATOR = ".."


@dataclass(frozen=True)
class NumberRange:
    """All numbers from one to another, both included.

    Attributes:
        lowest: The lowest, or −∞.
        highest: The highest, or ∞.
    """

    lowest: float
    highest: float

    @classmethod
    def parse(cls, text: str) -> NumberRange:
        """Read a range.

        Args:
            text: `1995`, `1990..1999`, `1990..` or `..1950`.

        Returns:
            The range; of one number alone, where only one is named.

        Raises:
            FilterValueError: If the text is none of these, or the range is empty.
        """
        first, separator, last = (part.strip() for part in text.partition(_SEPARATOR))
        if not separator:
            number = _number(first, text)
            return cls(number, number)
        if not first and not last:
            raise FilterValueError(text)
        lowest = _number(first, text) if first else -np.inf
        highest = _number(last, text) if last else np.inf
        if lowest > highest:
            raise FilterValueError(text)
        return cls(lowest, highest)

    def holds(self, values: npt.NDArray[np.float64]) -> npt.NDArray[np.bool_]:
        """Tell which values lie in the range; NaN, an unknown one, never does."""
        return (values >= self.lowest) & (values <= self.highest)


def _number(text: str, whole: str) -> float:
    if not _NUMBER.fullmatch(text):
        raise FilterValueError(whole)
    return float(text)
