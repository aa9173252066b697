"""Find out how files are written, and read them."""

from __future__ import annotations

import csv
import os
import re
from collections import Counter
from dataclasses import replace
from pathlib import Path

import polars as pl

from model.data.proposal.columns import Column
from model.data.proposal.found_table import FoundTable
from model.data.proposal.names import tells
from model.data.proposal.parts import is_in_parts, parts_of_table
from model.data.proposal.unknown import texts_for_unknown
from model.data.proposal.without_header import names_by_content, plain_names
from model.data.reading import LINE, RawTable, TableFormat, partitions_of, read_raw
from model.data.reading.decimals import (
    has_decimal_commas,
    has_points_between_thousands,
    with_points,
)
from model.data.reading.files import encoding_by_start, kind_of, opened
from model.data.reading.raw_table import JSON, PARQUET, with_missing
from model.data.tables import can_be_named
from model.errors import DatasetError

_WORD = re.compile(r"\S+")
_TEXT = frozenset({".csv", ".tsv", ".txt", ".tab", ".dat", ".data", ".inter", ".user", ".item"})
_TABLES = _TEXT | JSON | PARQUET
_UNREAD = {
    ".xlsx", ".xls", ".ods", ".zip", ".bz2", ".xz", ".zst", ".7z", ".tar", ".tgz", ".orc", ".avro",
    ".feather", ".arrow", ".sqlite", ".db", ".pkl", ".h5", ".npz", ".xml", ".sql",
}  # fmt: skip
"""Of files that may well be data, and are of no kind that is read."""
_LOOKED_AT = 1 << 20
_LINES = 100
_SEPARATORS = (",", ";", "\t", "|", "::")
_SHOWN = 60
_PARQUET = b"PAR1"
_APOSTROPHE = "'"
_QUOTED = re.compile(r"'[^']+'")


def tables_in(folder: Path) -> tuple[list[FoundTable], list[str]]:
    """Read all tables of a folder.

    Args:
        folder: The folder.

    Returns:
        The tables, the longest first, and a sentence for each file that is none or needs a look.
    """
    found: list[FoundTable] = []
    told: list[str] = []
    try:
        paths = sorted(folder.iterdir())
    except OSError as error:
        raise DatasetError(f"{folder} can't be read: {error}.") from error
    for path in paths:
        if not _is_text(path.name):
            told.append(f"{os.fsencode(path.name)!r} is left out: its name is no UTF-8; rename it.")
            continue
        is_table = is_in_parts(path) or (kind_of(path) in _TABLES and path.is_file())
        if not is_table:
            told += _left_out(path)
            continue
        if not os.access(path, os.R_OK):
            raise DatasetError(
                f"{path} is not yours to read, and may well be what others refer to. Have it made "
                "readable, or move it away."
            )
        try:
            table = _table(folder, path, told)
        except DatasetError as error:
            told.append(f"{path.name} is left out: {error}")
            continue
        if (copied := next((one for one in found if one.holds_rows_of(table)), None)) is not None:
            told.append(f"{path.name} is left out: it has the same rows as {copied.name}.")
            continue
        at = next((i for i, one in enumerate(found) if table.continues(one)), None)
        if at is None:
            found.append(table)
        else:
            told += found[at].lost_beside(table)
            found[at] = found[at].with_rows_of(table)
    tables = [_as_numbers_and_unknown(table, told) for table in found]
    return sorted(tables, key=lambda one: -one.raw.rows), told


def _table(folder: Path, path: Path, told: list[str]) -> FoundTable:
    """Read a file, or the folder whose files are parts of a table."""
    if path.is_dir():
        files = [one for one in parts_of_table(path) if kind_of(one) in _TABLES]
        if not files:
            raise DatasetError("it is a folder without tables.")
        first, *more = (_table(folder, one, told) for one in files)
        for part in more:
            if not part.is_part_with(first):
                raise DatasetError(
                    f"it is a folder, and {part.names[0]} is written otherwise than "
                    f"{first.names[0]}, or has other columns: put its tables beside it."
                )
            first = first.with_rows_of(part)
        return first
    kind = kind_of(path)
    described = TableFormat() if kind in PARQUET else _format(path, kind, told)
    partitions = partitions_of(path.relative_to(folder).as_posix())
    raw = _without_odd_names(read_raw(path, described, partitions=partitions))
    if _is_headless(path, raw):
        described, raw = _named(path, described, raw, told)
    told += [f"{path.name}: {why} It is left out." for why in raw.left_out.values()]
    return FoundTable(folder, path, described, raw)


