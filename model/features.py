"""Encode content features as embedding slots; slot 0 of every feature is *unknown*."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from typing import Annotated, Literal

import numpy as np
import numpy.typing as npt
import polars as pl
from pydantic import BaseModel, ConfigDict, Field

from model.data.description import FeatureKind
from model.errors import FeatureValueError, UnknownFeatureError

UNKNOWN_SLOT = 0
MAX_BINS = 16
_WORD = re.compile(r"\w+")

FeatureValue = str | float | Sequence[str] | None
"""A category, a number, several categories, or unknown."""


class Vocabulary(BaseModel):
    """The categories, or the words of a text, that training saw; value i has slot i + 1."""

    model_config = ConfigDict(frozen=True)

    kind: Literal[FeatureKind.CATEGORY, FeatureKind.CATEGORIES, FeatureKind.TEXT]
    values: tuple[str, ...]

    @property
    def slots(self) -> int:
        """Number of slots, the unknown one included."""
        return len(self.values) + 1

    @cached_property
    def _slot_of(self) -> dict[str, int]:
        return {value: i + 1 for i, value in enumerate(self.values)}

    def encode(self, value: FeatureValue) -> list[int]:
        """Return the slots of `value`; an empty list is unknown.

        Args:
            value: Text, or a sequence of text for `categories`.

        Returns:
            One slot for each value that training saw.

        Raises:
            FeatureValueError: If the value is of another type.
        """
        return [self._slot_of[text] for text in self._texts(value) if text in self._slot_of]

    def unseen(self, value: FeatureValue) -> bool:
        """Tell whether a part of `value` is one that training never saw."""
        return any(text not in self._slot_of for text in self._texts(value))

    def _texts(self, value: FeatureValue) -> list[str]:
        if value is None or value == "":
            return []
        if isinstance(value, str):
            return words(value) if self.kind is FeatureKind.TEXT else [value]
        if self.kind is FeatureKind.TEXT:
            raise FeatureValueError("expected a text")
        if self.kind is FeatureKind.CATEGORY:
            # Ids of categories are often numbers in a client's hands: 7 means "7".
            if isinstance(value, int | float) and not isinstance(value, bool):
                return [str(int(value)) if float(value).is_integer() else str(value)]
            raise FeatureValueError("expected one text")
        if isinstance(value, Sequence) and all(isinstance(part, str) for part in value):
            return list(value)
        raise FeatureValueError("expected a list of texts")


def words(text: str) -> list[str]:
    """Part a text into its words, in one case."""
    return _WORD.findall(text.casefold())


class NumberBins(BaseModel):
    """A number's quantile bins in the training data; bin i has slot i + 1.

    A number outside the range that training saw falls into the nearest bin.
    """

    model_config = ConfigDict(frozen=True)

    kind: Literal[FeatureKind.NUMBER]
    edges: tuple[float, ...]
    """Ascending inner borders; a number equal to a border belongs to the bin above it."""
    lowest: float
    highest: float

    @property
    def slots(self) -> int:
        """Number of slots, the unknown one included."""
        return len(self.edges) + 2

    def encode(self, value: FeatureValue) -> list[int]:
        """Return the slot of the bin that holds `value`; an empty list is unknown.

        Args:
            value: A finite number, or text that reads as one.

        Returns:
            A list of one slot, or of none.

        Raises:
            FeatureValueError: If the value is no finite number.
        """
        number = self._number(value)
        return [] if number is None else [bisect_right(self.edges, number) + 1]

    def unseen(self, value: FeatureValue) -> bool:
        """Tell whether `value` is outside the range that training saw."""
        number = self._number(value)
        return number is not None and not self.lowest <= number <= self.highest

    def _number(self, value: FeatureValue) -> float | None:
        if value is None or value == "":
            return None
        try:
            if isinstance(value, bool) or not isinstance(value, int | float | str):
                raise FeatureValueError("expected a number")
            number = float(value)
        except (ValueError, OverflowError) as error:
            raise FeatureValueError("expected a number") from error
        if not np.isfinite(number):
            raise FeatureValueError("expected a finite number")
        return number


FeatureEncoder = Annotated[Vocabulary | NumberBins, Field(discriminator="kind")]


class EncodedFeature:
    """One feature of many rows, as bags of slots in compressed rows.

    Args:
        slots: All rows' slots in order, shape [total].
        offsets: Row r owns `slots[offsets[r]:offsets[r + 1]]`, shape [rows + 1]. No row is
            empty: an unknown value is the bag of the unknown slot.
    """

    def __init__(self, slots: npt.NDArray[np.int64], offsets: npt.NDArray[np.int64]) -> None:
        self.slots = slots
        self.offsets = offsets

    def __len__(self) -> int:
        return len(self.offsets) - 1

    def rows(self, index: npt.NDArray[np.int64]) -> EncodedFeature:
        """Return the rows at `index`, in that order."""
        starts = self.offsets[index]
        lengths = self.offsets[index + 1] - starts
        offsets = np.concatenate([[0], np.cumsum(lengths)])
        within = np.arange(offsets[-1]) - np.repeat(offsets[:-1], lengths)
        return EncodedFeature(self.slots[np.repeat(starts, lengths) + within], offsets)

    def with_unknown(self, rows: npt.NDArray[np.bool_]) -> EncodedFeature:
        """Return a copy in which the marked rows are unknown (all their slots are slot 0)."""
        return EncodedFeature(
            np.where(np.repeat(rows, np.diff(self.offsets)), UNKNOWN_SLOT, self.slots),
            self.offsets,
        )


EncodedTable = dict[str, EncodedFeature]
"""Feature name → its encoded column; every column has the same rows."""


class FeatureSpace(BaseModel):
    """The encoders of all features of users, or of items, in a fixed order."""

    model_config = ConfigDict(frozen=True)

    encoders: dict[str, FeatureEncoder]

    @classmethod
    def fit(
        cls,
        table: pl.DataFrame,
        kinds: Mapping[str, FeatureKind],
        minimum_counts: Mapping[FeatureKind, int] | None = None,
        rows: npt.NDArray[np.int64] | None = None,
    ) -> FeatureSpace:
        """Learn vocabularies and bins from the columns of a typed feature table.

        Args:
            table: A column a feature.
            kinds: Feature name → kind, for every column at least.
            minimum_counts: Kind → rows that must hold a value for it to be known; 1 if left out.
            rows: The rows to learn from; all if None.

        Returns:
            One encoder a column.
        """
        return cls(
            encoders={
                column.name: _fit(
                    column if rows is None else column.gather(rows),
                    kinds[column.name],
                    (minimum_counts or {}).get(kinds[column.name], 1),
                )
                for column in table.iter_columns()
            }
        )

    @property
    def names(self) -> tuple[str, ...]:
        """Feature names in order."""
        return tuple(self.encoders)

    def encode(self, rows: Iterable[Mapping[str, FeatureValue]]) -> EncodedTable:
        """Encode records; a feature that a record lacks is unknown.

        Args:
            rows: Feature name → value, one mapping a row.

        Returns:
            The encoded columns.

        Raises:
            UnknownFeatureError: If a record names a feature that is not in the space.
            FeatureValueError: If a value does not fit its feature's kind.
        """
        records = list(rows)
        for record in records:
            for name in record:
                if name not in self.encoders:
                    raise UnknownFeatureError(name, self.names)
        return {
            name: _encode_column(encoder, [record.get(name) for record in records], name)
            for name, encoder in self.encoders.items()
        }

    def slots(self, record: Mapping[str, FeatureValue]) -> dict[str, list[int]]:
        """Encode one record of known features; one that it lacks is unknown.

        Args:
            record: Feature name → value.

        Returns:
            Feature name → slots, at least one each.

        Raises:
            FeatureValueError: If a value does not fit its feature's kind.
        """
        return {
            name: encoder.encode(record.get(name)) or [UNKNOWN_SLOT]
            for name, encoder in self.encoders.items()
        }

    def encode_table(self, table: pl.DataFrame) -> EncodedTable:
        """Encode the columns of a typed feature table, which must hold every feature."""
        return {
            name: _encode_column(encoder, table.get_column(name).to_list(), name)
            for name, encoder in self.encoders.items()
        }

    def unseen(self, record: Mapping[str, FeatureValue]) -> list[str]:
        """Name the features of `record` whose value training never saw."""
        return [name for name, value in record.items() if self.encoders[name].unseen(value)]


def _fit(column: pl.Series, kind: FeatureKind, minimum_count: int) -> Vocabulary | NumberBins:
    if kind is FeatureKind.NUMBER:
        return _fit_bins(column.drop_nulls().to_numpy())
    parts: Iterable[str]
    if kind is FeatureKind.TEXT:
        # A word that a text repeats counts once.
        parts = (word for text in column.drop_nulls() for word in set(words(text)))
    else:
        parts = (
            column.explode().drop_nulls() if kind is FeatureKind.CATEGORIES else column.drop_nulls()
        )
    counts = Counter(parts)
    values = (value for value, count in counts.items() if count >= minimum_count)
    return Vocabulary(kind=kind, values=tuple(sorted(values)))


def _fit_bins(numbers: npt.NDArray[np.float64]) -> NumberBins:
    if not len(numbers):
        return NumberBins(kind=FeatureKind.NUMBER, edges=(), lowest=0.0, highest=0.0)
    quantiles = np.quantile(numbers, np.linspace(0, 1, MAX_BINS + 1)[1:-1])
    # A border at the lowest value would leave the first bin empty.
    edges = np.unique(quantiles[quantiles > numbers.min()])
    return NumberBins(
        kind=FeatureKind.NUMBER,
        edges=tuple(edges.tolist()),
        lowest=float(numbers.min()),
        highest=float(numbers.max()),
    )


def _encode_column(
    encoder: Vocabulary | NumberBins, values: Sequence[FeatureValue], name: str
) -> EncodedFeature:
    try:
        bags = [encoder.encode(value) or [UNKNOWN_SLOT] for value in values]
    except FeatureValueError as error:
        raise FeatureValueError(f"feature {name!r}: {error}") from error
    offsets = np.zeros(len(bags) + 1, dtype=np.int64)
    np.cumsum([len(bag) for bag in bags], out=offsets[1:])
    return EncodedFeature(
        np.fromiter((slot for bag in bags for slot in bag), np.int64, offsets[-1]), offsets
    )
