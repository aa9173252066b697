"""Read JSON lines, an object a line; or a list of objects, over however many lines."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import chain, dropwhile
from pathlib import Path
from typing import Any

import orjson
import polars as pl

from model.data.reading.files import opened_text
from model.data.reading.format import TableFormat
from model.errors import DatasetError

NO_OBJECT = "a line is no JSON object"
_BETWEEN = re.compile(r"[\s,]*")
_NAME = re.compile(r'"\s*:')
"""The end of a name; within a text it may look so too."""
_CONSTANT = re.compile(r"NaN|Infinity")
_MOST_OF_64_BITS = 2.0**63
_SHOWN = 40


@dataclass
class JsonRows:
    """Rows of JSON lines.

    Attributes:
        header: Names that any object has, in the order in which they first come.
        columns: Name → values, as JSON has them; None where an object does not have the name.
        lines: Line of the file that each row stands on.
        malformed: What is wrong → lines that hold no object.
    """

    header: list[str]
    columns: dict[str, list[Any]]
    lines: pl.Series
    malformed: dict[str, list[int]] = field(default_factory=dict)


def numbered_objects(
    path: Path, encoding: str | None
) -> Iterator[tuple[int, dict[str, Any] | str]]:
    """Read an object a line, where a blank line is nothing; or the objects of a list.

    An object that names something twice is none: readers differ in which of the two they take.

    Args:
        path: The file.
        encoding: Its encoding; found out if None.

    Yields:
        The number of the line that it begins on, and the object; or, in words, what is wrong.

    Raises:
        DatasetError: If it is in another encoding, or a list is no JSON.
    """
    with opened_text(path, encoding) as file:
        lines = dropwhile(lambda numbered: not numbered[1].strip(), enumerate(file, start=1))
        first, start = next(lines, (1, ""))
        if start.lstrip().startswith("["):
            yield from _listed(path, first, start + file.read())
            return
        for number, line in chain([(first, start)], lines):
            if not line.strip():
                continue
            yield number, _object(line)


def _listed(path: Path, line: int, text: str) -> Iterator[tuple[int, dict[str, Any] | str]]:
    """Read the objects of a list, with the lines that they begin on."""
    twice: list[str] = []
    decoder = json.JSONDecoder(
        parse_constant=_constant, object_pairs_hook=partial(_noting_names, twice)
    )
    begin, place = 0, text.index("[") + 1
    while (found := _BETWEEN.match(text, place)) and (place := found.end()) < len(text):
        line += text.count("\n", begin, place)
        begin = place
        if text[place] == "]" and not text[place + 1 :].strip():
            return
        try:
            row, place = decoder.raw_decode(text, place)
            json.dumps(row, ensure_ascii=False).encode()
        except (ValueError, RecursionError) as error:
            raise DatasetError(f"{path}: line {line} is no JSON: {error}. Correct it.") from error
        yield line, _named_twice(twice) or (row if isinstance(row, dict) else NO_OBJECT)
        twice.clear()
    raise DatasetError(f"{path} is cut off: the list that it begins with has no end.")


def _constant(name: str) -> str | None:
    return None if name == "NaN" else name


def _object(line: str) -> dict[str, Any] | str:
    row = _value(line)
    if not isinstance(row, dict):
        return NO_OBJECT
    # As many names as values: nothing is within them, and nothing stands twice.
    if line.count(":") == len(row) or len(_NAME.findall(line)) == len(row):
        return row
    twice: list[str] = []
    try:
        json.loads(line, object_pairs_hook=partial(_noting_names, twice))
    except (ValueError, RecursionError):
        return NO_OBJECT
    return _named_twice(twice) or row


def _noting_names(twice: list[str], pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Make an object of names and values, and note the names that stand in it before."""
    found: dict[str, Any] = dict(pairs)
    if len(found) < len(pairs):
        twice += (name for name, count in Counter(name for name, _ in pairs).items() if count > 1)
    return found


def _named_twice(twice: list[str]) -> str | None:
    return f"an object has the name {twice[0][:_SHOWN]!r} twice" if twice else None


def _value(line: str) -> Any:  # noqa: ANN401 - JSON
    """Read a line; None if it is no JSON."""
    try:
        row = orjson.loads(line)
    except orjson.JSONDecodeError:
        return _as_python_writes_it(line) if _CONSTANT.search(line) else None
    if isinstance(row, dict) and any(
        isinstance(value, float) and abs(value) >= _MOST_OF_64_BITS for value in row.values()
    ):
        return _as_python_writes_it(line)  # it may be an id, whose last digits are lost
    return row


def _as_python_writes_it(line: str) -> Any:  # noqa: ANN401 - JSON
    """Read NaN, which is unknown, infinity, which is left to be refused, and every whole number."""
    try:
        row = json.loads(line, parse_constant=_constant)
        json.dumps(row, ensure_ascii=False).encode()  # half a surrogate is no text
    except (ValueError, RecursionError):
        return None
    return row


def read_json_lines(path: Path, described: TableFormat, wanted: Sequence[str] | None) -> JsonRows:
    """Read JSON lines, or a list of objects.

    Args:
        path: The file.
        described: Its encoding.
        wanted: Names to read, as far as there are such; all if None.

    Returns:
        Its rows.

    Raises:
        DatasetError: If it is in another encoding.
    """
    rows: list[dict[str, Any]] = []
    lines: list[int] = []
    malformed: dict[str, list[int]] = {}
    header: dict[str, None] = {}
    for number, row in numbered_objects(path, described.encoding):
        if isinstance(row, str):
            malformed.setdefault(row, []).append(number)
            continue
        header |= dict.fromkeys(row)
        rows.append(row)
        lines.append(number)
    if not rows and malformed:
        raise DatasetError(f"{path} holds no JSON objects: write one a line, or a list of them.")
    names = list(header) if wanted is None else [name for name in wanted if name in header]
    columns = {name: [row.get(name) for row in rows] for name in names}
    return JsonRows(list(header), columns, pl.Series(lines, dtype=pl.Int64), malformed)
