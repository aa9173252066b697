"""The items that can be recommended: ids, titles, attributes, and filters over them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt
import polars as pl

from model.arrays import Int64Array
from model.catalogue.id_index import index_of_ids
from model.catalogue.number_range import NumberRange
from model.catalogue.postings import PostingLists, shown
from model.data.dataset import Dataset
from model.errors import UnknownFeatureError
from model.evidence import EvidenceScores
from model.features.kinds import KINDS, FeatureKind
from model.features.registry import kind_of_column
from model.features.values import AttributeValue

_FIXED = ("item_id", "title", "discrimination", "popularity", "score")
_ATTRIBUTE = "attribute."
_MOST_LISTED = 50_000
"""Items whose ids are kept as a list too: small beside the rest, and far faster to look up."""


@dataclass(frozen=True)
class ItemRecord:
    """What clients are shown of an item.

    Attributes:
        item_id: External id.
        title: Title; the id where the data set has none.
        attributes: The known attributes.
    """

    item_id: str
    title: str
    attributes: dict[str, AttributeValue]


class ItemTable:
    """Rows of items, with their evidence scores.

    Args:
        table: Columns `item_id`, `title`, `discrimination`, `popularity`, `score`, and
            `attribute.NAME` for each attribute.
        kinds: Attribute → kind of feature; of others the types of their columns tell.
        postings: Those of a shorter table that this one begins with; new ones if None.

    Raises:
        ValueError: If a column is missing, or of another type or kind of values.
    """

    def __init__(
        self,
        table: pl.DataFrame,
        kinds: Mapping[str, FeatureKind] | None = None,
        postings: PostingLists | None = None,
    ) -> None:
        missing = [name for name in _FIXED if name not in table.columns]
        if missing:
            raise ValueError(f"the catalogue has no column {', '.join(missing)}")
        for name, dtype in table.schema.items():
            if not _is_usable(table.get_column(name)):
                raise ValueError(f"the catalogue's column {name!r} holds {dtype} it can't hold")
        # In one piece: to look rows up in a column of several would put it together each time.
        self.table = table = table.rechunk()
        self.attribute_names = tuple(
            name.removeprefix(_ATTRIBUTE) for name in table.columns if name.startswith(_ATTRIBUTE)
        )
        self.kinds = {
            name: kind_of_column(table.schema[_ATTRIBUTE + name], (kinds or {}).get(name))
            for name in self.attribute_names
        }
        self.postings = PostingLists() if postings is None else postings
        self._is_continued = False
        self._numbers: dict[str, npt.NDArray[np.float64]] = {}
        self.evidence = EvidenceScores(
            *(
                table.get_column(name).to_numpy().astype(np.float32)
                for name in ("discrimination", "popularity", "score")
            )
        )
        if not np.isfinite(self.evidence.score).all():
            raise ValueError("the catalogue has evidence scores that are not finite")

    def __len__(self) -> int:
        return len(self.table)

    @property
    def attribute_types(self) -> dict[str, pl.DataType]:
        """Attribute → type of its column."""
        return {name: self.table.schema[_ATTRIBUTE + name] for name in self.attribute_names}

    @staticmethod
    def column_of(name: str) -> str:
        """Return the column of an attribute."""
        return _ATTRIBUTE + name

    @property
    def item_ids(self) -> pl.Series:
        """External ids."""
        return self.table.get_column("item_id")

    def ids(self, index: Int64Array) -> list[str]:
        """Return the external ids of some items."""
        listed = self._listed_ids
        if listed is None:
            return self.item_ids.gather(index).to_list()
        return [listed[one] for one in index.tolist()]

    @cached_property
    def _listed_ids(self) -> list[str] | None:
        return self.item_ids.to_list() if len(self) <= _MOST_LISTED else None

    @property
    def titles(self) -> pl.Series:
        """One an item."""
        return self.table.get_column("title")

    def attributes(self, index: int) -> dict[str, AttributeValue]:
        """Return an item's known attributes; numbers that are whole are integers."""
        return self.records([index])[0].attributes

    def records(self, index: Sequence[int]) -> list[ItemRecord]:
        """Return what clients are shown of some items.

        Args:
            index: Internal item indices.

        Returns:
            One record each, in that order.
        """
        names = self.attribute_names
        return [
            ItemRecord(
                item_id,
                title,
                {
                    name: shown(value)
                    for name, value in zip(names, values, strict=True)
                    if value is not None and value != []
                },
            )
            for item_id, title, *values in self._shown_columns[list(index)].iter_rows()
        ]

    def features(self, names: Sequence[str]) -> pl.DataFrame:
        """Return every item's values of some features, as an encoder takes them.

        Args:
            names: Attributes; a name that is none is a feature made of the title.

        Returns:
            One column a feature.
        """
        # Where there was no title its id is shown, but the estimator knows of none.
        title = pl.when(pl.col("title") != pl.col("item_id")).then(pl.col("title"))
        return self.table.select(
            (pl.col(_ATTRIBUTE + name) if name in self.attribute_names else title).alias(name)
            for name in names
        )

    def matching(self, filters: Mapping[str, Sequence[str]]) -> Int64Array | None:
        """Find the items that have, for every attribute named, one of the values given.

        Args:
            filters: Attribute → accepted values, as text; of numbers also ranges, see
                `NumberRange`. A category that no item has matches nothing.

        Returns:
            Internal item indices in ascending order; None, which is all, without a filter.

        Raises:
            UnknownFeatureError: If an attribute does not exist.
            FilterValueError: If what is given for a number is no number and no range.
        """
        found: Int64Array | None = None
        for name, accepted in filters.items():
            if name not in self.attribute_names:
                raise UnknownFeatureError(name, self.attribute_names)
            if self.kinds[name].is_quantity:
                mine = self._in_ranges(name, accepted)
            else:
                mine = self.postings.find(name, self.table.get_column(_ATTRIBUTE + name), accepted)
            found = mine if found is None else np.intersect1d(found, mine, assume_unique=True)
        return found

    def continued(self, more: pl.DataFrame) -> ItemTable:
        """Return the table with more rows at its end.

        Args:
            more: Columns as of this table.

        Returns:
            A longer table. The first shares what was found out of this one's values, for two that
            go on differently can't.
        """
        shared = None if self._is_continued else self.postings
        self._is_continued = True
        return ItemTable(pl.concat([self.table, more]), self.kinds, shared)

    @cached_property
    def _shown_columns(self) -> pl.DataFrame:
        return self.table.select(
            "item_id", "title", *(_ATTRIBUTE + name for name in self.attribute_names)
        )

    def _in_ranges(self, name: str, accepted: Sequence[str]) -> Int64Array:
        """Find the items whose number lies in a range."""
        column = self.table.get_column(_ATTRIBUTE + name)
        values = self._numbers.get(name)
        if values is None:
            values = self._numbers[name] = column.cast(pl.Float64).fill_null(np.nan).to_numpy()
        ranges = [NumberRange.parse(text) for text in accepted]
        return np.flatnonzero(np.any([one.holds(values) for one in ranges], axis=0))


