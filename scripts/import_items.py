"""`melu items import`: add or change many items of a running service."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import orjson
import polars as pl
from rich.progress import Progress

from app.schemas.values import MAX_ITEMS
from model.errors import DatasetError, ModelError
from scripts.terminal import console, output

_MOST_BYTES = 256 * 1024
"""Of a request; well below what the service takes."""
_TIMEOUT_SECONDS = 60


class ImportItemsError(ModelError):
    """The service refused the items, or can't be reached."""


def import_items(file: Path, *, service: str, key: str | None, separator: str) -> None:
    """Send the items of a file to a service, in calls that are each stored whole or not at all.

    Args:
        file: CSV or Parquet with columns `item_id`, `title` and one an attribute; or JSON lines of
            `{"item_id": …, "title": …, "attributes": {…}}`.
        service: Its URL.
        key: A server key, where the service asks for one.
        separator: What parts several values in a cell of a table.

    Raises:
        ModelError: If the file can't be read, or the service refuses an item.
    """
    headers = {"Authorization": f"Bearer {key}"} if key else {}
    created = updated = 0
    with httpx.Client(base_url=service, headers=headers, timeout=_TIMEOUT_SECONDS) as client:
        several = _several(_ok(client, client.build_request("GET", "/model")))
        items = _read(file, several, separator)
        with Progress(console=console) as progress:
            bar = progress.add_task("items", total=len(items))
            for part in _parts(items):
                try:
                    request = client.build_request("POST", "/items", json={"items": part})
                    told = _ok(client, request)
                except ImportItemsError as error:
                    sent = created + updated
                    raise ImportItemsError(
                        f"{error} The first {sent:,} items of {file} are stored; to send the file "
                        "again does no harm."
                    ) from error
                created, updated = created + told["created"], updated + told["updated"]
                progress.update(bar, advance=len(part))
    output.print(f"{created:,} items are new, {updated:,} were there before.")


def _ok(client: httpx.Client, request: httpx.Request) -> Any:  # noqa: ANN401 - JSON
    try:
        answer = client.send(request)
    except httpx.HTTPError as error:
        raise ImportItemsError(
            f"{client.base_url} can't be reached ({type(error).__name__}); is the service running?"
        ) from error
    if not answer.is_success:
        try:
            detail = answer.json()["detail"]
        except (ValueError, KeyError, TypeError):
            detail = f"it answers {answer.status_code}; is it this service?"
        raise ImportItemsError(f"{client.base_url}: {detail}")
    return answer.json()


def _several(model: dict[str, Any]) -> set[str]:
    """Attributes that hold several values."""
    return {name for name, one in model["item_features"].items() if one["kind"] == "categories"}


def _read(file: Path, several: set[str], separator: str) -> list[dict[str, Any]]:
    try:
        match file.suffix.lower():
            case ".jsonl" | ".ndjson":
                lines = file.read_bytes().splitlines()
                return [orjson.loads(line) for line in lines if line.strip()]
            case ".csv":
                table = pl.read_csv(file, infer_schema=False)
            case ".parquet":
                table = pl.read_parquet(file)
            case _:
                raise DatasetError(f"{file}: expected .csv, .parquet, .jsonl or .ndjson.")
    except (OSError, ValueError, pl.exceptions.PolarsError) as error:
        raise DatasetError(f"{file} can't be read: {error}") from error
    if "item_id" not in table.columns:
        raise DatasetError(f"{file} has no column item_id; it has {', '.join(table.columns)}.")
    return [_item(row, several, separator) for row in table.iter_rows(named=True)]


def _item(row: dict[str, Any], several: set[str], separator: str) -> dict[str, Any]:
    attributes = {
        name: value.split(separator) if name in several and isinstance(value, str) else value
        for name, value in row.items()
        if name not in {"item_id", "title"} and value is not None and value != ""
    }
    title = row.get("title")
    return {
        "item_id": str(row["item_id"]),
        "title": str(row["item_id"] if title is None else title),
        "attributes": attributes,
    }


def _parts(items: list[dict[str, Any]]) -> Iterator[list[dict[str, Any]]]:
    """Part items so that each call is within the service's bounds."""
    part: list[dict[str, Any]] = []
    size = 0
    for item in items:
        length = len(orjson.dumps(item))
        if part and (len(part) == MAX_ITEMS or size + length > _MOST_BYTES):
            yield part
            part, size = [], 0
        part.append(item)
        size += length
    if part:
        yield part
