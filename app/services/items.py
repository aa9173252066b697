"""The catalogue, for people who look for a title and for those who look after it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated

import numpy as np
from pydantic import Field, TypeAdapter

from app.problems import Fault, InvalidAttribute, UnknownAttribute, UnknownItem
from app.schemas.items import (
    BulkItem,
    Item,
    ItemChange,
    ItemContent,
    ItemPage,
    ItemQuery,
    ItemsPut,
    PutItem,
)
from app.services.cursors import Place, decode_cursor, encode_cursor
from app.services.filters import matching_items
from app.services.item_import_preview import changes_of, told, warnings_of
from app.services.model_state.executor import InferenceExecutor
from app.services.model_state.live_model import LiveModel, Snapshot
from app.services.search import Found
from app.stages import Stage, in_stage
from app.store import CatalogueStore, StoredItem
from model.arrays import Int64Array
from model.catalogue.live import LiveCatalogue
from model.errors import AttributeValueError, UnknownFeatureError
from model.features.values import AttributeValue


@dataclass(frozen=True, slots=True)
class ItemPlace(Place):
    """The last item of the page before: how well it matches, its popularity, its `tie_order`."""

    quality: Annotated[int, Field(ge=0, lt=2**8)]
    popularity: float
    index: Annotated[int, Field(ge=0, lt=2**63)]


_PLACES = TypeAdapter(ItemPlace)


class ItemService:
    """Shows, finds, puts and deletes items.

    Args:
        live: The model and its catalogue.
        store: Where the catalogue's changes are kept.
        compute: Where what grows with the catalogue is done.
    """

    def __init__(self, live: LiveModel, store: CatalogueStore, compute: InferenceExecutor) -> None:
        self._live = live
        self._store = store
        self._compute = compute

    async def get(self, item_id: str) -> Item:
        """Return one item.

        Args:
            item_id: Its id.

        Returns:
            The item.

        Raises:
            UnknownItem: If there is none.
        """
        catalogue = (await self._live.latest_known()).catalogue
        index = catalogue.index_of.get(item_id)
        if index is None:
            raise _no_item(item_id)
        return shown_items(catalogue, [index])[0]

    async def find(self, query: ItemQuery) -> ItemPage:
        """Search titles and filter by attributes.

        Args:
            query: The parameters.

        Returns:
            A page, best matches first, and of equally good ones the most popular.

        Raises:
            InvalidFilter: If a filter is not `name:value`.
            UnknownAttribute: If a filter names no attribute.
            InvalidCursor: If the cursor belongs to another search.
            Overloaded: If too much is asked for at once.
        """
        request = ["items", query.query, *query.filter]
        if query.since_training:
            request.append("since training")
        after = None
        if query.cursor is not None:
            after = decode_cursor(query.cursor, request, _PLACES)
        snapshot = await self._live.latest_known()
        return await self._compute.run(lambda: _page(snapshot, query, request, after))

    async def put(self, item_id: str, content: ItemContent) -> tuple[bool, PutItem]:
        """Add or change an item; the next request of every worker and replica knows it.

        Args:
            item_id: Its id.
            content: Its title and attributes; they replace those before.

        Returns:
            Whether the item is new, and the item with warnings of values never seen.

        Raises:
            UnknownAttribute: If the catalogue has no such attribute.
            InvalidAttribute: If a value does not fit its attribute.
            StoreUnavailable: If the store can't be reached.
        """
        snapshot = await self._live.latest()
        attributes = _checked(snapshot.catalogue, content.attributes, ["body", "attributes"])
        stored = StoredItem(item_id, content.title, attributes)
        bundled = item_id in snapshot.catalogue.bundled.index_of
        (existed,) = await self._store.change([(stored, bundled)])
        shown = (await self._live.latest()).catalogue
        index = shown.index_of.get(item_id)
        if index is None:  # somebody deleted it meanwhile
            item = Item(
                item_id=item_id, title=content.title or item_id, attributes=told(attributes)
            )
        else:
            item = shown_items(shown, [index])[0]
        return not existed, PutItem(
            **item.model_dump(),
            warnings=warnings_of(snapshot.recommender.item_space, attributes),
        )

    async def put_all(self, items: Sequence[BulkItem]) -> ItemsPut:
        """Add or change many items, all or none.

        Args:
            items: The items; of equal ids the last counts.

        Returns:
            How many are new, and how many were there.

        Raises:
            UnknownAttribute: If the catalogue has no such attribute.
            InvalidAttribute: If a value does not fit its attribute.
            StoreUnavailable: If the store can't be reached.
        """
        catalogue = (await self._live.latest()).catalogue
        stored = _checked_items(catalogue, items)
        bundled = catalogue.bundled.index_of
        existed = await self._store.change([(i, i.item_id in bundled) for i in stored.values()])
        return ItemsPut(created=len(existed) - sum(existed), updated=sum(existed))

    async def try_all(self, items: Sequence[BulkItem]) -> ItemsPut:
        """Tell what `put_all` would do, and store nothing.

        Args:
            items: The items; of equal ids the last counts.

        Returns:
            How many would be new, how many are there, and what would become of each.

        Raises:
            UnknownAttribute: If the catalogue has no such attribute.
            InvalidAttribute: If a value does not fit its attribute.
            StoreUnavailable: If the store can't be reached.
            Overloaded: If too much is asked for at once.
        """
        snapshot = await self._live.latest()
        # Thousands of values to compare.
        changes = await self._compute.run(lambda: self._try(snapshot, items))
        created = sum(one.change == "new" for one in changes)
        return ItemsPut(created=created, updated=len(changes) - created, changes=changes)

    @staticmethod
    def _try(snapshot: Snapshot, items: Sequence[BulkItem]) -> list[ItemChange]:
        stored = _checked_items(snapshot.catalogue, items)
        there = [one for one in stored if one in snapshot.catalogue.index_of]
        index = [snapshot.catalogue.index_of[one] for one in there]
        before = dict(zip(there, shown_items(snapshot.catalogue, index), strict=True))
        return changes_of(snapshot.recommender.item_space, stored.values(), before)

    async def delete(self, item_id: str) -> None:
        """Delete an item: it is never recommended, found or asked about again.

        Args:
            item_id: Its id.

        Raises:
            UnknownItem: If there is none.
            StoreUnavailable: If the store can't be reached.
        """
        bundled = item_id in self._live.current.catalogue.bundled.index_of
        (existed,) = await self._store.change([(StoredItem(item_id), bundled)])
        if not existed:
            raise _no_item(item_id)


def _page(
    snapshot: Snapshot, query: ItemQuery, request: list[str], after: ItemPlace | None
) -> ItemPage:
    """Find a page; equally good and popular items in the catalogue's order."""
    with in_stage(Stage.SEARCH):
        return _found_page(snapshot, query, request, after)


