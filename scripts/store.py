"""`melu store`: look after the store of a service."""

from __future__ import annotations

import tarfile
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import chain
from pathlib import Path

from redis import Redis
from rich.table import Table

from app.store.erasure_log import ErasureLogError, Erasures
from app.store.keys import (
    ERASED_CHANNEL,
    LAYOUT_KEY,
    digest_of_user,
    keys_of_user,
    user_of_key,
)
from app.store.layout import LAYOUT, warnings_of_server
from app.store.records import unreadable_fields
from scripts.append_only_files import opened_files
from scripts.store_connection import (
    USER_KEYS,
    StoreError,
    connected_store,
    info_of,
)
from scripts.terminal import output

_REWRITE_SECONDS = 600
_POLL_SECONDS = 0.1
_FILES = "appendonlydir"
_AT_ONCE = 500
_OWNER_ONLY = 0o600
_MICROSECONDS = 1_000_000


def check_store(folder: Path, url: str | None) -> bool:
    """Print what is in a store, and what is wrong with it.

    Args:
        folder: Of an embedded store.
        url: Of another one; None for the embedded one.

    Returns:
        Whether all is well.

    Raises:
        StoreError: If it can't be asked.
    """
    with connected_store(folder, url) as store:
        mark: dict[str, str] = store.client.hgetall(LAYOUT_KEY)  # type: ignore[assignment]
        problems = list(dict.fromkeys(chain.from_iterable(map(_warnings, store.servers))))
        layout = mark.get("layout", "none yet")
        if layout.isdigit() and int(layout) > LAYOUT:
            problems.append(f"Layout {layout} is newer than this release reads ({LAYOUT}).")
        counts = [_count(server) for server in store.servers]
        users, unreadable = (sum(numbers) for numbers in zip(*counts, strict=True))
        if unreadable:
            problems.append(f"{unreadable:,} values can't be read by this release.")
        table = Table(show_header=False)
        for name, value in (
            (
                "server",
                ", ".join(
                    str(info_of(one, "server").get("redis_version")) for one in store.servers
                ),
            ),
            ("layout", layout),
            ("data set", mark.get("dataset", "none yet")),
            ("users", f"{users:,}"),
            ("memory", f"{store.total('memory', 'used_memory'):,} bytes"),
            ("append-only file", f"{store.total('persistence', 'aof_current_size'):,} bytes"),
        ):
            table.add_row(name, value)
    output.print(table)
    for problem in problems:
        output.print(problem)
    return not problems


def rewrite_store(folder: Path, url: str | None) -> None:
    """Have the append-only file written anew, without what was erased or overwritten.

    Args:
        folder: Of an embedded store.
        url: Of another one; None for the embedded one.

    Raises:
        StoreError: If it can't be asked, or does not succeed.
    """
    with connected_store(folder, url) as store:
        before = store.total("persistence", "aof_current_size")
        for server in store.servers:
            _rewrite(server)
        now = store.total("persistence", "aof_current_size")
    output.print(f"{before:,} bytes before, {now:,} bytes now.")


def _rewrite(server: Redis) -> None:
    if not int(info_of(server, "persistence").get("aof_enabled", 0)):
        raise StoreError("the store writes no append-only file: set appendonly yes.")
    _wait_for_rewrite(server)
    server.bgrewriteaof()
    _wait_for_rewrite(server)
    if info_of(server, "persistence").get("aof_last_bgrewrite_status") != "ok":
        raise StoreError("the rewrite failed; the store's own log has the reason.")


def back_up_store(folder: Path, file: Path) -> None:
    """Copy the files of an embedded store into an archive, whether it runs or not.

    Args:
        folder: The store's.
        file: The archive, .tar or .tar.gz; it must not exist.

    Raises:
        StoreError: If there are no files, or the archive can't be written.
    """
    files = folder / _FILES
    if not files.is_dir():
        raise StoreError(f"there is no store in {folder}: no folder {_FILES}.")
    mode = "x:gz" if file.suffix in (".gz", ".tgz") else "x"
    try:
        # Whole or not at all: a part of a backup looks like one.
        with (
            _whole(file) as part,
            opened_files(files) as opened,
            tarfile.open(part, mode) as archive,  # type: ignore[call-overload]
        ):
            for one in opened:
                name = f"{_FILES}/{Path(one.name).name}"
                archive.addfile(archive.gettarinfo(arcname=name, fileobj=one), one)
    except FileExistsError as error:
        raise StoreError(f"{file} is there already; name another file.") from error
    except OSError as error:
        raise StoreError(f"{file} can't be written: {error.strerror or error}.") from error
    output.print(f"{file} has the store, {file.stat().st_size:,} bytes.")


@contextmanager
def _whole(file: Path) -> Iterator[Path]:
    """Give another place to write a file at, which gets its name when the block ends well.

    Args:
        file: The file.

    Yields:
        The place, on the same file system.

    Raises:
        FileExistsError: If there is such a file.
    """
    if file.exists():
        raise FileExistsError(file)
    with tempfile.TemporaryDirectory(prefix=f".{file.name}-", dir=file.parent) as folder:
        part = Path(folder) / file.name
        yield part
        part.chmod(_OWNER_ONLY)  # as the store's folder is
        part.rename(file)


def replay_erasures(file: Path, folder: Path, url: str | None) -> None:
    """Erase again whom a restored store has and the record of erasures names.

    Args:
        file: The record.
        folder: Of an embedded store.
        url: Of another one; None for the embedded one.

    Raises:
        StoreError: If the store can't be asked, or the file is no such record.
    """
    try:
        erasures = Erasures(file)
    except ErasureLogError as error:
        raise StoreError(str(error)) from error
    looked_at = erased = 0
    with connected_store(folder, url) as store:
        for key in chain.from_iterable(
            server.scan_iter(USER_KEYS, count=_AT_ONCE) for server in store.servers
        ):
            looked_at += 1
            user_id = user_of_key(key)
            at = erasures.erased_at(user_id)
            if at is None:
                continue
            created = int(store.client.hget(key, "created") or 0)
            # Who came back after the erasure is another user.
            if created <= at * _MICROSECONDS:
                for one in keys_of_user(user_id):
                    store.client.delete(one)
                store.client.publish(ERASED_CHANNEL, digest_of_user(user_id))
                erased += 1
    output.print(f"{erased:,} of {looked_at:,} users were erased again.")


def _warnings(server: Redis) -> list[str]:
    return warnings_of_server(info_of(server, "persistence"), info_of(server, "memory"))


def _wait_for_rewrite(store: Redis) -> None:
    end = time.monotonic() + _REWRITE_SECONDS
    while True:
        persistence = info_of(store, "persistence")
        waits = ("aof_rewrite_in_progress", "aof_rewrite_scheduled")
        if not any(int(persistence.get(name, 0)) for name in waits):
            return
        if time.monotonic() > end:
            raise StoreError(f"the rewrite is not done after {_REWRITE_SECONDS} s.")
        time.sleep(_POLL_SECONDS)


def _count(store: Redis) -> tuple[int, int]:
    """Count users, and what of them can't be read."""
    users = unreadable = 0
    keys: list[str] = []

    def look() -> None:
        nonlocal unreadable
        with store.pipeline(transaction=False) as pipeline:
            for key in keys:
                pipeline.hgetall(key)
            unreadable += sum(unreadable_fields(fields) for fields in pipeline.execute())
        keys.clear()

    for key in store.scan_iter(USER_KEYS, count=_AT_ONCE):
        users += 1
        keys.append(key)
        if len(keys) >= _AT_ONCE:
            look()
    look()
    return users, unreadable