def _without_odd_names(raw: RawTable) -> RawTable:
    """Leave out columns that no description can name."""
    odd = [name for name in raw.table.columns if name != LINE and not can_be_named(name)]
    if not odd:
        return raw
    kept = [one for one in raw.table.iter_columns() if one.name not in odd]
    why = {name: f"A column can't be named {name!r}; rename it." for name in odd}
    return replace(raw, table=pl.DataFrame(kept), left_out=raw.left_out | why)


def _is_text(name: str) -> bool:
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return True


def _left_out(path: Path) -> list[str]:
    """Tell of what is no file of a table, if it may well be data."""
    if path.is_dir():
        if not os.access(path, os.R_OK | os.X_OK):
            return [f"{path.name} is a folder that is not yours to read, and left out."]
        if any(kind_of(inner) in _TABLES for inner in path.iterdir()):
            return [f"{path.name} is a folder, and left out: put its tables beside it."]
        return []
    if path.is_symlink() and not path.exists():
        return [f"{path.name} is left out: it is a link to nothing."]
    if path.suffix.lower() in _UNREAD:
        return [f"{path.name} is left out: no such file is read; save its tables as CSV."]
    return []


def _is_headless(path: Path, raw: RawTable) -> bool:
    """Tell whether a file's first line, which was taken for names of columns, is a row."""
    if not raw.header:
        raise DatasetError("it is empty.")
    if raw.header[0].startswith("sep="):
        raise DatasetError("its first line is an instruction to Excel, no names: remove it.")
    if kind_of(path) in JSON | PARQUET:
        for name, why in raw.left_out.items():
            for what in ("user", "item", "rating"):
                # Else another column would be taken for it.
                if tells(name, what) > 1 and not any(tells(n, what) > 1 for n in raw.table.columns):
                    raise DatasetError(why)
        return False
    for name in raw.table.columns:
        column = Column(name, raw.table.get_column(name))
        is_value = column.numbers is not None and Column("", pl.Series([name])).numbers is not None
        if name and name != LINE and (is_value or (column.known == name).any()):
            return True
    for name, why in raw.left_out.items():
        if any(tells(name, what) for what in ("user", "item", "rating")):
            raise DatasetError(why)
    return False


def _named(
    path: Path, described: TableFormat, headed: RawTable, told: list[str]
) -> tuple[TableFormat, RawTable]:
    """Read a file that has no header again, and name its columns by what they hold."""
    plain = plain_names(len(headed.header))
    raw = read_raw(path, described.model_copy(update={"columns": plain}))
    # As they will be read: with their numbers, and without what stands for unknown.
    found = _as_numbers_and_unknown(FoundTable(path.parent, path, described, raw), []).raw.table
    names = names_by_content(path, [Column(name, found.get_column(name)) for name in plain])
    shown = ", ".join(headed.header)[:_SHOWN]
    if names is None:
        raise DatasetError(
            f"its first line, {shown!r}, looks like a row. Put a line before it that names the "
            "columns, such as user, item and rating, parted as the rows are; or describe it by "
            'hand, with columns = ["user", "item", "rating"] in its table of dataset.toml.'
        )
    told.append(
        f"{path.name} has no line that names its columns: {shown!r} is a row. By what they hold "
        f"they are taken for {', '.join(names)}. Correct `columns` if that is wrong, as where "
        "items come before users."
    )
    return (
        described.model_copy(update={"columns": names}),
        replace(
            raw, table=raw.table.rename(dict(zip(plain, names, strict=True))), header=list(names)
        ),
    )


