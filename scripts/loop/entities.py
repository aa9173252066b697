"""Users and items of the training data, with what the store knows newer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import orjson
import polars as pl

from model.errors import FeatureValueError
from model.features.kinds import FeatureKind

_ID = "id"


def merged_entities(
    ids: Sequence[str],
    features: pl.DataFrame,
    newer: Mapping[str, Mapping[str, Any]],
    kinds: Mapping[str, FeatureKind],
) -> tuple[list[str], pl.DataFrame]:
    """Put newer attributes over those of the data, value by value, and new rows behind them.

    Args:
        ids: Of the data's rows.
        features: Their typed features.
        newer: Id → attributes; what the data have no feature for, or what does not fit it, is
            left out.
        kinds: Feature → kind.

    Returns:
        Ids and features.
    """
    # Features by number: their names may be any.
    numbered = {f"{place}": name for place, name in enumerate(kinds)}
    before = features.select(pl.col(name).alias(at) for at, name in numbered.items())
    table = pl.concat(
        [pl.DataFrame({_ID: pl.Series(ids, dtype=pl.String)}), before], how="horizontal"
    )
    columns = {_ID: pl.Series(list(newer), dtype=pl.String)}
    for at, name in numbered.items():
        values = [_fitting(kinds[name], attributes.get(name)) for attributes in newer.values()]
        columns[f"new {at}"] = pl.Series(values, dtype=features.schema[name], strict=False)
    joined = table.join(
        pl.DataFrame(columns), on=_ID, how="full", coalesce=True, maintain_order="left_right"
    )
    merged = joined.select(
        pl.coalesce(f"new {at}", at).alias(name) for at, name in numbered.items()
    )
    return joined.get_column(_ID).to_list(), merged


def attributes_of(text: str | None) -> dict[str, Any]:
    """Read attributes as an export has them; what is none counts as empty."""
    found = orjson.loads(text) if text else {}
    return found if isinstance(found, dict) else {}


def _fitting(kind: FeatureKind, value: Any) -> Any:  # noqa: ANN401 - whatever the store holds
    if value is None:
        return None
    try:
        fitting = kind.coerce_live(value)
    except FeatureValueError:
        return None
    return None if fitting == [] else fitting
