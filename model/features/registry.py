"""All kinds of features by their names; nothing else lists them."""

from __future__ import annotations

from typing import Annotated, Any

import polars as pl
from pydantic import BeforeValidator, InstanceOf, PlainSerializer
from pydantic_core import PydanticCustomError

from model.features.kind import FeatureKind

KINDS: dict[str, FeatureKind] = {}
"""Name → kind, in the order in which they are told."""


def _named(value: Any) -> Any:  # noqa: ANN401 - before it is checked
    if isinstance(value, FeatureKind):
        return value
    if isinstance(value, str) and value in KINDS:
        return KINDS[value]
    *names, last = (repr(name) for name in KINDS)
    raise PydanticCustomError(
        "enum", "Input should be {expected}", {"expected": f"{', '.join(names)} or {last}"}
    )


Kind = Annotated[
    InstanceOf[FeatureKind],
    BeforeValidator(_named),
    PlainSerializer(lambda kind: kind.name, return_type=str),
]
"""A kind, which files write as its name."""


def kind_of_column(dtype: pl.DataType, told: FeatureKind | None) -> FeatureKind:
    """Tell the kind of a column; a bundle keeps those of the features that its preset uses.

    Args:
        dtype: The column's type.
        told: Its kind, if that is known.

    Returns:
        That, or the first kind that may have this type.
    """
    if told is not None and told.holds(dtype):
        return told
    return next(kind for kind in KINDS.values() if kind.holds(dtype))
