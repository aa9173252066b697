"""A quantity, such as a year."""

from __future__ import annotations

from math import isinf, isnan

import numpy as np
import numpy.typing as npt
import polars as pl

from model.errors import FeatureValueError
from model.features.kind import ColumnSummary, FeatureKind, ReadColumn, Refusal
from model.features.number_bins import NumberBins
from model.features.numbers_as_text import number_or_year, numbers_or_years
from model.features.values import AttributeValue

MAX_BINS = 16
_MOST_EXACT = 2**53
_WRONG = "is described as a number and holds something else"


class Number(FeatureKind):
    """A quantity, such as a year."""

    name = "number"
    is_quantity = True
    has_content_rows = False
    unseen_note = "outside the range that training saw, so the nearest value stands in"

    @property
    def encoder(self) -> type[NumberBins]:
        """Quantile bins."""
        return NumberBins

    def read_column(self, column: pl.Series, separator: str) -> ReadColumn:  # noqa: ARG002 - others need it
        """Read numbers, and the years of dates; NaN is unknown, and anything else is refused."""
        numbers = numbers_or_years(column)
        is_wrong = numbers.is_null() | numbers.is_infinite().fill_null(value=False)
        wrong = Refusal((column.str.strip_chars() != "") & is_wrong, _WRONG, is_value_told=True)
        return ReadColumn(numbers.fill_nan(None), (wrong,))

    def holds(self, dtype: pl.DataType) -> bool:
        """Tell whether it is a type of numbers."""
        return dtype.is_numeric()

    def summarise(self, values: pl.Series) -> ColumnSummary:
        """Describe a typed column by its range."""
        known = self._counted(values)
        numbers = known.to_numpy()
        examples = f"{numbers.min():g} to {numbers.max():g}"
        return ColumnSummary(known.n_unique(), self._unknown_share(values), examples)

    def fit(self, column: pl.Series, minimum_count: int) -> NumberBins:  # noqa: ARG002 - others need it
        """Learn bins that hold about equally many of the numbers; see `FeatureKind`."""
        return self._bins(column.drop_nulls().to_numpy())

    def _bins(self, numbers: npt.NDArray[np.float64]) -> NumberBins:
        if not len(numbers):
            return NumberBins(kind=self, edges=(), lowest=0.0, highest=0.0)
        # Of halves, as the difference of two numbers may be beyond double precision.
        quantiles = 2 * np.quantile(numbers / 2, np.linspace(0, 1, MAX_BINS + 1)[1:-1])
        # A border at the lowest value would leave the first bin empty.
        edges = np.unique(quantiles[quantiles > numbers.min()])
        return NumberBins(
            kind=self,
            edges=tuple(edges.tolist()),
            lowest=float(numbers.min()),
            highest=float(numbers.max()),
        )

    def cell_as_json(self, cell: str, separator: str) -> AttributeValue:  # noqa: ARG002 - others need it
        """Return the number, or the year of a date; what is neither stays for the service."""
        number = number_or_year(cell)
        if number is None or isinf(number):
            return cell
        if isnan(number):
            return None
        return int(number) if number.is_integer() and abs(number) < _MOST_EXACT else number

    def _coerced(self, value: AttributeValue) -> AttributeValue:
        if value is None or isinstance(value, list | bool):
            raise FeatureValueError("expected one value")
        try:
            number = float(value)
        except (ValueError, OverflowError) as error:
            raise FeatureValueError("expected a number") from error
        if not np.isfinite(number):
            raise FeatureValueError("expected a finite number")
        return number
