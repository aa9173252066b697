"""The catalogue, for people who look for a title."""

from collections.abc import Sequence

import numpy as np

from app.problems import InvalidCursor, UnknownItem
from app.schemas import Item, ItemPage, ItemQuery
from app.services.cursors import decode_cursor, encode_cursor
from app.services.filters import matching_items
from app.services.search import TitleSearch
from model.catalogue import Catalogue


class ItemService:
    """Shows and finds items.

    Args:
        catalogue: The items.
    """

    def __init__(self, catalogue: Catalogue) -> None:
        self._catalogue = catalogue
        self._search = TitleSearch(catalogue)
        # Most popular first; equally popular in the catalogue's order.
        by_popularity = np.argsort(-catalogue.evidence.popularity, kind="stable")
        self._popularity_rank = np.empty_like(by_popularity)
        self._popularity_rank[by_popularity] = np.arange(len(by_popularity))

    def get(self, item_id: str) -> Item:
        """Return one item.

        Args:
            item_id: Its id.

        Returns:
            The item.

        Raises:
            UnknownItem: If there is none.
        """
        index = self._catalogue.index_of.get(item_id)
        if index is None:
            raise UnknownItem(f"There is no item {item_id!r}.")
        return shown_items(self._catalogue, [index])[0]

    def find(self, query: ItemQuery) -> ItemPage:
        """Search titles and filter by attributes.

        Args:
            query: The parameters.

        Returns:
            A page, most popular first.

        Raises:
            InvalidFilter: If a filter is not `name:value`.
            UnknownAttribute: If a filter names no attribute.
            InvalidCursor: If the cursor belongs to another search.
        """
        request = ["items", query.query, *query.filter]
        start = _start(decode_cursor(query.cursor, request)) if query.cursor is not None else 0
        passed = matching_items(self._catalogue, query.filter)
        if passed is None:
            passed = np.arange(len(self._catalogue))
        found = self._search.find(query.query)
        if found is not None:
            passed = np.intersect1d(passed, np.array(found, dtype=np.int64))
        passed = passed[np.argsort(self._popularity_rank[passed])]
        end = start + query.limit
        return ItemPage(
            items=shown_items(self._catalogue, passed[start:end].tolist()),
            next_cursor=encode_cursor(request, [end]) if end < len(passed) else None,
        )


def shown_items(catalogue: Catalogue, index: Sequence[int]) -> list[Item]:
    """Return items as clients see them."""
    return [
        Item(item_id=record.item_id, title=record.title, attributes=record.attributes)
        for record in catalogue.records(index)
    ]


def _start(place: list[str | int]) -> int:
    match place:
        case [int(start)] if start >= 0:
            return start
        case _:
            raise InvalidCursor("The cursor is damaged; begin again without one.")
