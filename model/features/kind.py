"""What a kind of feature is asked."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np
import polars as pl
import scipy.sparse as sparse

from model.arrays import BoolArray, Float64Array
from model.errors import FeatureValueError
from model.features.values import AttributeValue, FeatureValue

if TYPE_CHECKING:
    from model.features.encoder import FeatureEncoder

_EXAMPLES = 4


@dataclass(frozen=True)
class Refusal:
    """Rows of a table whose value is none of the kind.

    Attributes:
        rows: Marks them; unknown is not marked.
        problem: What is wrong with them, to be read after the column's name.
        is_value_told: Whether an error quotes the values.
    """

    rows: pl.Series
    problem: str
    is_value_told: bool = False


@dataclass(frozen=True)
class ReadColumn:
    """A column of a file as a kind reads it.

    Attributes:
        values: Typed; null where a cell is empty or no value.
        refusals: In the order in which they are told; of a row the first one.
    """

    values: pl.Series
    refusals: tuple[Refusal, ...] = ()


@dataclass(frozen=True)
class ColumnSummary:
    """What `melu describe` tells of a column.

    Attributes:
        distinct: Different values.
        unknown: Share of the rows without one, 0 to 1.
        examples: Some values, or their range.
    """

    distinct: int
    unknown: float
    examples: str


class FeatureKind(ABC):
    """How values of one kind are read, encoded, compared and told; see `docs/data.md`.

    A kind has no state: there is one object of each, in `KINDS`.
    """

    name: ClassVar[str]
    """In `dataset.toml`, in bundles and in answers."""
    takes_lists: ClassVar[bool] = False
    """Whether a cell may be a list, where the format of the file has lists."""
    has_words: ClassVar[bool] = False
    """Whether the values are words of a free text."""
    is_quantity: ClassVar[bool] = False
    """Whether values are numbers that have an order and a distance: filters name ranges of them."""
    unseen_note: ClassVar[str] = "training never saw this value, so it counts as unknown"
    """What a client is told of such a value."""

    user_minimum_count: ClassVar[int] = 10
    """Users that must have a value for it to be known: one of few would stand for their name."""
    content_minimum_count: ClassVar[int] = 2
    """Items that must have a value for it to be content: one of a single item tells of no other."""
    has_content_rows: ClassVar[bool] = True
    """Whether `content_rows` are learnt from; else the relevance network is shown the slots."""
    content_width: ClassVar[int | None] = None
    """Columns that content rows are reduced to; None where they mark the values themselves."""
    taste_weight: ClassVar[float] = 0.5
    """How much it says about who likes an item."""
    quality_weight: ClassVar[float] = 0.1
    """How much it says about how good an item is."""

    def __eq__(self, other: object) -> bool:
        # Another process has objects of its own.
        return type(self) is type(other)

    def __hash__(self) -> int:
        return hash(self.name)

    @property
    @abstractmethod
    def encoder(self) -> type[FeatureEncoder]:
        """The class of its fitted encoders."""

    @abstractmethod
    def read_column(self, column: pl.Series, separator: str) -> ReadColumn:
        """Read the cells of a file.

        Args:
            column: Text, or lists of text where the kind takes lists.
            separator: What parts several values.

        Returns:
            The values, and which rows can't be taken.
        """

    @abstractmethod
    def holds(self, dtype: pl.DataType) -> bool:
        """Tell whether a column of typed values may have this type."""

    def flat(self, values: pl.Series) -> pl.Series:
        """Return every single value of a typed column."""
        return values

    def unknown(self, values: pl.Series) -> pl.Series:
        """Mark the rows of a typed column without a value."""
        return values.is_null()

    def summarise(self, values: pl.Series) -> ColumnSummary:
        """Describe a typed column by its size and its most common values."""
        known = self._counted(values)
        common = known.value_counts(sort=True).get_column(known.name).head(_EXAMPLES)
        return ColumnSummary(
            known.n_unique(), self._unknown_share(values), ", ".join(map(str, common))
        )

    @abstractmethod
    def fit(self, column: pl.Series, minimum_count: int) -> FeatureEncoder:
        """Learn an encoder.

        Args:
            column: Typed values.
            minimum_count: Rows that must hold a value for it to be known.

        Returns:
            The encoder.
        """

    def parts(self, value: FeatureValue) -> list[str]:
        """Part a value into those that a vocabulary has slots for.

        Args:
            value: As a data set or a client gives it; None and the empty text are unknown.

        Returns:
            Texts; none of an unknown value.

        Raises:
            FeatureValueError: If the value is of another type.
        """
        return [] if value is None or value == "" else self._parts(value)

    def coerce_live(self, value: AttributeValue) -> AttributeValue:
        """Bring what a client sent into the form of a typed column.

        Args:
            value: Of JSON.

        Returns:
            The value; None, or an empty list, for an unknown one.

        Raises:
            FeatureValueError: If it is no value of the kind.
        """
        return None if value is None or value == "" else self._coerced(value)

    def cell_as_json(self, cell: str, separator: str) -> AttributeValue:  # noqa: ARG002 - others need it
        """Turn a cell of a table into what a client sends; what is no value stays as it is.

        Args:
            cell: Text without blanks around it.
            separator: What parts several values.

        Returns:
            The value; None, an empty text or an empty list for an unknown one.
        """
        return cell

    def content_value_weights(
        self,
        counts: sparse.csr_matrix,
        known: BoolArray,  # noqa: ARG002 - others need it
    ) -> Float64Array:
        """Learn how much each value tells.

        Args:
            counts: How often each item has each value, shape [items, values].
            known: Items to learn from, shape [items].

        Returns:
            For `content_rows`, shape [values].
        """
        return np.ones(counts.shape[1])

    def content_rows(
        self,
        counts: sparse.csr_matrix,
        value_weights: Float64Array,  # noqa: ARG002 - others need it
    ) -> sparse.csr_matrix:
        """Turn counts of values into rows whose products tell how alike items are.

        Args:
            counts: Shape [rows, values].
            value_weights: Shape [values].

        Returns:
            Shape [rows, values]; by default 1/√n at each of a row's n values.
        """
        return scaled_rows(counts, 1 / np.sqrt(np.maximum(counts.getnnz(1), 1)))

    def _counted(self, values: pl.Series) -> pl.Series:
        """Every single known value of a typed column, as often as it counts."""
        return self.flat(values).drop_nulls()

    def _unknown_share(self, values: pl.Series) -> float:
        return float(self.unknown(values).fill_null(value=True).to_numpy().mean())

    def _parts(self, value: FeatureValue) -> list[str]:
        raise FeatureValueError(f"{value!r} has no parts")

    def _coerced(self, value: AttributeValue) -> AttributeValue:
        """Bring a known value into the form of a column of text."""
        if isinstance(value, str):
            return value.strip() or None
        if isinstance(value, int | float) and not isinstance(value, bool):
            return str(int(value)) if float(value).is_integer() else str(value)
        raise FeatureValueError("expected one value")


def scaled_rows(rows: sparse.csr_matrix, factor: Float64Array) -> sparse.csr_matrix:
    """Multiply each row by its factor."""
    scaled: sparse.csr_matrix = sparse.diags_array(factor) @ rows
    return scaled
