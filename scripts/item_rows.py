"""Read items for a running service from what data sets are read from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import orjson

from model.catalogue.identifiers import MAX_ID_LENGTH, is_valid_id
from model.data.description import ItemsTable
from model.data.reading import LINE, RawTable, read_raw
from model.data.reading.as_text import whole_ids
from model.data.reading.decimals import with_points
from model.data.reading.files import kind_of
from model.data.reading.json_rows import numbered_objects
from model.data.reading.raw_table import JSON
from model.errors import DatasetError
from model.features.kinds import KINDS, FeatureKind

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
        not_taken: Described features that the model does not have, which are not sent: a training
            drops those that are the same of all items.
    """

    items: list[ReadItem]
    refused: list[tuple[int, str]]
    not_taken: tuple[str, ...] = ()

    @property
    def rows(self) -> int:
        """How many rows the file has; a blank line is none."""
        return len(self.items) + len(self.refused)


def read_items(
    file: Path,
    features: Mapping[str, Mapping[str, Any]],
    separator: str,
    described: ItemsTable | None = None,
) -> ItemRows:
    """Read the items of a file.

    Args:
        file: The file.
        features: Attribute → what the service tells of it, its `kind` above all.
        separator: What parts several values in a cell of a table.
        described: How it is written, and what its columns are called; if None, `item_id`, `title`
            and the attributes.

    Returns:
        The items; of those with one id the first.

    Raises:
        DatasetError: If the file can't be read, or the model has none of the features described.
    """
    not_taken: tuple[str, ...] = ()
    if described is not None and described.features:
        taken = {name: one for name, one in described.features.items() if name in features}
        if not taken:
            raise DatasetError(
                f"the service's model has none of {', '.join(map(repr, described.features))}: it "
                "was trained on other data. Name those by --data."
            )
        not_taken = tuple(name for name in described.features if name not in taken)
        described = described.model_copy(update={"features": taken})
    if described is None and kind_of(file) in JSON and (found := _objects(file)) is not None:
        return _each_once(found)
    wanted = None
    if described is not None:
        titles = [] if described.title is None else [described.title]
        wanted = [described.id, *titles, *described.features]
    raw = read_raw(file, described, wanted)
    for why in raw.left_out.values():
        raise DatasetError(f"{file}: {why}")
    missing = [repr(name) for name in wanted or [_ID] if name not in raw.header]
    if missing:
        raise DatasetError(
            f"{file} has no column {', '.join(missing)}; it has: "
            f"{', '.join(raw.header) or 'none'}. The ids' column is {_ID}, or that of the data "
            "set that --data names."
        )
    return replace(_each_once(_rows(raw, features, separator, described)), not_taken=not_taken)


def _rows(
    raw: RawTable,
    features: Mapping[str, Mapping[str, Any]],
    separator: str,
    described: ItemsTable | None,
) -> ItemRows:
    id_column, title_column = (
        (_ID, _TITLE) if described is None else (described.id, described.title)
    )
    beside = {id_column, title_column, LINE}
    names = [name for name in raw.header if name not in beside]
    separators = {}
    if described is not None:
        names = list(described.features)
        separators = {name: one.separator for name, one in described.features.items()}
    kinds = {name: KINDS.get(features.get(name, {}).get("kind", "")) for name in names}
    table = raw.table
    if described is not None and described.decimal == ",":
        quantities = [name for name, kind in kinds.items() if kind is not None and kind.is_quantity]
        table = table.with_columns(with_points(table.get_column(name)) for name in quantities)
    table = table.with_columns(whole_ids(table.get_column(id_column)))
    items = []
    refused = [(line, problem) for problem, lines in raw.malformed.items() for line in lines]
    for row in table.iter_rows(named=True):
        item_id, line = row[id_column], row[LINE]
        if item_id is None or not is_valid_id(item_id):
            refused.append((line, _no_id(item_id)))
            continue
        attributes = {
            name: _value(row[name], kinds[name], separators.get(name, separator))
            for name in names
            if row[name] is not None
        }
        known = {name: one for name, one in attributes.items() if one not in ("", [], None)}
        title = (row.get(title_column or id_column) or "").strip()
        body = {_ID: item_id, _TITLE: title or item_id, _ATTRIBUTES: known}
        items.append(ReadItem(line, item_id, body))
    return ItemRows(items, refused)


def _each_once(found: ItemRows) -> ItemRows:
    """Refuse items whose id stands before in the file, as training does."""
    lines: dict[str, int] = {}
    items, refused = [], list(found.refused)
    for item in found.items:
        first = lines.get(item.item_id)
        if first is None:
            lines[item.item_id] = item.line
            items.append(item)
        else:
            refused.append((item.line, f"item_id {item.item_id!r} stands before, in line {first}"))
    return ItemRows(items, sorted(refused))


def _objects(file: Path) -> ItemRows | None:
    """Read objects as the service takes them; None if their attributes stand beside the title."""
    rows = list(numbered_objects(file, None))
    objects = [row for _, row in rows if not isinstance(row, str)]
    if not any(isinstance(row.get(_ATTRIBUTES), dict) for row in objects):
        return None
    items: list[ReadItem] = []
    refused: list[tuple[int, str]] = []
    for number, row in rows:
        if isinstance(row, str):
            refused.append((number, row))
            continue
        item_id = _id_of(row.get(_ID))
        attributes = row.get(_ATTRIBUTES)
        if not isinstance(item_id, str) or not is_valid_id(item_id):
            refused.append((number, _no_id(item_id)))
            continue
        if not isinstance(attributes, dict | None):
            refused.append((number, "attributes is no object"))
            continue
        body = {**row, _ID: item_id, _TITLE: row.get(_TITLE) or item_id}
        body[_ATTRIBUTES] = attributes or {}
        try:
            orjson.dumps(body)
        except TypeError as error:
            refused.append((number, f"it can't be sent: {error}"))
            continue
        items.append(ReadItem(number, item_id, body))
    return ItemRows(items, refused)


def _id_of(value: object) -> object:
    """Write a whole number as a table of items has it."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return value
    return str(int(value)) if float(value).is_integer() else value


def _no_id(value: object) -> str:
    shown = "nothing" if value is None else repr(value)[:60]
    return f"item_id is {shown}, not 1 to {MAX_ID_LENGTH} printable characters without '/'"


def _value(value: str | list[str], kind: FeatureKind | None, separator: str) -> object:
    """Give a cell the type that its attribute has; what is no number stays for the service."""
    if isinstance(value, list):
        return value
    text = value.strip()
    return text if kind is None else kind.cell_as_json(text, separator)
