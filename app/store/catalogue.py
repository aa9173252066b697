"""Items put and deleted since training, shared by all workers and replicas.

    {melu:catalogue}:items     hash, item id → title and attributes as JSON, or '' if deleted
    {melu:catalogue}:changes   sorted set, item id by the number of its newest change
    {melu:catalogue}:version   "<id of the newest write>:<number of the newest change>"
    {melu:catalogue}:writes    sorted set, ids of the newest writes by the number of their change

A worker that knows the changes up to some write asks for those after it. Numbers alone would not
do: a store that went back, after a failover or from a snapshot, gives the same numbers again to
other changes. A write that it does not know tells of another history, and the worker begins anew.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import orjson
from redis.asyncio import Redis

from app.metrics import STORE_UNREADABLE
from app.store.clients import StoreClient
from app.store.connection import store_errors
from app.store.harmless_calls import harmless_calls_of
from app.store.replicas import Acknowledgement
from app.store.scripts import StoredScript

ITEMS_KEY = "{melu:catalogue}:items"
VERSION_KEY = "{melu:catalogue}:version"
_KEYS = [
    ITEMS_KEY,
    "{melu:catalogue}:changes",
    VERSION_KEY,
    "{melu:catalogue}:writes",
]
_CHANGES_AT_ONCE = 2000
_KNOWN_WRITES = 10_000
"""A worker that missed more begins anew."""


@dataclass(frozen=True)
class StoredItem:
    """An item as it was put.

    Attributes:
        item_id: External id.
        title: Title, if one was given.
        attributes: The attributes; None if the item was deleted.
    """

    item_id: str
    title: str | None = None
    attributes: dict[str, Any] | None = None


@dataclass(frozen=True)
class CatalogueChanges:
    """Changes of the catalogue.

    Attributes:
        version: The version that they lead to.
        is_whole: They start from the bundle's own catalogue; what was known before does not count.
        items: The changed items, oldest change first.
    """

    version: CatalogueVersion
    is_whole: bool
    items: tuple[StoredItem, ...]


@dataclass(frozen=True)
class CatalogueVersion:
    """How far the catalogue has changed.

    Attributes:
        write: Id of the newest write; empty before the first.
        number: Of the newest change.
    """

    write: str = ""
    number: int = 0

    @classmethod
    def of_text(cls, text: str | None) -> CatalogueVersion:
        """Read what the store holds."""
        if not text:
            return cls()
        write, _, number = text.partition(":")
        return cls(write, int(number))

    def __str__(self) -> str:
        return f"{self.write}:{self.number}"


class CatalogueStore:
    """Reads and writes the catalogue's changes.

    Every method raises `StoreUnavailable` if the store can't be reached.

    Args:
        redis: The client.
        timeout_seconds: Most that a call takes.
        acknowledged: Which replicas must have a write; None if that is not waited for.
    """

    def __init__(
        self,
        redis: StoreClient,
        timeout_seconds: float,
        acknowledged: Acknowledgement | None = None,
    ) -> None:
        self._redis = redis
        self._seconds = timeout_seconds
        self._calls = harmless_calls_of(redis, VERSION_KEY) if isinstance(redis, Redis) else None
        self._change = StoredScript.named(redis, "change_items", acknowledged=acknowledged)
        self._read = StoredScript.named(redis, "read_items")

    async def version(self) -> CatalogueVersion:
        """Return the present version."""
        async with store_errors(self._seconds):
            if self._calls is not None:
                text = await self._calls.read_also(self._seconds)
            else:
                text = await self._redis.get(VERSION_KEY)  # type: ignore[assignment] # as text
        return CatalogueVersion.of_text(text)

    async def changes_since(self, known: CatalogueVersion) -> CatalogueChanges:
        """Return what changed since a version.

        Args:
            known: The version that the caller knows.

        Returns:
            The changes that are left to make, each item once.
        """
        is_whole = False
        items: dict[str, StoredItem] = {}
        while True:
            async with store_errors(self._seconds):
                text, from_start, flat = await self._read(
                    _KEYS, [known.write, known.number, _CHANGES_AT_ONCE]
                )
            version = CatalogueVersion.of_text(text)
            if from_start:
                is_whole = True
                items.clear()
            for number, item_id, content in zip(flat[::3], flat[1::3], flat[2::3], strict=True):
                items.pop(item_id, None)
                item = _item(item_id, content)
                if item is not None:
                    items[item_id] = item
                known = CatalogueVersion(version.write, int(number))
            if len(flat) < 3 * _CHANGES_AT_ONCE:
                return CatalogueChanges(version, is_whole, tuple(items.values()))

    async def change(self, items: Sequence[tuple[StoredItem, bool]]) -> list[bool]:
        """Put and delete items, all or none.

        Args:
            items: The items, and whether the bundle has each.

        Returns:
            Whether each was there before.
        """
        arguments: list[str | int] = [secrets.token_hex(8), _KNOWN_WRITES]
        for item, bundled in items:
            arguments += [item.item_id, _content(item), int(bundled)]
        async with store_errors(self._seconds):
            _, before = await self._change(_KEYS, arguments)
        return [bool(existed) for existed in before]


def _content(item: StoredItem) -> str:
    if item.attributes is None:
        return ""
    return orjson.dumps({"title": item.title, "attributes": item.attributes}).decode()


def _item(item_id: str, content: str) -> StoredItem | None:
    if not content:
        return StoredItem(item_id)
    try:
        found = orjson.loads(content)
        return StoredItem(item_id, found.get("title"), dict(found.get("attributes") or {}))
    except (AttributeError, TypeError, ValueError):
        # Written by another release: this item stays as it was, and the others are still good.
        STORE_UNREADABLE.inc()
        return None
