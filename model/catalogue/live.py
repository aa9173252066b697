"""A bundle's catalogue with what was put and deleted since: a new object for every change.

Items keep their index as long as a catalogue grows out of another. An item that changes gets a new
index behind all others, and the old one is hidden. So whatever was found in one catalogue can be
shown from the next.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from hashlib import blake2b
from typing import Any

import numpy as np
import polars as pl

from model.arrays import Int64Array
from model.catalogue.bundled import Catalogue, ItemRecord, ItemTable
from model.errors import AttributeValueError, FeatureValueError, UnknownFeatureError
from model.evidence import EvidenceScores
from model.features.values import AttributeValue
from model.live_items import LiveItems

_DELETED = -1
_EVIDENCE = ("discrimination", "popularity", "score")


@dataclass(frozen=True)
class ItemChange:
    """An item put, or deleted.

    Attributes:
        item_id: External id.
        title: Title; the id stands in for None.
        attributes: Its attributes; None if the item is deleted.
    """

    item_id: str
    title: str | None = None
    attributes: Mapping[str, AttributeValue] | None = None


_AFTER_BUNDLED = 2**50


class LiveCatalogue:
    """The items that can be recommended now.

    Args:
        bundled: The catalogue of the bundle.
        put: Items put since, a row for each time; None before the first.
        places: Items put or deleted since → index, or −1 if deleted.
        hidden: Indices that are no items any more, in ascending order.
    """

    def __init__(
        self,
        bundled: Catalogue,
        put: ItemTable | None = None,
        places: Mapping[str, int] | None = None,
        hidden: Int64Array | None = None,
    ) -> None:
        self.bundled = bundled
        self._put = put
        self._places = dict(places or {})
        self.hidden = np.empty(0, dtype=np.int64) if hidden is None else hidden
        self.index_of: Mapping[str, int] = (
            _LiveIndex(bundled.index_of, self._places) if self._places else bundled.index_of
        )

    @property
    def size(self) -> int:
        """One more than the highest index."""
        return len(self.bundled) + self.put_rows

    @property
    def put_rows(self) -> int:
        """How many rows were put since, those included that were put again or deleted later."""
        return 0 if self._put is None else len(self._put)

    @property
    def attribute_names(self) -> tuple[str, ...]:
        """Names of the attributes that items can have."""
        return self.bundled.attribute_names

    def __len__(self) -> int:
        """Number of items."""
        return self.size - len(self.hidden)

    @cached_property
    def evidence(self) -> EvidenceScores:
        """One score an index; an item that nobody has rated, or that is gone, has none."""
        if self._put is None and not len(self.hidden):
            return self.bundled.evidence
        put = self._put.evidence if self._put is not None else None
        parts = []
        for name in _EVIDENCE:
            part = getattr(self.bundled.evidence, name)
            part = part.copy() if put is None else np.concatenate([part, getattr(put, name)])
            part[self.hidden] = 0
            parts.append(part)
        return EvidenceScores(*parts)

    def titles(self, start: int = 0) -> list[str]:
        """Return the titles from an index on."""
        bundled = self.bundled.titles.slice(start).to_list() if start < len(self.bundled) else []
        if self._put is None:
            return bundled
        return bundled + self._put.titles.slice(max(start - len(self.bundled), 0)).to_list()

    def ids(self, index: Int64Array) -> list[str]:
        """Return the external ids of some items."""
        if self._put is None:
            return self.bundled.ids(index)
        count = len(self.bundled)
        since = index >= count
        found = np.empty(len(index), dtype=object)
        found[~since] = self.bundled.ids(index[~since])
        found[since] = self._put.ids(index[since] - count)
        ids: list[str] = found.tolist()
        return ids

    def records(self, index: Sequence[int]) -> list[ItemRecord]:
        """Return what clients are shown of some items; see `ItemTable.records`."""
        if self._put is None:
            return self.bundled.records(index)
        count = len(self.bundled)
        old = iter(self.bundled.records([one for one in index if one < count]))
        new = iter(self._put.records([one - count for one in index if one >= count]))
        return [next(old) if one < count else next(new) for one in index]

    def indices_of(self, item_ids: Iterable[str]) -> Int64Array:
        """Look items up; ids that do not exist are passed over."""
        known = [at for at in map(self.index_of.get, item_ids) if at is not None]
        return np.array(known, dtype=np.int64)

    def matching(self, filters: Mapping[str, Sequence[str]]) -> Int64Array | None:
        """Find the items that pass filters; see `ItemTable.matching`."""
        found = self.bundled.matching(filters)
        if found is None:
            return None
        if self._put is not None:
            put = self._put.matching(filters)
            assert put is not None  # noqa: S101 - it was not None for the bundle's
            found = np.concatenate([found, put + len(self.bundled)])
        return np.setdiff1d(found, self.hidden, assume_unique=True) if len(self.hidden) else found

    def most_popular(self, items: Int64Array, limit: int) -> Int64Array:
        """Return the most popular of some items; equally popular ones in the catalogue's order.

        Args:
            items: Item indices.
            limit: Most items to return.

        Returns:
            Item indices, most popular first.
        """
        order, place = self._by_popularity
        places = place[items]
        if len(places) > limit:
            places = np.partition(places, limit)[:limit]
        return order[np.sort(places)]

    @cached_property
    def tie_order(self) -> Int64Array:
        """What orders equally popular items, one number an index.

        It is the same for every worker, which an index is not: a worker that took changes over
        one by one has other indices for live items than one that took them all at once. Items of
        the bundle keep their order, also when they are put again; new ones follow.
        """
        order = np.arange(self.size, dtype=np.int64)
        if self._put is not None:
            known = self.bundled.index_of
            order[len(self.bundled) :] = [
                known[one] if one in known else _AFTER_BUNDLED + _digest(one)
                for one in self._put.item_ids
            ]
        return order

    @cached_property
    def _by_popularity(self) -> tuple[Int64Array, Int64Array]:
        """All indices by popularity, and the place of each in that order."""
        order = np.lexsort((self.tie_order, -self.evidence.popularity))
        place = np.empty(len(order), dtype=np.int64)
        place[order] = np.arange(len(order))
        return order, place

    def all_items(self) -> Int64Array:
        """Indices of all items, in ascending order."""
        every = np.arange(self.size, dtype=np.int64)
        return np.setdiff1d(every, self.hidden, assume_unique=True) if len(self.hidden) else every

    def since_training(self) -> Int64Array:
        """Indices of items that the bundle does not have, in ascending order."""
        new = [
            index
            for item_id, index in self._places.items()
            if index != _DELETED and item_id not in self.bundled.index_of
        ]
        return np.sort(np.array(new, dtype=np.int64))

    def changed(self, changes: Sequence[ItemChange]) -> LiveCatalogue:
        """Return the catalogue after some changes; this one stays as it is.

        Args:
            changes: In the order of time.

        Returns:
            The next catalogue, whose rows put begin with this one's.

        Raises:
            UnknownFeatureError: If an attribute does not exist.
            FeatureValueError: If an attribute's value does not fit.
        """
        newest = {change.item_id: change for change in changes}
        rows = [change for change in newest.values() if change.attributes is not None]
        places = dict(self._places)
        gone = [self.index_of[one] for one in newest if one in self.index_of]
        for change in newest.values():
            if change.attributes is None:
                places[change.item_id] = _DELETED
        for at, change in enumerate(rows):
            places[change.item_id] = self.size + at
        hidden = np.union1d(self.hidden, np.array(gone, dtype=np.int64))
        put = self._put
        if rows:
            more = self._table(rows)
            put = ItemTable(more, self.bundled.kinds) if put is None else put.continued(more)
        return LiveCatalogue(self.bundled, put, places, hidden)

    def live_items(self, start: int, names: Sequence[str]) -> LiveItems:
        """Return rows put as an estimator takes them.

        Args:
            start: The first of the rows put.
            names: Features of the estimator.

        Returns:
            The rows from `start` on.
        """
        assert self._put is not None  # noqa: S101 - else there are no rows
        rows = ItemTable(self._put.table.slice(start))
        index_of = self.bundled.index_of
        trained = [index_of.get(item_id, -1) for item_id in rows.item_ids]
        changed = np.array([at for at, one in enumerate(trained) if one >= 0], dtype=np.int64)
        index = np.array([one for one in trained if one >= 0], dtype=np.int64)
        before = ItemTable(self.bundled.table[index.tolist()])
        return LiveItems(rows.features(names), len(rows), changed, index, before.features(names))

    def check(self, attributes: Mapping[str, AttributeValue]) -> dict[str, AttributeValue]:
        """Bring attributes into the form of the catalogue's columns.

        Args:
            attributes: As a client sent them.

        Returns:
            The same as text, numbers and lists of text; unknown ones left out.

        Raises:
            UnknownFeatureError: If an attribute does not exist.
            AttributeValueError: If a value does not fit.
        """
        kinds = self.bundled.kinds
        checked: dict[str, AttributeValue] = {}
        for name, value in attributes.items():
            if name not in kinds:
                raise UnknownFeatureError(name, self.attribute_names)
            try:
                fitting = kinds[name].coerce_live(value)
            except FeatureValueError as error:
                raise AttributeValueError(name, str(error)) from error
            if fitting is not None and fitting != []:
                checked[name] = fitting
        return checked

    def _table(self, rows: Sequence[ItemChange]) -> pl.DataFrame:
        """Make rows of the bundle's columns."""
        known = [self.bundled.index_of.get(row.item_id) for row in rows]
        evidence = self.bundled.evidence
        columns: dict[str, pl.Series] = {
            "item_id": pl.Series([row.item_id for row in rows], dtype=pl.String),
            "title": pl.Series(
                [row.item_id if row.title is None else row.title for row in rows], dtype=pl.String
            ),
        }
        for name in _EVIDENCE:
            scores = getattr(evidence, name)
            # Of an item that training never saw nothing is known.
            columns[name] = pl.Series([0.0 if one is None else float(scores[one]) for one in known])
        checked = [self.check(row.attributes or {}) for row in rows]
        for name, dtype in self.bundled.attribute_types.items():
            columns[self.bundled.column_of(name)] = pl.Series(
                [attributes.get(name) for attributes in checked], dtype=dtype
            )
        schema = self.bundled.table.schema
        return pl.DataFrame(columns).select(
            pl.col(name).cast(dtype) for name, dtype in schema.items()
        )


