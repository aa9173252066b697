"""Numbers as files have them; a date counts as its year."""

from __future__ import annotations

import re
from contextlib import suppress
from datetime import datetime

import polars as pl

_DATE = re.compile(
    r"(?:(?P<year>\d{4})/(?P<month>\d\d?)/(?P<day>\d\d?)|"
    r"(?P<day2>\d\d?)\.(?P<month2>\d\d?)\.(?P<year2>\d{4}))"
    r"(?:[T ,]+(?P<hour>\d\d?)(?P<rest>:.+))?"
)


def iso_of(text: str) -> str:
    """Write a date in the form of ISO 8601: 2026/01/31, 31.01.2026, or with UTC or GMT behind it.

    Args:
        text: A date, or anything else.

    Returns:
        The date in that form; anything else as it is.
    """
    for zone in (" UTC", " GMT"):
        if text.endswith(zone):
            text = f"{text.removesuffix(zone).rstrip()}Z"
    found = _DATE.fullmatch(text.removesuffix("Z"))
    if found is None:
        return text
    year, month, day = (found[name] or found[f"{name}2"] for name in ("year", "month", "day"))
    time = f"T{found['hour']:0>2}{found['rest']}" if found["rest"] else ""
    return f"{year}-{month:0>2}-{day:0>2}{time}{'Z' if text.endswith('Z') and time else ''}"


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
        moment = datetime.fromisoformat(iso_of(text)).replace(tzinfo=None)
        begin, end = datetime(moment.year, 1, 1), datetime(moment.year, 12, 31, 23, 59, 59, 999999)
        return moment.year + round((moment - begin) / (end - begin), 3)
    return None


def numbers_or_years(column: pl.Series) -> pl.Series:
    """Read a column of numbers or dates, null where it is neither; see `number_or_year`."""
    numbers = column.str.strip_chars().cast(pl.Float64, strict=False)
    if numbers.null_count() == column.null_count():
        return numbers
    return column.map_elements(number_or_year, return_dtype=pl.Float64)
