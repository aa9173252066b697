"""What kind of feature a column is."""

from __future__ import annotations

import re
from dataclasses import dataclass

import polars as pl

from model.catalogue.bounds import MAX_LIST, MAX_TEXT
from model.data.proposal.columns import Column
from model.data.proposal.names import names_a_row, tells
from model.features.kinds import CATEGORIES, CATEGORY, NUMBER, TEXT, FeatureKind

_SEPARATORS = ("|", ";", ", ", ",", "/")
_FEW = 50
_TEXT_WORDS = 3.5
_LONE_SHARE = 0.9
_LIST_SHARE = 0.2
_NUMBERS = 12
_INDEX = re.compile(r"|Unnamed: \d+|__index_level_\d+__")
_CODE = r"^0\d+$"
"""Of post codes and the like, which are no quantities."""


@dataclass(frozen=True)
class ProposedFeature:
    """A column as a feature.

    Attributes:
        name: Of the column.
        kind: How it is read.
        reason: Why.
        separator: Of several values, if it is not the usual one.
    """

    name: str
    kind: FeatureKind
    reason: str
    separator: str | None = None


def proposed_feature(column: Column, *, of_users: bool) -> ProposedFeature | str:
    """Tell what feature a column is.

    Args:
        column: The column.
        of_users: Whether it describes people.

    Returns:
        The feature, or the reason why it is none.
    """
    if column.distinct < 2:
        return "holds fewer than two different values"
    if _INDEX.fullmatch(column.name) and column.is_whole and column.distinct == len(column.known):
        return "is the number of the row, as pandas writes its index"
    tells_who = any(tells(column.name, what) for what in ("private", "title"))
    if of_users and tells_who and column.distinct > _FEW:
        return "tells who somebody is, not what they like"
    if tells(column.name, "rating") and column.numbers is not None and not of_users:
        return "seems to be made of ratings, which a new item has none of"
    if names_a_row(column.name) and column.distinct > _LONE_SHARE * len(column.known):
        return "names each row by itself"
    if tells(column.name, "link") and not column.is_list:
        return "is an address"
    if column.is_list and column.numbers is not None and not column.is_whole:
        return "holds lists of numbers, which no kind of feature is"
    if column.is_list:
        return ProposedFeature(column.name, CATEGORIES, "lists")
    if column.is_date:
        return ProposedFeature(column.name, NUMBER, "dates, read as years")
    if column.numbers is not None and not column.known.str.contains(_CODE).any():
        return _of_numbers(column)
    if column.signed is not None:
        return (
            f"holds numbers with signs or parted thousands, such as {column.signed!r}: write them "
            "as 1299.5 to use it"
        )
    longest = column.known.str.len_chars().max()
    if isinstance(longest, int) and longest > MAX_TEXT:
        return f"holds texts longer than {MAX_TEXT:,} characters"
    several = _separator(column)
    if several is not None:
        return ProposedFeature(
            column.name, CATEGORIES, f"several values, parted by {several!r}", several
        )
    if column.words >= _TEXT_WORDS and column.distinct > _FEW:
        return ProposedFeature(column.name, TEXT, f"{column.words:.0f} words on average")
    if column.distinct > _FEW and column.distinct > _LONE_SHARE * len(column.known):
        if column.words > 1.5:
            return ProposedFeature(column.name, TEXT, "hardly any text stands twice")
        return "names each row by itself"
    return ProposedFeature(column.name, CATEGORY, f"{column.distinct:,} values")


def _of_numbers(column: Column) -> ProposedFeature | str:
    if column.is_whole and column.distinct > _FEW and column.distinct == len(column.known):
        return "names each row by a number of its own"
    if column.distinct >= _NUMBERS or not column.is_whole:
        numbers = column.known.cast(pl.Float64, strict=False)
        others = column.known.filter(~numbers.is_finite().fill_null(value=False))
        reason = f"{column.distinct - others.n_unique():,} numbers"
        if len(others):
            reason += (
                f", and {len(others):,} such as {others[0]!r}, whose rows are refused unless "
                "--skip-bad-rows is given"
            )
        return ProposedFeature(column.name, NUMBER, reason)
    return ProposedFeature(column.name, CATEGORY, f"only {column.distinct} numbers")


def _separator(column: Column) -> str | None:
    """Return what parts a cell's values: parts that stand in many cells, where cells do not."""
    for separator in _SEPARATORS:
        parted = column.known.str.split(separator)
        share = (parted.list.len() > 1).mean()
        if not isinstance(share, float) or share < _LIST_SHARE:
            continue
        if (parted.list.len().max() or 0) > MAX_LIST:  # type: ignore[operator]  # of lengths
            continue
        parts = parted.explode().str.strip_chars()
        words = parts.str.split(" ").list.len().mean()
        repeats = parts.n_unique() < min(column.distinct, len(parts) / 2)
        if repeats and isinstance(words, float) and words < _TEXT_WORDS:
            return separator
    return None
