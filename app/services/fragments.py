"""Items as JSON, encoded once."""

from __future__ import annotations

from collections.abc import Sequence

import orjson

from model.live_catalogue import LiveCatalogue

_MOST = 16_384


class ItemFragments:
    """The JSON of items, open at its end so that rank and score can follow.

    Serves a catalogue and all that grow out of it: an index never means another item.
    """

    def __init__(self) -> None:
        self._known: dict[int, bytes] = {}
        self._names: dict[int, bytes] = {}

    def fill(self, catalogue: LiveCatalogue) -> None:
        """Encode a small catalogue as a whole: to look rows up one by one takes far longer.

        Args:
            catalogue: The items.
        """
        if catalogue.size <= _MOST:
            self.of(catalogue, range(catalogue.size))

    def names(self, catalogue: LiveCatalogue, index: Sequence[int]) -> list[bytes]:
        """Return `{"item_id": …, "title": …` of each item.

        Args:
            catalogue: The items.
            index: Internal item indices.

        Returns:
            One text an item, without the closing brace.
        """
        names = self._names
        missing = [one for one in index if one not in names]
        if missing:
            if len(names) + len(missing) > _MOST:
                names = self._names = {}
                missing = list(index)
            for one, record in zip(missing, catalogue.records(missing), strict=True):
                shown = {"item_id": record.item_id, "title": record.title}
                names[one] = orjson.dumps(shown)[:-1]
        return [names[one] for one in index]

    def of(self, catalogue: LiveCatalogue, index: Sequence[int]) -> list[bytes]:
        """Return `{"item_id": …, "title": …, "attributes": …` of each item.

        Args:
            catalogue: The items.
            index: Internal item indices.

        Returns:
            One text an item, without the closing brace.
        """
        known = self._known
        missing = [one for one in index if one not in known]
        if missing:
            if len(known) + len(missing) > _MOST:
                known = self._known = {}
                missing = list(index)
            for one, record in zip(missing, catalogue.records(missing), strict=True):
                shown = {
                    "item_id": record.item_id,
                    "title": record.title,
                    "attributes": record.attributes,
                }
                known[one] = orjson.dumps(shown)[:-1]
        return [known[one] for one in index]
