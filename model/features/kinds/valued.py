"""Kinds whose values are told apart and not measured: each one has a slot of its own."""

from __future__ import annotations

from abc import abstractmethod
from collections import Counter
from collections.abc import Iterable

import polars as pl

from model.catalogue.bounds import MAX_TEXT
from model.features.kind import FeatureKind, ReadColumn, Refusal
from model.features.vocabulary import Vocabulary

TOO_LONG = f"is longer than {MAX_TEXT:,} characters"


class ValuedKind(FeatureKind):
    """A kind that a vocabulary encodes."""

    @property
    def encoder(self) -> type[Vocabulary]:
        """A vocabulary."""
        return Vocabulary

    def fit(self, column: pl.Series, minimum_count: int) -> Vocabulary:
        """Learn the values that `minimum_count` rows or more hold; see `FeatureKind`."""
        counts = Counter(self.row_parts(column))
        values = (value for value, count in counts.items() if count >= minimum_count)
        return Vocabulary(kind=self, values=tuple(sorted(values)))

    @abstractmethod
    def row_parts(self, column: pl.Series) -> Iterable[str]:
        """Return the parts of all values of a typed column, each as often as rows have it."""


class TextCell(ValuedKind):
    """A kind whose value is the text of a cell."""

    def read_column(self, column: pl.Series, separator: str) -> ReadColumn:  # noqa: ARG002 - others need it
        """Read texts; an empty one is unknown, one longer than an attribute may be is refused."""
        too_long = Refusal(column.str.len_chars() > MAX_TEXT, TOO_LONG)
        return ReadColumn(column.str.strip_chars().replace("", None), (too_long,))

    def holds(self, dtype: pl.DataType) -> bool:
        """Tell whether it is text, or the type of a column without any value."""
        return dtype in (pl.String, pl.Null)
