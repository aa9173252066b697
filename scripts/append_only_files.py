"""The files of an embedded store, as they belong together at one moment."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from io import BufferedReader
from pathlib import Path

from scripts.store_connection import StoreError

_NAMED = re.compile(rb"^file (?P<name>\S+) seq \d+ type (?P<kind>[a-z])$", re.MULTILINE)
_REPLACED = b"h"
_ATTEMPTS = 100


@contextmanager
def opened_files(folder: Path) -> Iterator[list[BufferedReader]]:
    """Open the manifest and all files that it names, though a server may be writing them anew.

    A server that writes its files anew puts another manifest in the place of the one before, and
    deletes what that named. So files that were opened between two looks at one manifest belong
    together; what is deleted afterwards can still be read, and what is added to the last of them
    meanwhile belongs to it too. The server need not be asked, nor kept from anything.

    Args:
        folder: Where the files are.

    Yields:
        The files, the manifest last.

    Raises:
        StoreError: If there is no manifest, or it names what is not there.
        OSError: If a file can't be opened.
    """
    with ExitStack() as stack:
        yield _opened(folder, stack)


def _opened(folder: Path, stack: ExitStack) -> list[BufferedReader]:
    for _ in range(_ATTEMPTS):
        with ExitStack() as opened:
            path = next(iter(sorted(folder.glob("*.manifest"))), None)
            if path is None:
                raise StoreError(f"there is no store in {folder.parent}: no manifest in {folder}.")
            try:
                manifest = opened.enter_context(path.open("rb"))
                named = [
                    opened.enter_context((folder / found["name"].decode()).open("rb"))
                    for found in _NAMED.finditer(manifest.read())
                    if found["kind"] != _REPLACED
                ]
                manifest.seek(0)
                is_current = path.read_bytes() == manifest.read()
            except FileNotFoundError:
                continue  # deleted before it was opened: there is another manifest by now
            if is_current:
                manifest.seek(0)
                stack.push(opened.pop_all())
                return [*named, manifest]
    raise StoreError(f"the store in {folder.parent} is damaged: files of its manifest are missing.")
