"""Imports of many items: in parts that the service takes, with those that it refuses told."""

from __future__ import annotations

import json
from collections.abc import Callable, Generator, Iterable, Iterator
from dataclasses import dataclass, field

from melu_client.api_types import BulkItem, ItemChange, ItemsPut
from melu_client.errors import InvalidRequest, MeluError

MOST_ITEMS = 1000
MOST_BYTES = 256 * 1024
"""Of a call; well below what the service takes."""


@dataclass(frozen=True)
class RefusedItem:
    """An item that the service will never take, and why."""

    item: BulkItem
    error: InvalidRequest


@dataclass
class ImportResult:
    """What became of the items."""

    created: int = 0
    updated: int = 0
    refused: list[RefusedItem] = field(default_factory=list)
    changes: list[ItemChange] = field(default_factory=list)
    """Of a dry run alone: what would become of each item that is not refused."""


@dataclass(frozen=True)
class ImportProgress:
    """How far an import is."""

    created: int
    updated: int
    refused: int

    @property
    def done(self) -> int:
        """Items that need not be sent again."""
        return self.created + self.updated + self.refused


ProgressCallback = Callable[[ImportProgress], object]


def importing(
    items: Iterable[BulkItem], progress: ProgressCallback | None
) -> Generator[list[BulkItem], ItemsPut | InvalidRequest, ImportResult]:
    """Tell what to send next, and be sent what the service says to it; return what became of all.

    Only a part of the items is looked at at a time. `progress` is called after each call.
    """
    result = ImportResult()
    for part in parts(items):
        waiting = [part]
        while waiting:
            sent = waiting.pop(0)
            outcome = yield sent
            if isinstance(outcome, MeluError):
                if len(sent) > 1:
                    # All or none: halves go again, until the bad item is alone.
                    middle = len(sent) // 2
                    waiting[:0] = [sent[:middle], sent[middle:]]
                    continue
                result.refused.append(RefusedItem(sent[0], outcome))
            else:
                result.created += outcome["created"]
                result.updated += outcome["updated"]
                result.changes += outcome.get("changes") or []
            if progress is not None:
                progress(ImportProgress(result.created, result.updated, len(result.refused)))
    return result


def parts(items: Iterable[BulkItem]) -> Iterator[list[BulkItem]]:
    """Part items so that each call is within the service's bounds.

    Args:
        items: All of them.

    Yields:
        Those of a call.
    """
    part: list[BulkItem] = []
    size = 0
    for item in items:
        length = len(json.dumps(item))
        if part and (len(part) == MOST_ITEMS or size + length > MOST_BYTES):
            yield part
            part, size = [], 0
        part.append(item)
        size += length
    if part:
        yield part
