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
_UTF_16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


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


@contextmanager
def opened_text(path: Path, encoding: str | None) -> Iterator[IO[str]]:
    """Open a text file, with the ends of its lines as they are.

    Args:
        path: The file.
        encoding: Its encoding; UTF-8 if None, or UTF-16 if it begins so.

    Yields:
        Its content.

    Raises:
        DatasetError: If it can't be read, or is in another encoding; the message names the line.
    """
    with opened(path) as file:
        start = file.read(2)
        file.seek(0)
        used = encoding or ("utf-16" if start in _UTF_16 else "utf-8-sig")
        text = io.TextIOWrapper(file, encoding=used, newline="")
        try:
            yield text
        except UnicodeError as error:
            raise DatasetError(_undecodable(path, used, error)) from error
        finally:
            text.detach()


def _undecodable(path: Path, encoding: str, error: UnicodeError) -> str:
    shown = "UTF-8" if encoding == "utf-8-sig" else encoding
    remedy = (
        "Name the file's encoding in its table of dataset.toml, such as "
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
