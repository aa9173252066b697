"""Numbers with a decimal comma: 3,5 and 1.234,50."""

from __future__ import annotations

import polars as pl

_NUMBER = r"^[+-]?(\d+|\d{1,3}(\.\d{3})+)(,\d+)?$"
_FRACTION = r"\d,(\d{1,2}|\d{4,})$"
_THOUSANDS = r"^[+-]?[1-9]\d{0,2}(\.\d{3})+$"
_MOST = 0.98


def with_points(column: pl.Series) -> pl.Series:
    """Write numbers with a decimal comma as numbers with a point.

    Args:
        column: Text, with decimal commas, and maybe points between thousands.

    Returns:
        The text; what is no such number as it is.
    """
    text = column.str.strip_chars()
    points = text.str.replace_all(".", "", literal=True).str.replace(",", ".", literal=True)
    return points.zip_with(text.str.contains(_NUMBER).fill_null(value=False), column)


def has_decimal_commas(column: pl.Series) -> bool:
    """Tell whether a column of text holds numbers with a decimal comma.

    Where each comma has three digits behind it they may as well be thousands: that tells nothing.
    """
    text = column.drop_nulls().str.strip_chars()
    text = text.filter(text != "")
    is_number = text.str.contains(_NUMBER).mean()
    return (
        isinstance(is_number, float)
        and is_number >= _MOST
        and bool(text.str.contains(_FRACTION).any())
    )


def has_points_between_thousands(column: pl.Series) -> bool:
    """Tell whether a column of text holds whole numbers such as 1.250 beside 999.

    Programs that write 1.250 for one and a quarter write 999.000 too, and those that write 999
    write 1.25: where both stand in a column the points part thousands.
    """
    text = column.drop_nulls().str.strip_chars()
    text = text.filter(text != "")
    is_pointed = text.str.contains(_THOUSANDS)
    is_plain = text.str.contains(r"^[+-]?\d{1,3}$")
    return (
        bool((is_pointed | is_plain).all())
        and bool(is_plain.any())
        and bool((is_pointed & text.str.ends_with("0")).any())
    )
