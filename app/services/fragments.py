"""Items as JSON, encoded once."""

from __future__ import annotations

from collections.abc import Sequence

import orjson

from model.catalogue import Catalogue

_MOST = 16_384


class ItemFragments:
    """The JSON of items, open at its end so that rank and score can follow.

    Args:
        catalogue: The items.
    """

    def __init__(self, catalogue: Catalogue) -> None:
        self._catalogue = catalogue
        self._known: dict[int, bytes] = {}

    def of(self, index: Sequence[int]) -> list[bytes]:
        """Return `{"item_id": …, "title": …, "attributes": …` of each item.

        Args:
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
            for one, record in zip(missing, self._catalogue.records(missing), strict=True):
                shown = {
                    "item_id": record.item_id,
                    "title": record.title,
                    "attributes": record.attributes,
                }
                known[one] = orjson.dumps(shown)[:-1]
        return [known[one] for one in index]
