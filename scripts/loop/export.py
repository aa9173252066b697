"""`melu export-feedback`: write what users told to Parquet, while the service serves."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from itertools import chain, islice
from pathlib import Path
from typing import Any

import orjson
import polars as pl
from redis import Redis

from app.store.catalogue import ITEMS_KEY
from app.store.keys import LAYOUT_KEY, user_of_key
from app.store.layout import LAYOUT as STORE_LAYOUT
from app.store.records import known_user, unreadable_fields
from model.bundle.folders import OwnFolder, replacing_folder
from scripts.loop.exported import (
    EXPORT_FILE,
    LAYOUT,
    NAMES,
    ONBOARDING,
    TABLES,
    ExportDescription,
    ExportError,
)
from scripts.store_connection import USER_KEYS, ConnectedStore, StoreError, connected_store

_SCANNED_AT_ONCE = 500
_READ_AT_ONCE = 50
"""Users a round trip. The server answers all of it before it turns to others, and one user may have
thousands of pieces of feedback."""
_ROWS_A_FILE = 200_000
_OWNER_ONLY = 0o700
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
EXPORT_FOLDER = OwnFolder(
    mark=EXPORT_FILE,
    names=NAMES,
    otherwise="is no export, or holds more than one",
    error=ExportError,
)


def export_feedback(folder: Path, url: str | None, out: Path) -> ExportDescription:
    """Write all users' feedback, their attributes, and the items put since training.

    The store is scanned step by step, and no more than a file's rows are in memory. Each user is
    read in one go, as at some moment between begin and end: who was erased before the scan came by
    is not there, who came after it may not be either.

    Args:
        folder: Of an embedded store.
        url: Of another one; None for the embedded one.
        out: The export's folder; an export that stands there is replaced as a whole.

    Returns:
        What was written.

    Raises:
        StoreError: If the store can't be asked, or is of a newer release.
        ExportError: If `out` is something else than an export, or can't be written.
    """
    EXPORT_FOLDER.check(out)
    with connected_store(folder, url) as store:
        mark: dict[str, str] = store.client.hgetall(LAYOUT_KEY)  # type: ignore[assignment]
        layout = mark.get("layout", "1")
        if not layout.isdigit() or int(layout) > STORE_LAYOUT:
            raise StoreError(
                f"the store has layout {layout}, and this release reads up to {STORE_LAYOUT}. "
                "Export with the release that wrote it."
            )
        try:
            with replacing_folder(out) as content:
                # It holds what users told, as the store does.
                content.chmod(_OWNER_ONLY)
                return _write(store, content, mark.get("dataset"))
        except OSError as error:
            raise ExportError(f"{out} can't be written: {error.strerror or error}.") from error


def _write(store: ConnectedStore, folder: Path, dataset: str | None) -> ExportDescription:
    begun = datetime.now(UTC)
    tables = {name: _Table(folder, name) for name in TABLES}
    unreadable = onboarding = 0
    for user_id, fields in chain.from_iterable(map(_users, store.servers)):
        unreadable += unreadable_fields(fields)
        user = known_user(fields)
        attributes = orjson.dumps(user.attributes).decode()
        tables["users"].add(user_id, attributes, user.created_at, user.updated_at)
        for one in user.feedback:
            is_action = isinstance(one.value, str)
            onboarding += one.asked
            tables["feedback"].add(
                user_id,
                one.item_id,
                None if is_action else one.value,
                one.value if is_action else None,
                one.weight,
                _EPOCH + timedelta(microseconds=one.microseconds),
                ONBOARDING if one.asked else None,
            )
    for item_id, content in store.client.hscan_iter(ITEMS_KEY, count=_SCANNED_AT_ONCE):
        tables["items"].add(item_id, *_item(content))
    written = {name: table.close() for name, table in tables.items()}
    description = ExportDescription(
        layout=LAYOUT,
        begun_at=begun,
        ended_at=datetime.now(UTC),
        dataset=dataset,
        users=written["users"],
        feedback=written["feedback"],
        items=written["items"],
        onboarding=onboarding,
        unreadable=unreadable,
    )
    (folder / EXPORT_FILE).write_text(description.model_dump_json(indent=2), encoding="utf-8")
    return description


def _users(server: Redis) -> Iterator[tuple[str, dict[str, str]]]:
    """Read every user of one server; one who goes meanwhile is passed over."""
    scanned = server.scan_iter(USER_KEYS, count=_SCANNED_AT_ONCE)
    while keys := list(islice(scanned, _READ_AT_ONCE)):
        with server.pipeline(transaction=False) as pipeline:
            for key in keys:
                pipeline.hgetall(key)
            found = pipeline.execute()
        for key, fields in zip(keys, found, strict=True):
            if fields:
                yield user_of_key(key), fields


def _item(content: str) -> tuple[str | None, str | None, bool]:
    """Read title, attributes as JSON, and whether it was deleted."""
    if not content:
        return None, None, True
    try:
        found = orjson.loads(content)
        return found.get("title"), orjson.dumps(found.get("attributes") or {}).decode(), False
    except (AttributeError, orjson.JSONDecodeError):
        # Written by another release: nothing is known of it but that it is there.
        return None, None, False


class _Table:
    """Writes rows to as many files as it takes.

    Args:
        folder: Where the files are.
        name: Of the table.
    """

    def __init__(self, folder: Path, name: str) -> None:
        self._folder = folder
        self._name = name
        self._rows: list[Sequence[Any]] = []
        self._files = 0
        self._written = 0

    def add(self, *row: object) -> None:
        """Add a row."""
        self._rows.append(row)
        if len(self._rows) == _ROWS_A_FILE:
            self._flush()

    def close(self) -> int:
        """Write what is left, at least one file; return how many rows there are."""
        if self._rows or not self._files:
            self._flush()
        return self._written

    def _flush(self) -> None:
        table = pl.DataFrame(self._rows, schema=TABLES[self._name], orient="row")
        with (self._folder / f"{self._name}-{self._files:05}.parquet").open("wb") as file:
            table.write_parquet(file)
        self._files += 1
        self._written += len(self._rows)
        self._rows = []
