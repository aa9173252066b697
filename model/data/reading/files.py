"""Open files as they come: packed or not, in whatever encoding."""

from __future__ import annotations

import codecs
import gzip
import io
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, cast

from model.errors import DatasetError

_GZIP = b"\x1f\x8b"
_MARKS = {
    codecs.BOM_UTF32_LE: "utf-32",  # before UTF-16, whose mark begins it
    codecs.BOM_UTF32_BE: "utf-32",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}
_UTF_8 = "utf-8-sig"
_LOOKED_AT = 4


@contextmanager
def opened(path: Path) -> Iterator[IO[bytes]]:
    """Open a file, and unpack it if it is packed by gzip.

    The path is opened as it is: to some readers brackets in it are a pattern.

    Args:
        path: The file.

    Yields:
        Its content.

    Raises:
        DatasetError: If it can't be read.
    """
    try:
        with path.open("rb") as file:
            if file.peek(len(_GZIP))[: len(_GZIP)] == _GZIP:
                with gzip.open(file) as unpacked:
                    yield cast("IO[bytes]", unpacked)
            else:
                yield file
    except (OSError, EOFError, zlib.error) as error:  # the latter of packed files that are damaged
        raise DatasetError(f"{path} can't be read: {error}.") from error


def kind_of(path: Path) -> str:
    """Return the ending of a file's name that tells its kind, in small letters."""
    suffixes = [suffix.lower() for suffix in path.suffixes]
    if suffixes and suffixes[-1] == ".gz":
        suffixes.pop()
    return suffixes[-1] if suffixes else ""


def encoding_by_start(start: bytes) -> str:
    """Tell an encoding by the first bytes of a file: UTF-8, unless they are of UTF-16 or UTF-32."""
    for mark, encoding in _MARKS.items():
        if start.startswith(mark):
            return encoding
    # Without a mark every other byte of Latin letters is empty.
    empty = [byte == 0 for byte in start[:_LOOKED_AT]]
    if empty == [False, True, False, True]:
        return "utf-16-le"
    return "utf-16-be" if empty == [True, False, True, False] else _UTF_8


def _encoding(described: str | None, start: bytes) -> str:
    """Return the encoding to read by: as described, without the mark that a file may begin with."""
    found = encoding_by_start(start)
    if described is None:
        return found
    name = codecs.lookup(described).name
    if name == "utf-8":
        return _UTF_8
    is_marked = any(start.startswith(mark) for mark in _MARKS)
    return found if is_marked and name.startswith(found) else described


@contextmanager
def opened_text(path: Path, encoding: str | None) -> Iterator[IO[str]]:
    """Open a text file, with the ends of its lines as they are.

    Args:
        path: The file.
        encoding: Its encoding; found by its first bytes if None.

    Yields:
        Its content.

    Raises:
        DatasetError: If it can't be read, or is in another encoding; the message names the line.
    """
    with opened(path) as file:
        start = file.read(_LOOKED_AT)
        file.seek(0)
        used = _encoding(encoding, start)
        text = io.TextIOWrapper(file, encoding=used, newline="")
        try:
            yield text
        except UnicodeError as error:
            raise DatasetError(_undecodable(path, used, error)) from error
        finally:
            text.detach()


def _undecodable(path: Path, encoding: str, error: UnicodeError) -> str:
    shown = "UTF-8" if encoding == _UTF_8 else encoding
    remedy = (
        "Write the file in UTF-8, or name its encoding in its table of dataset.toml, such as "
        f'encoding = "{"latin-1" if shown == "UTF-8" else "utf-8"}".'
    )
    with opened(path) as file:
        for number, line in enumerate(file, start=1):
            try:
                line.decode(encoding)
            except UnicodeDecodeError as fault:
                byte = line[fault.start]
                return (
                    f"{path}: line {number} is no {shown} (byte 0x{byte:02x} at "
                    f"{line[max(0, fault.start - 20) : fault.start + 20]!r}). {remedy}"
                )
            except UnicodeError:
                break
    return f"{path} is no {shown} ({error}). {remedy}"
