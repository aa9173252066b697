"""Columns that are in the names of folders: `event=view/part-0.parquet`, as Spark writes them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import PurePosixPath
from urllib.parse import unquote

import polars as pl

_UNKNOWN = "__HIVE_DEFAULT_PARTITION__"


def partitions_of(file: str) -> dict[str, str | None]:
    """Return what the folders that a file is in are called by.

    Args:
        file: Its name, from the folder of the data on.

    Returns:
        Column → the value of all rows; None where it is unknown.
    """
    pairs = [part.partition("=") for part in PurePosixPath(file).parts[:-1]]
    return {
        unquote(name): None if value == _UNKNOWN else unquote(value)
        for name, sign, value in pairs
        if name and sign
    }


def with_partitions(table: pl.DataFrame, values: Mapping[str, str | None]) -> pl.DataFrame:
    """Return a table with columns that have one value in all rows.

    Args:
        table: The rows.
        values: Column, which the table does not have → value.

    Returns:
        The table with them.
    """
    return table.with_columns(
        pl.repeat(value, table.height, dtype=pl.String, eager=True).alias(name)
        for name, value in values.items()
    )
