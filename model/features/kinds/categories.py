"""Several values, such as genres; their embeddings are averaged."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import polars as pl

from model.catalogue.bounds import MAX_LIST, MAX_TEXT
from model.errors import FeatureValueError
from model.features.kind import ReadColumn, Refusal
from model.features.kinds.valued import TOO_LONG, ValuedKind
from model.features.values import AttributeValue, FeatureValue


class Categories(ValuedKind):
    """Several values, such as genres; their embeddings are averaged."""

    name = "categories"
    takes_lists = True

    def read_column(self, column: pl.Series, separator: str) -> ReadColumn:
        """Part a cell's values; each counts once, and an empty one is none.

        More of them, or longer ones, than an attribute may have are refused.
        """
        parts = (
            column.cast(pl.List(pl.String))
            if isinstance(column.dtype, pl.List)
            else column.str.split(separator)
        )
        values = parts.list.eval(
            pl.element().str.strip_chars().replace("", None).drop_nulls()
        ).list.unique(maintain_order=True)
        longest = values.list.eval(pl.element().str.len_chars()).list.max()
        too_many = Refusal(values.list.len() > MAX_LIST, f"holds more than {MAX_LIST:,} values")
        return ReadColumn(values, (too_many, Refusal(longest > MAX_TEXT, TOO_LONG)))

    def holds(self, dtype: pl.DataType) -> bool:
        """Tell whether it is lists of text."""
        return dtype == pl.List(pl.String)

    def flat(self, values: pl.Series) -> pl.Series:
        """Return every value of every list."""
        return values.explode()

    def unknown(self, values: pl.Series) -> pl.Series:
        """Mark the empty lists; an unknown one is null."""
        return values.list.len() == 0

    def row_parts(self, column: pl.Series) -> Iterable[str]:
        """Return every value of every list."""
        return column.explode().drop_nulls()

    def cell_as_json(self, cell: str, separator: str) -> AttributeValue:
        """Return the values as a list."""
        return [part.strip() for part in cell.split(separator) if part.strip()]

    def _parts(self, value: FeatureValue) -> list[str]:
        if isinstance(value, str):
            return [value]
        if isinstance(value, Sequence) and all(isinstance(part, str) for part in value):
            return list(value)
        raise FeatureValueError("expected a list of texts")

    def _coerced(self, value: AttributeValue) -> AttributeValue:
        parts = [value] if isinstance(value, str) else value
        if not isinstance(parts, list) or not all(isinstance(part, str) for part in parts):
            raise FeatureValueError("expected a list of texts")
        return list(dict.fromkeys(part.strip() for part in parts if part.strip()))
