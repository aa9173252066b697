"""Times as files have them: numbers since the epoch, or ISO 8601."""

from __future__ import annotations

from datetime import UTC, datetime

import polars as pl

_UNITS = ((1e17, 1e9), (1e14, 1e6), (1e11, 1e3))
"""From which magnitude on a number is no count of seconds: the year 5138."""
TIME = "is no time: seconds or milliseconds since 1970, or a date such as 2026-01-31 12:00:00"


def seconds_since_epoch(column: pl.Series) -> pl.Series:
    """Read a column of times.

    Args:
        column: Text; all numbers, whose size tells whether they are seconds, or milli-, micro- or
            nanoseconds; or ISO 8601, of which what names no zone is UTC.

    Returns:
        Seconds, null where the text is no time.
    """
    text = column.str.strip_chars()
    numbers = text.cast(pl.Float64, strict=False)
    numbers = numbers.set(~numbers.is_finite().fill_null(value=False), None)
    known = numbers.drop_nulls()
    if len(known) == 0 or 2 * len(known) < len(text.drop_nulls()):
        return text.map_elements(_iso, return_dtype=pl.Float64)
    largest = float(known.abs().max() or 0)  # type: ignore[arg-type]  # of numbers it is one
    unit = next((divisor for least, divisor in _UNITS if largest >= least), 1.0)
    return numbers / unit


def _iso(text: str) -> float | None:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
