"""Load on a server, made by wrk in a process of its own.

wrk keeps a rate by delaying each request until it is due. With far more connections than requests
under way, a slow answer holds no other request back, so its slowness is not hidden.
"""

import json
import math
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.resources import as_file, files
from pathlib import Path

from model.errors import ModelError
from scripts.benchmark.servers import pinned

_STALL_SECONDS = 0.5
_LEAST_CONNECTIONS = 8
_SPARE_SECONDS = 30


class LoadError(ModelError):
    """The load could not be made."""


@dataclass(frozen=True)
class HttpRequest:
    """One request to send.

    Attributes:
        path: Path and query.
        body: JSON of a POST; None for a GET.
    """

    path: str
    body: str | None = None

    def line(self) -> str:
        """Write it as the script reads it."""
        return f"{'GET' if self.body is None else 'POST'}\t{self.path}\t{self.body or ''}\n"


@dataclass(frozen=True)
class Measured:
    """How a server took a load.

    Attributes:
        answers: Number of answers.
        seconds: From the first request to the last answer.
        errors: Failed connections, time-outs and answers that are no success.
        p50_ms: Median milliseconds from request to answer.
        p99_ms: The 99th percentile.
        worst_delay_ms: Most milliseconds that a request of a constant rate was sent too late.
    """

    answers: int
    seconds: float
    errors: int
    p50_ms: float
    p99_ms: float
    worst_delay_ms: float

    @property
    def rps(self) -> float:
        """Answers a second."""
        return self.answers / self.seconds if self.seconds else 0.0


def require_wrk() -> str:
    """Return the path of wrk.

    Returns:
        The program.

    Raises:
        LoadError: If there is none.
    """
    program = shutil.which("wrk")
    if program is None:
        raise LoadError("there is no wrk on this machine; install it: apt-get install wrk.")
    return program


class Load:
    """Makes load from one core.

    Args:
        folder: For the files that wrk reads.
        core: Where wrk runs.
    """

    def __init__(self, folder: Path, core: int) -> None:
        self._wrk = require_wrk()
        self._file = folder / "requests.txt"
        self._core = core

    def peak(
        self, url: str, requests: Sequence[HttpRequest], seconds: int, connections: int
    ) -> Measured:
        """Send requests over and over, as fast as the answers come.

        Args:
            url: The server.
            requests: What to send.
            seconds: For how long.
            connections: Requests under way at once.

        Returns:
            What was measured.
        """
        return self._run(url, requests, seconds, connections, "again", 0.0)

    def once(
        self, url: str, requests: Sequence[HttpRequest], seconds: int, connections: int
    ) -> Measured:
        """Send each request at most once, as fast as the answers come.

        Args:
            url: The server.
            requests: What to send.
            seconds: Stop after this time even if some are left.
            connections: Requests under way at once.

        Returns:
            What was measured.
        """
        return self._run(url, requests, seconds, min(connections, len(requests)), "once", 0.0)

    def constant(
        self, url: str, requests: Sequence[HttpRequest], seconds: int, rate: float
    ) -> Measured:
        """Send requests at a constant rate, whatever time the answers take.

        Args:
            url: The server.
            requests: What to send; again from the first if they do not suffice.
            seconds: For how long.
            rate: Requests a second.

        Returns:
            What was measured.
        """
        connections = max(_LEAST_CONNECTIONS, math.ceil(rate * _STALL_SECONDS))
        return self._run(url, requests, seconds, connections, "again", rate)

    def _run(
        self,
        url: str,
        requests: Sequence[HttpRequest],
        seconds: int,
        connections: int,
        mode: str,
        rate: float,
    ) -> Measured:
        self._file.write_text("".join(request.line() for request in requests), encoding="utf-8")
        with as_file(files("scripts.benchmark") / "load.lua") as script, pinned(self._core):
            command = [
                *(self._wrk, "--threads", "1", "--connections", str(connections)),
                *("--duration", f"{seconds}s", "--timeout", "10s", "--script", str(script), url),
                *("--", str(self._file), str(connections), mode, str(rate)),
            ]
            finished = subprocess.run(  # noqa: S603 - a fixed command, no shell
                command,
                capture_output=True,
                text=True,
                timeout=seconds + _SPARE_SECONDS,
                check=False,
            )
        for line in finished.stdout.splitlines():
            if line.startswith("RESULT "):
                return Measured(**json.loads(line.removeprefix("RESULT ")))
        raise LoadError(f"wrk gave no result: {(finished.stderr or finished.stdout).strip()}")
