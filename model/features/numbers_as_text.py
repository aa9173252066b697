"""Numbers as files have them; a date counts as its year."""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime

import polars as pl


def number_or_year(text: str) -> float | None:
    """Read a number; of a date the year, with the part of it that had passed.

    Args:
        text: Such as `7.5`, `nan`, or `2024-07-01`, which is 2024.5.

    Returns:
        The number, NaN for an unknown one; None if it is neither.
    """
    text = text.strip()
    with suppress(ValueError):
        if "_" not in text:
            return float(text)
    with suppress(ValueError):
        moment = datetime.fromisoformat(text).replace(tzinfo=None)
        begin, end = datetime(moment.year, 1, 1), datetime(moment.year, 12, 31, 23, 59, 59, 999999)
        return moment.year + round((moment - begin) / (end - begin), 3)
    return None


def numbers_or_years(column: pl.Series) -> pl.Series:
    """Read a column of numbers or dates, null where it is neither; see `number_or_year`."""
    numbers = column.str.strip_chars().cast(pl.Float64, strict=False)
    if numbers.null_count() == column.null_count():
        return numbers
    return column.map_elements(number_or_year, return_dtype=pl.Float64)
