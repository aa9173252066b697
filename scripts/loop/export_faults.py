"""Whether a table of an export is as `melu export-feedback` writes it: files come from anywhere."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson
import polars as pl

from model.catalogue.identifiers import is_valid_id

_BETWEEN = "/"  # the ids of a comparison
_NEVER_EMPTY = ("user_id", "item_id", "weight", "at", "created_at", "updated_at", "deleted")


def fault_of(table: pl.DataFrame, schema: Mapping[str, Any]) -> str | None:
    """Find what is wrong with a table.

    Args:
        table: As it was read.
        schema: Column → type, as an export has them.

    Returns:
        What is wrong, in words; None if nothing is.
    """
    for name, kind in schema.items():
        if name not in table.columns:
            return f"there is no column {name!r}"
        if table.schema[name] != kind:
            return f"{name!r} is {table.schema[name]}, not {kind}"
        if name in _NEVER_EMPTY and table.get_column(name).has_nulls():
            return f"{name!r} is empty in a row"
    for name in ("user_id", "item_id"):
        if name in schema:
            for text in table.get_column(name).unique():
                # Feedback is on one item, or on those that are compared.
                parts = text.split(_BETWEEN) if "rating" in schema and name == "item_id" else [text]
                if not all(map(is_valid_id, parts)):
                    return f"{text!r} in {name!r} is no id"
    if "weight" in schema:
        # NaN is above all numbers to Polars, and so no fault of the first kind.
        weight, rating, action = pl.col("weight"), pl.col("rating"), pl.col("action")
        if table.filter((weight < 0) | ~weight.is_finite()).height:
            return "a weight is negative, or no number"
        if table.filter(rating.is_null() == action.is_null()).height:
            return "a row has not either a rating or an action"
    if "attributes" in schema and not all(map(_is_object, table.get_column("attributes"))):
        return "'attributes' is no JSON object in a row"
    return None


def _is_object(text: str | None) -> bool:
    try:
        return not text or isinstance(orjson.loads(text), dict)
    except orjson.JSONDecodeError:
        return False
