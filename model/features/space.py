"""The encoders of all features of users, or of items."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import numpy as np
import numpy.typing as npt
import polars as pl
from pydantic import BaseModel, ConfigDict

from model.errors import AttributeValueError, FeatureValueError, UnknownFeatureError
from model.features.encoded_table import UNKNOWN_SLOT, EncodedFeature, EncodedTable
from model.features.encoder import AnyEncoder, FeatureEncoder
from model.features.kinds import FeatureKind
from model.features.values import FeatureValue

Slots = Mapping[str, Sequence[int]]
"""Feature → the slots of one user's, or item's, value; one at least."""


class FeatureSpace(BaseModel):
    """The encoders of all features of users, or of items, in a fixed order."""

    model_config = ConfigDict(frozen=True)

    encoders: dict[str, AnyEncoder]

    @classmethod
    def fit(
        cls,
        table: pl.DataFrame,
        kinds: Mapping[str, FeatureKind],
        minimum_counts: Mapping[FeatureKind, int] | None = None,
        rows: npt.NDArray[np.int64] | None = None,
    ) -> FeatureSpace:
        """Learn encoders from the columns of a typed feature table.

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
                column.name: kinds[column.name].fit(
                    column if rows is None else column.gather(rows),
                    (minimum_counts or {}).get(kinds[column.name], 1),
                )
                for column in table.iter_columns()
            }
        )

    @property
    def kinds(self) -> dict[str, FeatureKind]:
        """Feature name → kind."""
        return {name: encoder.kind for name, encoder in self.encoders.items()}

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
            AttributeValueError: If a value does not fit its feature's kind.
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

    def usable_slots(self, record: Mapping[str, FeatureValue]) -> dict[str, list[int]]:
        """Encode one record as far as it can be.

        Args:
            record: Feature name → value. Features that are not in the space are passed over.

        Returns:
            As `slots`, with what does not fit its feature's kind for unknown.
        """
        return {name: encoder.usable(record.get(name)) for name, encoder in self.encoders.items()}

    def encode_table(self, table: pl.DataFrame) -> EncodedTable:
        """Encode the columns of a typed feature table, which must hold every feature."""
        return {
            name: _encode_column(encoder, table.get_column(name).to_list(), name)
            for name, encoder in self.encoders.items()
        }

    def unseen(self, record: Mapping[str, FeatureValue]) -> list[str]:
        """Name the features of `record` whose value training never saw."""
        return [name for name, value in record.items() if self.encoders[name].unseen(value)]


def _encode_column(
    encoder: FeatureEncoder, values: Sequence[FeatureValue], name: str
) -> EncodedFeature:
    try:
        bags = [encoder.encode(value) or [UNKNOWN_SLOT] for value in values]
    except FeatureValueError as error:
        raise AttributeValueError(name, str(error)) from error
    offsets = np.zeros(len(bags) + 1, dtype=np.int64)
    np.cumsum([len(bag) for bag in bags], out=offsets[1:])
    return EncodedFeature(
        np.fromiter((slot for bag in bags for slot in bag), np.int64, offsets[-1]), offsets
    )