def _digest(item_id: str) -> int:
    return int.from_bytes(blake2b(item_id.encode(), digest_size=6).digest())


class _LiveIndex(Mapping[str, int]):
    """Ids → indices: what was put and deleted since lies over the bundle's."""

    def __init__(self, bundled: Mapping[str, int], places: Mapping[str, int]) -> None:
        self._bundled = bundled
        self._places = places

    def __getitem__(self, key: str) -> int:
        place = self._places.get(key)
        if place is None:
            return self._bundled[key]
        if place == _DELETED:
            raise KeyError(key)
        return place

    def get(self, key: str, default: Any = None) -> Any:  # noqa: ANN401 - as `Mapping` has it
        """Look an id up, most of which are the bundle's; an error would take far longer."""
        place = self._places.get(key)
        if place is None:
            return self._bundled.get(key, default)
        return default if place == _DELETED else place

    def __contains__(self, key: object) -> bool:
        place = self._places.get(key)  # type: ignore[call-overload] # no key of another type is there
        return key in self._bundled if place is None else place != _DELETED

    def __iter__(self) -> Iterator[str]:
        yield from (one for one, place in self._places.items() if place != _DELETED)
        yield from (one for one in self._bundled if one not in self._places)

    def __len__(self) -> int:
        return sum(1 for _ in self)
