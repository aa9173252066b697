"""One value, such as a director."""

from __future__ import annotations

from collections.abc import Iterable

import polars as pl

from model.errors import FeatureValueError
from model.features.kinds.valued import TextCell
from model.features.values import FeatureValue


class Category(TextCell):
    """One value, such as a director."""

    name = "category"

    def row_parts(self, column: pl.Series) -> Iterable[str]:
        """Return the values."""
        return column.drop_nulls()

    def _parts(self, value: FeatureValue) -> list[str]:
        if isinstance(value, str):
            return [value]
        # Ids of categories are often numbers in a client's hands: 7 means "7".
        if isinstance(value, int | float) and not isinstance(value, bool):
            return [str(int(value)) if float(value).is_integer() else str(value)]
        raise FeatureValueError("expected one text")
