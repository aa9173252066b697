"""Typed columns as text, as a CSV would have them."""

from __future__ import annotations

import datetime
from decimal import Decimal
from typing import Any

import numpy as np
import polars as pl

from model.errors import DatasetError

_WHOLE = r"^\s*-?\d+(\.0+)?\s*$"
_FRACTION_OF_ZERO = r"\.0+\s*$"
_MOST_EXACT = float(2**53)


def column_as_text(column: pl.Series) -> pl.Series:
    """Return a column of Parquet as text, or as lists of text.

    NaN is unknown; a number that is whole is written as one; times are ISO.

    Args:
        column: The column.

    Returns:
        Of type text, or lists of text.

    Raises:
        DatasetError: If it holds what is neither text nor numbers, times, or lists of these.
    """
    kind = column.dtype
    if isinstance(kind, pl.List | pl.Array):
        return _lists(column)
    if kind.is_decimal():
        return _decimals(column.cast(pl.String))
    if kind.is_float():
        return _numbers(column)
    if kind == pl.Boolean:
        return column.cast(pl.String)
    if kind == pl.Datetime:
        if kind.time_zone is not None:  # type: ignore[attr-defined]  # narrowed by comparison
            column = column.dt.convert_time_zone("UTC")
        return column.dt.strftime("%Y-%m-%dT%H:%M:%S%.f")
    if kind.is_nested() or kind in (pl.Binary, pl.Object):
        raise DatasetError(
            f"{column.name!r} holds values of type {kind}; write them as text or numbers."
        )
    return column.cast(pl.String)


def _lists(column: pl.Series) -> pl.Series:
    kind = column.dtype
    assert isinstance(kind, pl.List | pl.Array)  # noqa: S101 - else nobody asks
    inner = column.cast(pl.List(kind.inner)) if isinstance(kind, pl.Array) else column
    parts = column_as_text(inner.explode())
    if parts.dtype != pl.String:
        raise DatasetError(f"{column.name!r} holds lists of lists; write one list of texts a row.")
    frame = pl.DataFrame({"row": range(len(column)), "list": inner})
    known = frame.explode("list").with_columns(list=parts).drop_nulls("list")
    grouped = known.group_by("row", maintain_order=True).agg("list")
    found = frame.select("row", is_null=pl.col("list").is_null()).join(
        grouped, on="row", how="left", maintain_order="left"
    )
    empty = pl.lit([], dtype=pl.List(pl.String))
    return (
        found.select(
            pl.when("is_null").then(None).otherwise(pl.col("list").fill_null(empty)).alias("list")
        )
        .to_series()
        .alias(column.name)
    )


def _decimals(column: pl.Series) -> pl.Series:
    """Write decimals without zeros at their end, all digits kept: they may be ids."""
    text = column.str.replace(r"(\.\d+?)0+$", "$1")
    return as_whole(text) if are_whole(text) else text


def _numbers(column: pl.Series) -> pl.Series:
    """Write floats with the fewest digits that tell them from others of their precision."""
    known = column.fill_nan(None)
    finite = known.drop_nulls()
    is_whole = bool(((finite == finite.round()) & (finite.abs() < _MOST_EXACT)).all())
    if is_whole:
        return known.cast(pl.Int64).cast(pl.String)
    if known.dtype == pl.Float16:  # whose 0.1 is 0.099975586 to Polars
        return known.cast(pl.Float64).map_elements(_half_as_text, return_dtype=pl.String)
    return known.cast(pl.String)


def _half_as_text(number: float) -> str:
    return np.format_float_positional(np.float16(number), trim="0")


def values_as_text(name: str, values: list[Any]) -> pl.Series:
    """Return values of JSON as text, or as lists of text; see `column_as_text`.

    Args:
        name: Of the column.
        values: The values.

    Returns:
        The column.

    Raises:
        DatasetError: If it holds objects.
    """
    if any(isinstance(value, list) for value in values):
        several = [
            None
            if value is None
            else [
                text
                for one in (value if isinstance(value, list) else [value])
                if (text := _text(name, one)) is not None
            ]
            for value in values
        ]
        return pl.Series(name, several, dtype=pl.List(pl.String))
    if all(
        isinstance(value, float | int | None) and not isinstance(value, bool) for value in values
    ):
        return pl.Series(name, _numbers_as_text(values), dtype=pl.String)
    return pl.Series(name, [_text(name, value) for value in values], dtype=pl.String)


def _numbers_as_text(values: list[float | int | None]) -> list[str | None]:
    """Write numbers of JSON as `_numbers` does; whole ones keep all digits, for they may be ids."""
    known = [value for value in values if value is not None]
    if all(float(value).is_integer() for value in known if isinstance(value, float)):
        return [None if value is None else str(int(value)) for value in values]
    return [
        None if value is None else str(value if abs(value) >= _MOST_EXACT else float(value))
        for value in values
    ]


def _text(name: str, value: object) -> str | None:
    if value is None:
        return None
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str | int | float | Decimal | datetime.date):
        return str(value)
    raise DatasetError(
        f"{name!r} holds {'objects' if isinstance(value, dict) else 'lists of lists'}; write their "
        "parts under names of their own."
    )


def whole_ids(column: pl.Series) -> pl.Series:
    """Write ids as whole numbers where all of them are: 3.0, as some programs write it, is 3.

    Of several files some may have 3.0 and others 3: programs write floats where one id is missing.
    """
    return as_whole(column) if have_fractions(column) and are_whole(column) else column


def are_whole(column: pl.Series) -> bool:
    """Tell whether all ids are whole numbers, be it with a fraction of 0."""
    known = column.drop_nulls()
    known = known.filter(known.str.strip_chars() != "")
    return bool(known.str.contains(_WHOLE).all())


def have_fractions(column: pl.Series) -> bool:
    """Tell whether any id ends with a fraction of 0."""
    return bool(column.str.contains(_FRACTION_OF_ZERO).any())


def as_whole(column: pl.Series) -> pl.Series:
    """Write ids that are whole without their fraction."""
    return column.str.strip_chars().str.replace(r"\.0+$", "")
