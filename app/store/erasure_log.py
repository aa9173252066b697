"""A record of erasures beside the store, for the day when a backup brings erased users back.

    melu-erasures <salt>
    <seconds since the epoch> <digest of the user's id, with the salt>
    …

It names nobody: a digest tells only whoever has an id, and the file, that this id was erased.
"""

from __future__ import annotations

import asyncio
import logging
import os
import secrets
import time
from contextlib import suppress
from errno import ENOSPC
from hashlib import blake2b
from math import isfinite
from pathlib import Path

from cachetools import TTLCache

logger = logging.getLogger("uvicorn.error")

_HEAD = "melu-erasures"
_SALT_BYTES = 16
_END = b"\n"
_REPEATED_SECONDS = 60
_MOST_REPEATED = 10_000


class ErasureLogError(Exception):
    """The file is no record of erasures, or can't be read."""


class ErasureLog:
    """Appends to the record; processes may share it.

    Args:
        path: The file, made if missing; None keeps no record.
    """

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._salt: bytes | None = None
        # Digests, as in the record.
        self._noted: TTLCache[str, None] = TTLCache(_MOST_REPEATED, _REPEATED_SECONDS)

    async def note(self, user_id: str, *, was_stored: bool = True) -> None:
        """Record that a user was erased; what can't be written is told in the log.

        Args:
            user_id: The user.
            was_stored: Whether there was anything to erase. Training data may name whom the store
                does not, so these are recorded too; but not again and again within a minute, or
                whoever repeats a harmless call makes the file grow.
        """
        if self._path is None:
            return
        if (
            not was_stored
            and self._salt is not None
            and _digest(user_id, self._salt) in self._noted
        ):
            return
        try:
            self._noted[await asyncio.to_thread(self._append, self._path, user_id)] = None
        except (OSError, ErasureLogError) as error:
            logger.warning("the record of erasures can't be written: %s", type(error).__name__)

    def _append(self, path: Path, user_id: str) -> str:
        if self._salt is None:
            self._salt = _salt_of(path)
        digest = _digest(user_id, self._salt)
        line = f"{time.time():.3f} {digest}".encode() + _END
        descriptor = os.open(path, os.O_RDWR | os.O_APPEND)
        try:
            # A full disk may have cut the last line off, and would take this one along.
            size = os.fstat(descriptor).st_size
            if size and os.pread(descriptor, 1, size - 1) != _END:
                line = _END + line
            if os.write(descriptor, line) != len(line):
                raise OSError(ENOSPC, os.strerror(ENOSPC))
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
        return digest


class Erasures:
    """The record, read.

    Args:
        path: The file.

    Raises:
        ErasureLogError: If it is none, or can't be read.
    """

    def __init__(self, path: Path) -> None:
        try:
            head, *lines = path.read_text(encoding="ascii").splitlines() or [""]
        except (OSError, UnicodeError) as error:
            raise ErasureLogError(f"{path} can't be read: {error}.") from error
        self._salt = _parsed(head, path)
        self._erased: dict[str, float] = {}
        for line in lines:
            when, _, digest = line.partition(" ")
            # A line that was cut off by a full disk names nobody.
            with suppress(ValueError):
                at = float(when)
                if isfinite(at):
                    self._erased[digest] = max(at, self._erased.get(digest, 0.0))

    def erased_at(self, user_id: str) -> float | None:
        """Return when a user was last erased, in seconds since the epoch; None if never."""
        return self._erased.get(_digest(user_id, self._salt))


def _salt_of(path: Path) -> bytes:
    """Return the salt of a record, beginning one where there is none."""
    path.parent.mkdir(parents=True, exist_ok=True)
    begun = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    begun.write_text(f"{_HEAD} {secrets.token_hex(_SALT_BYTES)}\n", encoding="ascii")
    begun.chmod(0o600)
    try:
        # Whole or not at all, whoever else begins one at the same time.
        os.link(begun, path)
    except FileExistsError:
        pass
    finally:
        begun.unlink()
    with path.open(encoding="ascii") as file:
        return _parsed(file.readline(), path)


def _parsed(head: str, path: Path) -> bytes:
    name, _, salt = head.strip().partition(" ")
    try:
        if name == _HEAD and salt:
            return bytes.fromhex(salt)
    except ValueError:
        pass
    raise ErasureLogError(f"{path} is no record of erasures.")


def _digest(user_id: str, salt: bytes) -> str:
    return blake2b(user_id.encode(), key=salt, digest_size=16).hexdigest()
