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
from hashlib import blake2b
from pathlib import Path

logger = logging.getLogger("uvicorn.error")

_HEAD = "melu-erasures"
_SALT_BYTES = 16


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

    async def note(self, user_id: str) -> None:
        """Record that a user was erased; what can't be written is told in the log."""
        if self._path is None:
            return
        try:
            await asyncio.to_thread(self._append, self._path, user_id)
        except (OSError, ErasureLogError) as error:
            logger.warning("the record of erasures can't be written: %s", type(error).__name__)

    def _append(self, path: Path, user_id: str) -> None:
        if self._salt is None:
            self._salt = _salt_of(path)
        line = f"{time.time():.3f} {_digest(user_id, self._salt)}\n"
        descriptor = os.open(path, os.O_WRONLY | os.O_APPEND)
        try:
            os.write(descriptor, line.encode())
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


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
                self._erased[digest] = max(float(when), self._erased.get(digest, 0.0))

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
