"""What a feature may hold, and how its kind is described."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

FeatureValue = str | float | Sequence[str] | None
"""A category, a number, several categories, or unknown."""

AttributeValue = str | int | float | list[str] | None
"""A value as JSON has it."""


@dataclass(frozen=True)
class EncoderDescription:
    """What clients are shown of a feature.

    Attributes:
        kind: Its kind.
        values: Its categories, or words, if they are few.
        minimum: The lowest number that training saw.
        maximum: The highest.
    """

    kind: str
    values: list[str] | None = None
    minimum: float | None = None
    maximum: float | None = None
