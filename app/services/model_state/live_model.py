"""The model that answers now, over the catalogue as it is now."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from app.problems import StoreUnavailable
from app.services.recommendations.item_json import ItemJson
from app.services.search import TitleSearch
from app.stages import Stage, in_stage
from app.store import CatalogueStore, CatalogueVersion, StoredItem
from model.catalogue.live import ItemChange, LiveCatalogue
from model.errors import FeatureValueError, UnknownFeatureError
from model.features.values import AttributeValue
from model.recommender import Recommender

_SPARE_ROWS = 1000
"""Rows of items put that may be out of date before the catalogue is built again."""


@dataclass(frozen=True)
class Snapshot:
    """One state of model and catalogue; whoever holds it sees no change.

    Attributes:
        recommender: The model over the catalogue.
        catalogue_version: Of the catalogue.
        item_json: The catalogue's items as JSON.
        search: The catalogue's titles.
    """

    recommender: Recommender
    catalogue_version: CatalogueVersion
    item_json: ItemJson
    search: TitleSearch

    @property
    def catalogue(self) -> LiveCatalogue:
        """The items."""
        return self.recommender.catalogue

    @cached_property
    def key(self) -> str:
        """Names model and catalogue: equal keys mean equal answers."""
        return f"{self.recommender.manifest.version} {self.catalogue_version}"


class LiveModel:
    """Keeps up with the catalogue's changes, whichever worker or replica made them.

    Every read of the store brings the catalogue's version along. A request that meets a version
    that this worker does not know yet has the changes fetched first, so no answer is older than
    the request.

    Args:
        recommender: The bundle's model, with changes of the bundle's own catalogue at most.
        store: Where the changes are.

    Attributes:
        bundled: What the changes lie over.
        current: What answers now.
    """

    bundled: Recommender
    current: Snapshot

    def __init__(self, recommender: Recommender, store: CatalogueStore) -> None:
        self._store = store
        self._lock = asyncio.Lock()
        self._changes: dict[str, StoredItem] = {}
        self.bundled = recommender
        self.current = _fresh(recommender, CatalogueVersion())

    async def at(self, version: CatalogueVersion) -> Snapshot:
        """Return a snapshot that has all changes up to a version.

        Args:
            version: As the store told it.

        Returns:
            The snapshot.

        Raises:
            StoreUnavailable: If the changes can't be read.
        """
        # One that was read before the newest change is told from one of another history by the
        # store alone, so it is asked.
        if self.current.catalogue_version != version:
            async with self._lock:
                if self.current.catalogue_version != version:
                    await self._catch_up()
        return self.current

    async def latest(self) -> Snapshot:
        """Return a snapshot that has all changes made so far.

        Returns:
            The snapshot.

        Raises:
            StoreUnavailable: If the store can't be reached.
        """
        return await self.at(await self._store.version())

    async def latest_known(self) -> Snapshot:
        """Return a snapshot that has all changes made so far, as far as they can be known.

        Returns:
            The snapshot; while the store can't be reached, the one that this worker knew last.
        """
        try:
            return await self.latest()
        except StoreUnavailable:
            return self.current

    async def replace(self, recommender: Recommender) -> None:
        """Let another bundle answer, over the same changes of the catalogue.

        Args:
            recommender: The other bundle's model.
        """
        async with self._lock:
            self.bundled = recommender
            items, version = list(self._changes.values()), self.current.catalogue_version
            self.current = await asyncio.to_thread(self._next, None, items, version)

    async def _catch_up(self) -> None:
        before = self.current
        found = await self._store.changes_since(before.catalogue_version)
        if found.is_whole:
            self._changes.clear()
        self._changes.update({item.item_id: item for item in found.items})
        with in_stage(Stage.CATALOGUE):
            self.current = await asyncio.to_thread(
                self._next, None if found.is_whole else before, found.items, found.version
            )

    def _next(
        self, before: Snapshot | None, items: Sequence[StoredItem], version: CatalogueVersion
    ) -> Snapshot:
        """Apply changes to a snapshot, or to the bundle if that takes less."""
        if before is None or self._is_mostly_out_of_date(before.catalogue):
            before, items = _fresh(self.bundled, version), list(self._changes.values())
        catalogue = before.catalogue
        recommender = before.recommender.with_changes([usable_change(i, catalogue) for i in items])
        before.search.add(recommender.catalogue)
        return Snapshot(recommender, version, before.item_json, before.search)

    def _is_mostly_out_of_date(self, catalogue: LiveCatalogue) -> bool:
        put = catalogue.put_rows - self.bundled.catalogue.put_rows
        return put > 2 * len(self._changes) + _SPARE_ROWS


def _fresh(recommender: Recommender, version: CatalogueVersion) -> Snapshot:
    item_json = ItemJson()
    item_json.fill(recommender.catalogue)
    return Snapshot(recommender, version, item_json, TitleSearch(recommender.catalogue.bundled))


def usable_change(item: StoredItem, catalogue: LiveCatalogue) -> ItemChange:
    """Leave out what the model's catalogue can't hold: it may have been put under another."""
    if item.attributes is None:
        return ItemChange(item.item_id)
    usable: dict[str, AttributeValue] = {}
    for name, value in item.attributes.items():
        try:
            usable |= catalogue.check({name: value})
        except (UnknownFeatureError, FeatureValueError):
            continue
    return ItemChange(item.item_id, item.title, usable)
