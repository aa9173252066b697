"""The items that can be recommended: ids, titles, attributes, and filters over them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from model.data.loading import Dataset
from model.errors import UnknownFeatureError
from model.evidence import EvidenceScores
from model.features import FeatureValue

AttributeValue = str | int | float | list[str] | None
Mask = npt.NDArray[np.bool_]

_FIXED = ("item_id", "title", "discrimination", "popularity", "score")
_ATTRIBUTE = "attribute."


class Catalogue:
    """Items in internal order, with their evidence scores.

    Args:
        table: Columns `item_id`, `title`, `discrimination`, `popularity`, `score`, and
            `attribute.NAME` for each attribute.

    Raises:
        ValueError: If a column is missing or an id stands twice.
    """

    def __init__(self, table: pl.DataFrame) -> None:
        missing = [name for name in _FIXED if name not in table.columns]
        if missing:
            raise ValueError(f"the catalogue has no column {', '.join(missing)}")
        self.table = table
        self.item_ids: list[str] = table.get_column("item_id").to_list()
        self.titles: list[str] = table.get_column("title").to_list()
        self.index_of: dict[str, int] = {id_: i for i, id_ in enumerate(self.item_ids)}
        if len(self.index_of) != len(self.item_ids):
            raise ValueError("an item id stands twice in the catalogue")
        self.attribute_names = tuple(
            name.removeprefix(_ATTRIBUTE) for name in table.columns if name.startswith(_ATTRIBUTE)
        )
        self.evidence = EvidenceScores(
            *(
                table.get_column(name).to_numpy().astype(np.float32)
                for name in ("discrimination", "popularity", "score")
            )
        )

    @classmethod
    def of_dataset(cls, dataset: Dataset, evidence: EvidenceScores) -> Catalogue:
        """Take the items of a data set; the title is no attribute as well."""
        title = dataset.description.items.title
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
            )
        )

    def __len__(self) -> int:
        return len(self.item_ids)

    def attributes(self, index: int) -> dict[str, AttributeValue]:
        """Return an item's known attributes.

        Args:
            index: Internal item index.

        Returns:
            Attribute → value; numbers that are whole are integers.
        """
        return {
            name: values[index]
            for name, values in self._attribute_values.items()
            if values[index] not in (None, [])
        }

    def features(self, names: Sequence[str]) -> list[dict[str, FeatureValue]]:
        """Return every item's values of some features, as an encoder takes them.

        Args:
            names: Attributes; a name that is none is a feature made of the title.

        Returns:
            One record an item.
        """
        # Where there was no title its id is shown, but the estimator knows of none.
        titles = [
            None if title == item_id else title
            for title, item_id in zip(self.titles, self.item_ids, strict=True)
        ]
        columns = {name: self._attribute_values.get(name, titles) for name in names}
        return [
            {name: values[index] for name, values in columns.items()} for index in range(len(self))
        ]

    def matching(self, filters: Mapping[str, Sequence[str]]) -> Mask:
        """Mark the items that have, for every attribute named, one of the values given.

        Args:
            filters: Attribute → accepted values, as text.

        Returns:
            Shape [items].

        Raises:
            UnknownFeatureError: If an attribute does not exist.
        """
        marked = np.ones(len(self), dtype=np.bool_)
        for name, accepted in filters.items():
            if name not in self.attribute_names:
                raise UnknownFeatureError(name, self.attribute_names)
            found = np.zeros(len(self), dtype=np.bool_)
            for value in accepted:
                found[self._items_with[name].get(_filter_key(value), [])] = True
            marked &= found
        return marked

    @cached_property
    def _attribute_values(self) -> dict[str, list[Any]]:
        return {
            name: [_shown(value) for value in self.table.get_column(_ATTRIBUTE + name).to_list()]
            for name in self.attribute_names
        }

    @cached_property
    def _items_with(self) -> dict[str, dict[str, list[int]]]:
        """Attribute → value → items that have it."""
        index: dict[str, dict[str, list[int]]] = {}
        for name, values in self._attribute_values.items():
            postings = index[name] = {}
            for item, value in enumerate(values):
                for part in value if isinstance(value, list) else [value]:
                    if part is not None:
                        postings.setdefault(_filter_key(str(part)), []).append(item)
        return index


def _shown(value: Any) -> Any:  # noqa: ANN401 - whatever the column holds
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _filter_key(value: str) -> str:
    """Compare filter values without regard to case."""
    return value.strip().casefold()
