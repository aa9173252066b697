"""Read items for a running service from what data sets are read from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

from model.catalogue.identifiers import MAX_ID_LENGTH, is_valid_id
from model.data.reading import LINE, read_raw
from model.data.reading.as_text import whole_ids
from model.data.reading.files import kind_of
from model.data.reading.json_rows import NO_OBJECT, numbered_objects
from model.data.reading.raw_table import JSON
from model.errors import DatasetError
from model.features.kinds import KINDS

_ID, _TITLE, _ATTRIBUTES = "item_id", "title", "attributes"


@dataclass(frozen=True)
class ReadItem:
    """An item of a file.

    Attributes:
        line: Where it stands.
        item_id: Its id.
        body: What the service is sent.
    """

    line: int
    item_id: str
    body: dict[str, Any]


@dataclass(frozen=True)
class ItemRows:
    """What a file holds.

    Attributes:
        items: The items.
        refused: Lines that hold none, and why.
    """

    items: list[ReadItem]
    refused: list[tuple[int, str]]

    @property
    def rows(self) -> int:
        """How many rows the file has; a blank line is none."""
        return len(self.items) + len(self.refused)


def read_items(file: Path, features: Mapping[str, Mapping[str, Any]], separator: str) -> ItemRows:
    """Read the items of a file.

    Args:
        file: The file.
        features: Attribute → what the service tells of it, its `kind` above all.
        separator: What parts several values in a cell of a table.

    Returns:
        The items.

    Raises:
        DatasetError: If the file can't be read.
    """
    if kind_of(file) in JSON and (found := _objects(file)) is not None:
        return found
    raw = read_raw(file)
    for why in raw.left_out.values():
        raise DatasetError(f"{file}: {why}")
    if _ID not in raw.header:
        raise DatasetError(f"{file} has no column item_id; it has {', '.join(raw.header)}.")
    table = raw.table.with_columns(whole_ids(raw.table.get_column(_ID)))
    refused = [(line, problem) for problem, lines in raw.malformed.items() for line in lines]
    items = []
    for row in table.iter_rows(named=True):
        line = row.pop(LINE)
        if row[_ID] is None or not is_valid_id(row[_ID]):
            refused.append((line, _no_id(row[_ID])))
            continue
        items.append(ReadItem(line, row[_ID], _item(row, features, separator)))
    return ItemRows(items, sorted(refused))


def _objects(file: Path) -> ItemRows | None:
    """Read objects as the service takes them; None if their attributes stand beside the title."""
    items: list[ReadItem] = []
    refused: list[tuple[int, str]] = []
    for number, row in numbered_objects(file, None):
        if row is None:
            refused.append((number, NO_OBJECT))
            continue
        if not isinstance(row.get(_ATTRIBUTES), dict):
            return None
        item_id = row.get(_ID)
        if isinstance(item_id, int) and not isinstance(item_id, bool):
            item_id = str(item_id)  # as a table of items has it
        if not isinstance(item_id, str) or not is_valid_id(item_id):
            refused.append((number, _no_id(item_id)))
            continue
        body = {_TITLE: item_id} | row | {_ID: item_id}
        try:
            orjson.dumps(body)
        except TypeError:
            refused.append((number, "it is nested too deep"))
            continue
        items.append(ReadItem(number, item_id, body))
    return ItemRows(items, refused)


def _no_id(value: object) -> str:
    shown = "nothing" if value is None else repr(value)[:60]
    return f"item_id is {shown}, not 1 to {MAX_ID_LENGTH} printable characters without '/'"


def _item(
    row: Mapping[str, Any], features: Mapping[str, Mapping[str, Any]], separator: str
) -> dict[str, Any]:
    attributes = {}
    for name, value in row.items():
        if name in (_ID, _TITLE) or value is None:
            continue
        kind = features.get(name, {}).get("kind")
        attributes[name] = _value(value, kind, separator)
    known = {name: value for name, value in attributes.items() if value not in (None, "", [])}
    title = (row.get(_TITLE) or "").strip()
    return {_ID: row[_ID], _TITLE: title or row[_ID], _ATTRIBUTES: known}


def _value(value: str | list[str], kind: str | None, separator: str) -> object:
    """Give a cell the type that its attribute has; what is no number stays for the service."""
    if isinstance(value, list):
        return value
    text = value.strip()
    known = KINDS.get(kind or "")
    return text if known is None else known.cell_as_json(text, separator)
