"""Servers under test, each a process of its own on a core of its own."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import httpx

from app.settings import ENVIRONMENT_PREFIX
from model.errors import ModelError

_START_SECONDS = 90.0
_STOP_SECONDS = 20.0
_POLL_SECONDS = 0.02
_LOGGED_CHARACTERS = 2000


class ServerError(ModelError):
    """A server under test does not start."""


@dataclass(frozen=True)
class RunningServer:
    """A server that answers.

    Attributes:
        url: Where.
        process_id: Its process.
        ready_s: Seconds from the start of the process until it was ready.
    """

    url: str
    process_id: int
    ready_s: float

    @property
    def rss_mib(self) -> float:
        """Resident memory now."""
        return self._kibibytes("VmRSS") / 1024

    @property
    def peak_rss_mib(self) -> float:
        """Most resident memory so far."""
        return self._kibibytes("VmHWM") / 1024

    @property
    def processor_seconds(self) -> float:
        """Processor time since its start."""
        status = Path(f"/proc/{self.process_id}/stat").read_text(encoding="utf-8")
        # The name before it may hold spaces.
        user, system = status.rpartition(")")[2].split()[11:13]
        return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")

    def _kibibytes(self, name: str) -> int:
        status = Path(f"/proc/{self.process_id}/status").read_text(encoding="utf-8")
        (line,) = (line for line in status.splitlines() if line.startswith(f"{name}:"))
        return int(line.split()[1])


def cores() -> tuple[int, int]:
    """Choose a core for servers and one for everything else.

    Returns:
        Two cores that this process may use; the same one twice if there is no other.

    Raises:
        ServerError: If the system can't keep a process on a core.
    """
    if not hasattr(os, "sched_getaffinity"):
        raise ServerError("this system can't keep a process on one core; measure on Linux.")
    usable = sorted(os.sched_getaffinity(0))
    return usable[0], usable[-1]


@contextmanager
def pinned(core: int) -> Iterator[None]:
    """Keep the processes that a block starts on one core.

    Args:
        core: Which.

    Yields:
        Nothing.
    """
    usual = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {core})
    try:
        yield
    finally:
        os.sched_setaffinity(0, usual)


@contextmanager
def running_server(
    arguments: Sequence[str], log: Path, core: int, settings: Mapping[str, str] | None = None
) -> Iterator[RunningServer]:
    """Run a server of this project until the block ends.

    Args:
        arguments: A Python module and its arguments; `--port` is added.
        log: Where its output goes.
        core: Where it runs.
        settings: Environment variables of its own.

    Yields:
        The server.

    Raises:
        ServerError: If it does not get ready.
    """
    port = free_port()
    # Settings of the caller's environment are not for this server.
    inherited = {k: v for k, v in os.environ.items() if not k.startswith(ENVIRONMENT_PREFIX)}
    started = time.perf_counter()
    with log.open("wb") as output, pinned(core):
        process = subprocess.Popen(  # noqa: S603 - a fixed command, no shell
            [sys.executable, "-m", *arguments, "--port", str(port)],
            env=inherited | dict(settings or {}),
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    url = f"http://127.0.0.1:{port}"
    try:
        if not _gets_ready(process, url):
            tail = log.read_text(encoding="utf-8", errors="replace")[-_LOGGED_CHARACTERS:].strip()
            raise ServerError(f"{' '.join(arguments)} did not get ready:\n{tail}")
        yield RunningServer(url, process.pid, time.perf_counter() - started)
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def free_port() -> int:
    """Return a TCP port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


def _gets_ready(process: subprocess.Popen[bytes], url: str) -> bool:
    end = time.monotonic() + _START_SECONDS
    with httpx.Client(timeout=5) as client:
        while time.monotonic() < end and process.poll() is None:
            with suppress(httpx.HTTPError):
                if client.get(f"{url}/readyz").is_success:
                    return True
            time.sleep(_POLL_SECONDS)
    return False