def _found_page(
    snapshot: Snapshot, query: ItemQuery, request: list[str], after: ItemPlace | None
) -> ItemPage:
    catalogue = snapshot.catalogue
    passed = matching_items(catalogue, query.filter)
    if query.since_training:
        new = catalogue.since_training()
        passed = new if passed is None else np.intersect1d(passed, new)
    found = snapshot.search.find(query.query, catalogue)
    if found is not None:
        items, quality = _that_pass(found, passed)
    else:
        items = catalogue.all_items() if passed is None else passed
        quality = np.zeros(len(items), dtype=np.int64)
    popularity = catalogue.evidence.popularity
    if after is not None:
        mine, last = popularity[items], after.popularity
        equal = (mine == last) & (catalogue.tie_order[items] > after.index)
        behind = (quality > after.quality) | ((quality == after.quality) & ((mine < last) | equal))
        items, quality = items[behind], quality[behind]
    more = len(items) > query.limit
    page: list[int] = []
    last_quality = 0
    for one in np.unique(quality).tolist():
        if len(page) < query.limit:
            last_quality = one
            left = query.limit - len(page)
            page += catalogue.most_popular(items[quality == one], left).tolist()
    next_cursor = None
    if more:
        last_tie = int(catalogue.tie_order[page[-1]])
        place = ItemPlace(last_quality, float(popularity[page[-1]]), last_tie)
        next_cursor = encode_cursor(request, place)
    return ItemPage(items=shown_items(catalogue, page), next_cursor=next_cursor)


def shown_items(catalogue: LiveCatalogue, index: Sequence[int]) -> list[Item]:
    """Return items as clients see them."""
    return [
        Item(item_id=record.item_id, title=record.title, attributes=record.attributes)
        for record in catalogue.records(index)
    ]


def _that_pass(found: Found, passed: Int64Array | None) -> tuple[Int64Array, Int64Array]:
    """Items that were found and that pass filters, and how well they match."""
    if passed is None:
        return found.items, found.quality
    kept = np.isin(found.items, passed)
    return found.items[kept], found.quality[kept]


def _checked_items(catalogue: LiveCatalogue, items: Sequence[BulkItem]) -> dict[str, StoredItem]:
    """Return item id → what is to be stored; of equal ids the last."""
    stored = {}
    for at, item in enumerate(items):
        where: list[str | int] = ["body", "items", at, "attributes"]
        attributes = _checked(catalogue, item.attributes, where)
        stored[item.item_id] = StoredItem(item.item_id, item.title, attributes)
    return stored


def _checked(
    catalogue: LiveCatalogue, attributes: Mapping[str, AttributeValue], where: list[str | int]
) -> dict[str, AttributeValue]:
    index = f"Item {where[2]}: " if len(where) > 3 else ""
    try:
        return catalogue.check(attributes)
    except UnknownFeatureError as error:
        fault = Fault(loc=[*where, error.name], message="unknown attribute")
        raise UnknownAttribute(
            f"{index}There is no item attribute {error.name!r}; there are: "
            f"{', '.join(error.known) or 'none'}. Nothing was stored.",
            errors=[fault],
        ) from error
    except AttributeValueError as error:
        fault = Fault(loc=[*where, error.name], message=error.reason)
        raise InvalidAttribute(f"{index}{error}. Nothing was stored.", errors=[fault]) from error


def _no_item(item_id: str) -> UnknownItem:
    return UnknownItem(f"There is no item {item_id!r}.")
