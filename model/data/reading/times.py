"""Times as files have them: numbers since the epoch, or dates."""

from __future__ import annotations

import re
from datetime import UTC, datetime

import polars as pl

from model.features.numbers_as_text import iso_of

_UNITS = ((1e17, 1e9), (1e14, 1e6), (1e11, 1e3))
"""From which magnitude on a number is no count of seconds: the year 5138."""
_SINCE_1990 = 6.3e8
_NANOSECONDS = 1e17
_DIGITS = r"^(19|20)\d\d(0[1-9]|1[0-2])(0[1-9]|[12]\d|3[01])$"
_SLASHED = re.compile(r"(\d{1,2})/(\d{1,2})/(\d{4})(\D.*)?")
_MONTHS = 12
TIME = "is no time: seconds or milliseconds since 1970, or a date such as 2026-01-31 12:00:00"


def seconds_since_epoch(column: pl.Series) -> pl.Series:
    """Read a column of times.

    Args:
        column: Text; all numbers, whose size tells whether they are seconds, or milli-, micro- or
            nanoseconds; or dates, of which what names no zone is UTC: ISO 8601, `20260131`,
            `2026/01/31`, `31.01.2026`, and `1/31/2026` where the column tells days from months.

    Returns:
        Seconds, null where the text is no time.
    """
    text = column.str.strip_chars()
    known = text.drop_nulls()
    if len(known) and 2 * known.str.contains(_DIGITS).sum() > len(known):
        return text.map_elements(_moment, return_dtype=pl.Float64)
    numbers = _numbers(text)
    count = len(numbers.drop_nulls())
    if count == 0 or 2 * count < len(known):
        return _dated(text)
    size = pl.col("number").abs()
    unit = pl.lit(1.0)
    for least, divisor in reversed(_UNITS):
        unit = pl.when(size >= least).then(divisor).otherwise(unit)
    # A small number among milliseconds is an early one, unless as seconds it is of these days.
    used = pl.when(size / unit >= _SINCE_1990).then(unit).otherwise(unit.max())
    # Whole microseconds first: double precision can't tell nanoseconds apart.
    whole = pl.col("whole")
    exact = pl.when(whole.abs() >= _NANOSECONDS).then((whole // 1000) / 1e6)
    table = pl.DataFrame({"number": numbers, "whole": text.cast(pl.Int64, strict=False)})
    seconds = pl.coalesce(exact, pl.col("number") / used)
    return table.select(seconds.alias(column.name)).to_series()


def nanoseconds_beyond(column: pl.Series) -> pl.Series:
    """Return how many nanoseconds a time has beyond its last microsecond, which seconds lack.

    Args:
        column: See `seconds_since_epoch`.

    Returns:
        0 to 999.
    """
    text = column.str.strip_chars()
    whole = text.cast(pl.Int64, strict=False)
    is_counted = (whole.abs() >= _NANOSECONDS).fill_null(value=False)
    fraction = text.str.extract(r":\d\d[.,]\d{6}(\d{1,3})").str.pad_end(3, "0")
    return (whole % 1000).zip_with(is_counted, fraction.cast(pl.Int64)).fill_null(0)


def _numbers(text: pl.Series) -> pl.Series:
    numbers = text.cast(pl.Float64, strict=False)
    return numbers.set(~numbers.is_finite().fill_null(value=False), None)


def _dated(text: pl.Series) -> pl.Series:
    """Read dates; of 1/31/2026 the column tells which of the two is the day, or it is no date."""
    slashed = [found for one in text.drop_nulls() if (found := _SLASHED.fullmatch(one))]
    day_first = any(int(found[1]) > _MONTHS for found in slashed)
    month_first = any(int(found[2]) > _MONTHS for found in slashed)
    if day_first == month_first:
        return text.map_elements(_moment, return_dtype=pl.Float64)

    def read(one: str) -> float | None:
        found = _SLASHED.fullmatch(one)
        if found is None:
            return _moment(one)
        first, second, year, rest = found.groups()
        day, month = (first, second) if day_first else (second, first)
        return _moment(f"{day}.{month}.{year}{rest or ''}")

    return text.map_elements(read, return_dtype=pl.Float64)


def _moment(text: str) -> float | None:
    try:
        moment = datetime.fromisoformat(iso_of(text))
    except ValueError:
        return None
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
