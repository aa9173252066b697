"""Texts that programs write for an unknown value."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from model.data.id_advice import UNKNOWN_TEXTS
from model.data.proposal.columns import Column

_LEAST = 2


def texts_for_unknown(columns: Sequence[Column]) -> list[str]:
    """Return which of the usual texts for an unknown value stand in several cells of a table.

    Args:
        columns: Its columns.

    Returns:
        The texts, as `missing` in `dataset.toml` takes them. One cell alone may be a name.
    """
    found: Counter[str] = Counter()
    for column in columns:
        if not column.is_list:
            usual = column.known.filter(column.known.is_in(UNKNOWN_TEXTS))
            found.update(dict(usual.alias("text").value_counts().rows()))
    return [text for text in UNKNOWN_TEXTS if found[text] >= _LEAST]