class Catalogue(ItemTable):
    """The items of a bundle, in internal order.

    Attributes:
        index_of: External id → internal index.

    Args:
        table: As `ItemTable` takes it.
        kinds: As `ItemTable` takes them.

    Raises:
        ValueError: If a column is missing or an id stands twice.
    """

    index_of: Mapping[str, int]

    def __init__(self, table: pl.DataFrame, kinds: Mapping[str, FeatureKind] | None = None) -> None:
        super().__init__(table, kinds)
        self.index_of = index_of_ids(table.get_column("item_id"))

    @classmethod
    def of_dataset(cls, dataset: Dataset, evidence: EvidenceScores) -> Catalogue:
        """Take the items of a data set; the title is no attribute as well."""
        title = dataset.description.items_table.title
        attributes = {
            f"{_ATTRIBUTE}{column.name}": column
            for column in dataset.item_features.iter_columns()
            if column.name != title
        }
        return cls(
            pl.DataFrame(
                {
                    "item_id": dataset.item_ids,
                    "title": dataset.titles,
                    "discrimination": evidence.discrimination,
                    "popularity": evidence.popularity,
                    "score": evidence.score,
                    **attributes,
                }
            ),
            dataset.item_feature_kinds,
        )


def _is_usable(column: pl.Series) -> bool:
    """Tell whether a column of an item table is of its type, without what JSON can't hold."""
    dtype, is_text = column.dtype, column.dtype == pl.String
    if column.name in {"item_id", "title"}:
        return is_text and not column.has_nulls()
    if dtype.is_numeric():
        finite = bool(column.is_finite().all())
        return finite and not (column.name in _FIXED and column.has_nulls())
    return column.name not in _FIXED and any(kind.holds(dtype) for kind in KINDS.values())
