"""Encode values that are told apart: a category, several categories, or the words of a text."""

from __future__ import annotations

from functools import cached_property

from model.features.encoder import FeatureEncoder
from model.features.values import EncoderDescription, FeatureValue

LISTED_VALUES = 100


class Vocabulary(FeatureEncoder):
    """The categories, or the words of a text, that training saw; value i has slot i + 1."""

    values: tuple[str, ...]

    @property
    def labels(self) -> tuple[str, ...]:
        """The values."""
        return self.values

    @cached_property
    def _slot_of(self) -> dict[str, int]:
        return {value: i + 1 for i, value in enumerate(self.values)}

    def encode(self, value: FeatureValue) -> list[int]:
        """Return one slot for each part of `value` that training saw; see `FeatureEncoder`."""
        return [self._slot_of[part] for part in self.kind.parts(value) if part in self._slot_of]

    def unseen(self, value: FeatureValue) -> bool:
        """Tell whether a part of `value` is one that training never saw."""
        return any(part not in self._slot_of for part in self.kind.parts(value))

    def describe(self) -> EncoderDescription:
        """Describe the feature; its values are listed if they are few."""
        few = len(self.values) <= LISTED_VALUES
        return EncoderDescription(self.kind.name, list(self.values) if few else None)
