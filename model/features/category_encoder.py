"""Encode a category, several categories, or the words of a text."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from functools import cached_property
from typing import Literal

import polars as pl
from pydantic import BaseModel, ConfigDict

from model.data.description import FeatureKind
from model.errors import FeatureValueError
from model.features.values import EncoderDescription, FeatureValue

LISTED_VALUES = 100
_WORD = re.compile(r"\w+")


class Vocabulary(BaseModel):
    """The categories, or the words of a text, that training saw; value i has slot i + 1."""

    model_config = ConfigDict(frozen=True)

    kind: Literal[FeatureKind.CATEGORY, FeatureKind.CATEGORIES, FeatureKind.TEXT]
    values: tuple[str, ...]

    @property
    def slots(self) -> int:
        """Number of slots, the unknown one included."""
        return len(self.values) + 1

    @property
    def is_text(self) -> bool:
        """Tell whether the values are words of a free text, which TF-IDF weighs."""
        return self.kind is FeatureKind.TEXT

    @cached_property
    def _slot_of(self) -> dict[str, int]:
        return {value: i + 1 for i, value in enumerate(self.values)}

    def encode(self, value: FeatureValue) -> list[int]:
        """Return the slots of `value`; an empty list is unknown.

        Args:
            value: Text, or a sequence of text for `categories`.

        Returns:
            One slot for each value that training saw.

        Raises:
            FeatureValueError: If the value is of another type.
        """
        return [self._slot_of[text] for text in self._texts(value) if text in self._slot_of]

    def unseen(self, value: FeatureValue) -> bool:
        """Tell whether a part of `value` is one that training never saw."""
        return any(text not in self._slot_of for text in self._texts(value))

    def describe(self) -> EncoderDescription:
        """Describe the feature; its values are listed if they are few."""
        few = len(self.values) <= LISTED_VALUES
        return EncoderDescription(self.kind.value, list(self.values) if few else None)

    def _texts(self, value: FeatureValue) -> list[str]:
        if value is None or value == "":
            return []
        if isinstance(value, str):
            return words(value) if self.kind is FeatureKind.TEXT else [value]
        if self.kind is FeatureKind.TEXT:
            raise FeatureValueError("expected a text")
        if self.kind is FeatureKind.CATEGORY:
            # Ids of categories are often numbers in a client's hands: 7 means "7".
            if isinstance(value, int | float) and not isinstance(value, bool):
                return [str(int(value)) if float(value).is_integer() else str(value)]
            raise FeatureValueError("expected one text")
        if isinstance(value, Sequence) and all(isinstance(part, str) for part in value):
            return list(value)
        raise FeatureValueError("expected a list of texts")


def words(text: str) -> list[str]:
    """Part a text into its words, in one case."""
    return _WORD.findall(text.casefold())


def fit_vocabulary(column: pl.Series, kind: FeatureKind, minimum_count: int) -> Vocabulary:
    """Learn the values that `minimum_count` rows or more hold."""
    parts: Iterable[str]
    if kind is FeatureKind.TEXT:
        # A word that a text repeats counts once.
        parts = (word for text in column.drop_nulls() for word in set(words(text)))
    else:
        parts = (
            column.explode().drop_nulls() if kind is FeatureKind.CATEGORIES else column.drop_nulls()
        )
    counts = Counter(parts)
    values = (value for value, count in counts.items() if count >= minimum_count)
    return Vocabulary(kind=kind, values=tuple(sorted(values)))
