"""Items as JSON, encoded once."""

from __future__ import annotations

from collections.abc import Sequence

import orjson

from model.catalogue.live import LiveCatalogue

_MOST = 16_384


class ItemJson:
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
        """Return `{"item_id": …, "title": …` of each item; see `of`."""
        return _encoded(self._names, catalogue, index, ("item_id", "title"))

    def of(self, catalogue: LiveCatalogue, index: Sequence[int]) -> list[bytes]:
        """Return `{"item_id": …, "title": …, "attributes": …` of each item.

        Args:
            catalogue: The items.
            index: Internal item indices.

        Returns:
            One text an item, without the closing brace.
        """
        return _encoded(self._known, catalogue, index, ("item_id", "title", "attributes"))


def _encoded(
    known: dict[int, bytes], catalogue: LiveCatalogue, index: Sequence[int], fields: Sequence[str]
) -> list[bytes]:
    """Look items up among the known, and encode those that are not there."""
    # Looked up once: another thread may let all that is known give way at any time.
    found = [known.get(one) for one in index]
    missing = [one for one, text in zip(index, found, strict=True) if text is None]
    new: dict[int, bytes] = {}
    if missing:
        for one, record in zip(missing, catalogue.records(missing), strict=True):
            new[one] = orjson.dumps({name: getattr(record, name) for name in fields})[:-1]
        if len(known) + len(new) > _MOST:
            known.clear()
        known.update(new)
    return [new[one] if text is None else text for one, text in zip(index, found, strict=True)]