def _format(path: Path, kind: str, told: list[str]) -> TableFormat:
    with opened(path) as file:
        content = file.read()
    if content.startswith(_PARQUET):
        raise DatasetError("it is Parquet: let its name end with .parquet.")
    encoding = _encoding(content)
    text = content[:_LOOKED_AT].decode(encoding or encoding_by_start(content), errors="ignore")
    if encoding is not None:
        told.append(
            f"{path.name} is no UTF-8, and read as {encoding}: {_odd_word(content, encoding)!r} is "
            "a word of it. If that is none, name its encoding in its table of dataset.toml."
        )
    if kind in JSON:
        return TableFormat(encoding=encoding)
    lines = text.splitlines()[:_LINES]
    separator = _separator(lines, "\t" if kind == ".tsv" else ",")
    # What the reader finds out by itself need not be written down.
    is_plain = separator in (",", ";", "\t", "|")
    return TableFormat(
        separator=None if is_plain and kind != ".dat" else separator,
        quote=_APOSTROPHE if _has_apostrophes(lines, separator) else '"',
        encoding=encoding,
    )


def _has_apostrophes(lines: list[str], separator: str) -> bool:
    """Tell whether values are quoted by apostrophes: all those of some column, but for its name."""
    rows = [
        [value.strip() for value in line.split(separator)] for line in lines[1:] if line.strip()
    ]
    wide = zip(*(row for row in rows if len(row) == len(rows[0])), strict=True)
    return any(
        any(values) and all(not one or _QUOTED.fullmatch(one) for one in values) for values in wide
    )


def _encoding(content: bytes) -> str | None:
    """Return the encoding of a file; None for what the reader takes by itself."""
    try:
        content.decode(encoding_by_start(content))
    except UnicodeDecodeError:
        # Bytes that Latin-1 has control characters for are letters and quotes in Windows' version.
        if all(byte < 0x80 or byte >= 0xA0 for byte in content):
            return "latin-1"
    else:
        return None
    try:
        content.decode("cp1252")
    except UnicodeDecodeError as error:
        raise DatasetError(
            "its encoding is none of UTF-8, UTF-16, Latin-1 and Windows' (cp1252). Write it in "
            "UTF-8, or describe it by hand and name its encoding."
        ) from error
    return "cp1252"


def _odd_word(content: bytes, encoding: str) -> str:
    """Return the first word with a letter that is not of ASCII."""
    at = next(place for place, byte in enumerate(content) if byte >= 0x80)
    words: list[str] = _WORD.findall(content[max(0, at - _SHOWN) : at + _SHOWN].decode(encoding))
    return next(word for word in words if not word.isascii())


def _as_numbers_and_unknown(table: FoundTable, told: list[str]) -> FoundTable:
    """Take texts for unknown that programs write for it, and commas for those of decimals."""
    names = ", ".join(table.names)
    columns = [Column(one.name, one) for one in table.raw.table.drop(LINE).iter_columns()]
    missing = texts_for_unknown(columns)
    if missing:
        told.append(
            f"{names}: {', '.join(map(repr, missing))} in many cells is taken for unknown. If it "
            "is a name, take it out of `missing`."
        )
    raw = with_missing(table.raw, missing)
    texts = [column for column in raw.table.iter_columns() if column.dtype == pl.String]
    commas = [one.name for one in texts if has_decimal_commas(one)]
    thousands = [one.name for one in texts if has_points_between_thousands(one)]
    if commas:
        told.append(f"{names}: decimal commas in {', '.join(map(repr, commas))}.")
    if thousands:
        told.append(f"{names}: points between thousands in {', '.join(map(repr, thousands))}.")
    if commas or thousands:
        points = [with_points(raw.table.get_column(name)) for name in (*commas, *thousands)]
        raw = replace(raw, table=raw.table.with_columns(points))
    described = table.described.model_copy(
        update={"missing": tuple(missing), "decimal": "," if commas or thousands else "."}
    )
    return replace(table, described=described, raw=raw)


def _separator(lines: list[str], usual: str) -> str:
    """Return what parts the most values, as many in nearly every line."""
    best, found = 1.0, usual
    for separator in _SEPARATORS:
        if len(separator) > 1:
            widths = [len(line.split(separator)) for line in lines if line.strip()]
        else:
            try:
                widths = [len(row) for row in csv.reader(lines, delimiter=separator) if row]
            except csv.Error:
                continue
        if not widths:
            continue
        (width, times), *_ = Counter(widths).most_common(1)
        score = width * times / len(widths) if width > 1 and widths[0] == width else 0.0
        if score > best:
            best, found = score, separator
    return found
