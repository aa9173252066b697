"""What a column holds."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property

import polars as pl

from model.data.proposal.names import tells
from model.data.reading.times import seconds_since_epoch
from model.features.numbers_as_text import number_or_year

_MOST = 0.98
"""Share of the values that must be of a type: a few may be wrong."""
_LATEST = 4e9
_SINCE_1990 = 6.3e8
_DATE = re.compile(r"\s*(\d{4}[-/]\d\d?[-/]\d\d?|\d\d?\.\d\d?\.\d{4})")
_SIGNED = (
    r"^[+-]?([$€£¥]|USD|EUR|GBP|CHF|JPY)?\s?[+-]?\d+([.,'\s\u{a0}\u{202f}]\d+)*"
    r"\s?(%|[$€£¥]|USD|EUR|GBP|CHF|JPY|kr|zł)?$"
)
"""A price, a share, or a number of parted thousands."""
_LOOKED_AT = 20_000
_MOST_RATING = 10
_COUNTS_SPREAD = 5
_RATINGS = (-100, 100)
_MOST_DIFFERENT = 101


@dataclass(frozen=True)
class Column:
    """A column of a file, as text.

    Attributes:
        name: Its name.
        values: Its values.
    """

    name: str
    values: pl.Series

    @property
    def is_list(self) -> bool:
        """Tell whether each cell is a list."""
        return isinstance(self.values.dtype, pl.List)

    @cached_property
    def known(self) -> pl.Series:
        """The values that are not empty, each cell's of a list one after the other."""
        flat = self.values.explode() if self.is_list else self.values
        text = flat.cast(pl.String).str.strip_chars()
        return text.filter(text.is_not_null() & (text != ""))

    @cached_property
    def distinct(self) -> int:
        """How many different values there are."""
        return self.known.n_unique()

    @cached_property
    def numbers(self) -> pl.Series | None:
        """The values as numbers; None if they are none."""
        numbers = self.known.cast(pl.Float64, strict=False)
        numbers = numbers.filter(numbers.is_finite() & numbers.is_not_null())
        return numbers if len(numbers) and len(numbers) >= _MOST * len(self.known) else None

    @cached_property
    def signed(self) -> str | None:
        """The first of values that are numbers but for their signs: `$5`, `12 %` or `1,299`."""
        if self.numbers is not None or not len(self.known):
            return None
        if float(self.known.str.contains(_SIGNED).mean() or 0) < _MOST:  # type: ignore[arg-type]  # a share
            return None
        plain = self.known.cast(pl.Float64, strict=False)
        first: str = self.known.filter(plain.is_null())[0]
        return first

    @cached_property
    def is_whole(self) -> bool:
        """Tell whether all values are whole numbers."""
        return self.numbers is not None and bool((self.numbers == self.numbers.round()).all())

    @cached_property
    def is_date(self) -> bool:
        """Tell whether the values are dates."""
        some = self.known.head(_LOOKED_AT)
        if not len(some) or not _DATE.match(some[0]):
            return False
        return sum(number_or_year(text) is not None for text in some) >= _MOST * len(some)

    @cached_property
    def is_time(self) -> bool:
        """Tell whether the values are moments of the last decades."""
        if self.is_date:
            return True
        seconds = seconds_since_epoch(self.known.head(_LOOKED_AT)).drop_nulls()
        share = ((seconds > _SINCE_1990) & (seconds < _LATEST)).mean()
        return isinstance(share, float) and share >= _MOST

    @cached_property
    def words(self) -> float:
        """Mean number of words of a value."""
        count = self.known.head(_LOOKED_AT).str.split(" ").list.len().mean()
        return float(count) if isinstance(count, int | float) else 0.0

    def looks_like_counts(self) -> bool:
        """Tell numbers of plays or purchases from ratings: whole, many, and most of them small."""
        numbers = self.numbers
        if numbers is None or not self.is_whole or float(numbers.min() or 0) < 0:  # type: ignore[arg-type]
            return False
        highest, middle = float(numbers.max() or 0), float(numbers.median() or 0)  # type: ignore[arg-type]
        return highest > _MOST_RATING and highest > _COUNTS_SPREAD * max(middle, 1)

    def looks_like_ratings(self) -> bool:
        """Tell numbers that may be ratings, whatever they are called: few, or of a short scale."""
        numbers = self.numbers
        is_else = tells(self.name, "other") or (tells(self.name, "event") and self.distinct > 2)
        if numbers is None or is_else:
            return False
        low, high = float(numbers.min() or 0), float(numbers.max() or 0)  # type: ignore[arg-type]
        if low < _RATINGS[0] or high > _RATINGS[1]:
            return False
        return self.distinct <= _MOST_DIFFERENT or (not self.is_whole and high <= _MOST_RATING)
