"""`melu items import`: add or change many items of a running service."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import orjson
from rich.progress import Progress

from app.schemas.values import MAX_ITEMS
from model.data.description import DESCRIPTION_FILE, ItemsTable, read_description
from model.errors import ModelError
from scripts.item_rows import ReadItem, read_items
from scripts.terminal import console, output

_MOST_BYTES = 256 * 1024
"""Of a request; well below what the service takes."""
_TIMEOUT_SECONDS = 60
_MOST_SHOWN = 20
_OF_AN_ITEM = frozenset({400, 413, 422})
"""What the service answers when something is wrong with an item."""
_AROUND = frozenset({"body", "items", 0})
"""Where in a call of one item its faults are."""


class ImportItemsError(ModelError):
    """The service refused the items, or can't be reached."""


def import_items(
    file: Path, *, service: str, key: str | None, separator: str, data: Path | None = None
) -> None:
    """Send the items of a file to a service.

    Calls are each stored whole or not at all. Where the service can't take an item, the others go
    on, and those that it could not take are told at the end.

    Args:
        file: What the reader of data sets takes, with columns `item_id`, `title` and one an
            attribute; or JSON lines of `{"item_id": …, "title": …, "attributes": {…}}`.
        service: Its URL.
        key: A server key, where the service asks for one.
        separator: What parts several values in a cell of a table.
        data: A prepared data set whose `[items]` describe the file, its columns and separators;
            those above if None.

    Raises:
        ModelError: If the file can't be read, the service can't be reached, or items were refused.
    """
    described = None if data is None else _items_of(data)
    headers = {"Authorization": f"Bearer {key}"} if key else {}
    with httpx.Client(base_url=service, headers=headers, timeout=_TIMEOUT_SECONDS) as client:
        model = _ok(client, client.build_request("GET", "/model"))
        rows = read_items(file, model["item_features"], separator, described)
        if rows.not_taken:
            output.print(
                f"Not sent: {', '.join(map(repr, rows.not_taken))}. The model has no such "
                "attribute; a training drops what is the same of all items."
            )
        sender = _Sender(client, [Refusal(line, "", why) for line, why in rows.refused])
        with Progress(console=console) as progress:
            bar = progress.add_task("items", total=len(rows.items))
            for part in _parts(rows.items):
                try:
                    sender.send(part)
                except ImportItemsError as error:
                    raise ImportItemsError(
                        f"{error} The first {sender.stored:,} items of {file} are stored; to send "
                        "the file again does no harm."
                    ) from error
                progress.update(bar, advance=len(part))
    output.print(
        f"{sender.created:,} items are new, {sender.updated:,} were there before. Of "
        f"{rows.rows:,} rows {sender.stored:,} are stored and {len(sender.refused):,} refused."
    )
    if sender.refused:
        shown = "\n".join(str(one) for one in sender.refused[:_MOST_SHOWN])
        more = len(sender.refused) - _MOST_SHOWN
        raise ImportItemsError(
            f"{len(sender.refused):,} of {rows.rows:,} rows of {file} are not stored:\n{shown}"
            + (f"\nand {more:,} more" if more > 0 else "")
        )


def _items_of(data: Path) -> ItemsTable:
    described = read_description(data).items
    if described is None:
        raise ImportItemsError(f"{data / DESCRIPTION_FILE} describes no [items].")
    return described


@dataclass(frozen=True)
class Refusal:
    """An item that was not stored, and why."""

    line: int
    item_id: str
    reason: str

    def __str__(self) -> str:
        return f"line {self.line}{f' ({self.item_id!r})' if self.item_id else ''}: {self.reason}"


@dataclass
class _Sender:
    """Sends items, and parts a call that is refused until the item is found that is at fault."""

    client: httpx.Client
    refused: list[Refusal]
    created: int = 0
    updated: int = 0

    @property
    def stored(self) -> int:
        return self.created + self.updated

    def send(self, part: list[ReadItem]) -> None:
        body = {"items": [one.body for one in part]}
        answer = _sent(self.client, self.client.build_request("POST", "/items", json=body))
        if answer.is_success:
            told = answer.json()
            self.created, self.updated = (
                self.created + told["created"],
                self.updated + told["updated"],
            )
        elif answer.status_code not in _OF_AN_ITEM:
            raise ImportItemsError(_refusal(self.client, answer))
        elif len(part) == 1:
            self.refused.append(Refusal(part[0].line, part[0].item_id, _reason(answer)))
        else:
            middle = len(part) // 2
            self.send(part[:middle])
            self.send(part[middle:])


def _reason(answer: httpx.Response) -> str:
    """What is wrong with an only item, in the service's words."""
    problem = answer.json()
    faults = [
        f"{'.'.join(str(step) for step in fault['loc'] if step not in _AROUND)}: {fault['message']}"
        for fault in problem.get("errors", [])
    ]
    if problem["code"] == "invalid_body" and faults:
        return "; ".join(faults)
    return str(problem["detail"])


def _sent(client: httpx.Client, request: httpx.Request) -> httpx.Response:
    try:
        return client.send(request)
    except httpx.HTTPError as error:
        raise ImportItemsError(
            f"{client.base_url} can't be reached ({type(error).__name__}); is the service running?"
        ) from error


def _refusal(client: httpx.Client, answer: httpx.Response) -> str:
    try:
        detail = answer.json()["detail"]
    except (ValueError, KeyError, TypeError):
        detail = f"it answers {answer.status_code}; is it this service?"
    return f"{client.base_url}: {detail}"


def _ok(client: httpx.Client, request: httpx.Request) -> Any:  # noqa: ANN401 - JSON
    answer = _sent(client, request)
    if not answer.is_success:
        raise ImportItemsError(_refusal(client, answer))
    return answer.json()


def _parts(items: list[ReadItem]) -> Iterator[list[ReadItem]]:
    """Part items so that each call is within the service's bounds."""
    part: list[ReadItem] = []
    size = 0
    for item in items:
        length = len(orjson.dumps(item.body))
        if part and (len(part) == MAX_ITEMS or size + length > _MOST_BYTES):
            yield part
            part, size = [], 0
        part.append(item)
        size += length
    if part:
        yield part
