"""A Redis of the benchmark's own, as it would be run: over TCP, with an append-only file."""

from __future__ import annotations

import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import redis

from scripts.benchmark.servers import ServerError, free_port, pinned

_PROGRAMS = ("redis-server", "valkey-server")
_START_SECONDS = 20.0
_POLL_SECONDS = 0.05
_REWRITE_SECONDS = 300.0


@dataclass(frozen=True)
class RedisProcess:
    """A server that answers.

    Attributes:
        url: Where.
        client: Asks it of itself.
    """

    url: str
    client: redis.Redis

    @property
    def name(self) -> str:
        """Which server in which version."""
        server = self._info("server")
        kind = server.get("server_name", "redis")
        return f"{kind} {server.get(f'{kind}_version', server['redis_version'])}"

    @property
    def used_bytes(self) -> int:
        """Memory of what it holds."""
        return int(self._info("memory")["used_memory"])

    @property
    def resident_bytes(self) -> int:
        """Memory that it takes of the machine."""
        return int(self._info("memory")["used_memory_rss"])

    @property
    def processor_seconds(self) -> float:
        """Processor time since its start."""
        found = self._info("cpu")
        return float(found["used_cpu_user"]) + float(found["used_cpu_sys"])

    def rewritten_file_bytes(self) -> int:
        """Have the append-only file written anew; return its size then.

        Returns:
            The size.

        Raises:
            ServerError: If it takes too long.
        """
        self.client.bgrewriteaof()
        end = time.monotonic() + _REWRITE_SECONDS
        while time.monotonic() < end:
            time.sleep(_POLL_SECONDS)
            found = self._info("persistence")
            if not (found["aof_rewrite_in_progress"] or found["aof_rewrite_scheduled"]):
                return int(found["aof_current_size"])
        raise ServerError(f"the store's file was not written anew in {_REWRITE_SECONDS:.0f} s.")

    def _info(self, section: str) -> dict[str, Any]:
        found: dict[str, Any] = self.client.info(section)
        return found


@contextmanager
def running_redis(folder: Path, core: int) -> Iterator[RedisProcess]:
    """Run a Redis, or a Valkey, until the block ends.

    Args:
        folder: For its files.
        core: Where it runs.

    Yields:
        The server.

    Raises:
        ServerError: If there is none on this machine, or it does not start.
    """
    program = next(filter(None, map(shutil.which, _PROGRAMS)), None)
    if program is None:
        raise ServerError(
            "there is no redis-server on this machine; install it: apt-get install redis-server."
        )
    folder.mkdir()
    port = free_port()
    with pinned(core):
        process = subprocess.Popen(  # noqa: S603 - a fixed command, no shell
            [
                *(program, "--bind", "127.0.0.1", "--port", str(port), "--save", ""),
                *("--appendonly", "yes", "--appendfsync", "everysec"),
                # At a time of our choosing.
                *("--auto-aof-rewrite-percentage", "0"),
            ],
            cwd=folder,
            stdout=subprocess.DEVNULL,
        )
    try:
        with redis.Redis(port=port, decode_responses=True, socket_timeout=60) as client:
            _wait_for(client)
            yield RedisProcess(f"redis://127.0.0.1:{port}/0", client)
    finally:
        # Nothing of it is kept.
        process.kill()
        process.wait()


def _wait_for(client: redis.Redis) -> None:
    end = time.monotonic() + _START_SECONDS
    while time.monotonic() < end:
        try:
            client.ping()
        except redis.ConnectionError:
            time.sleep(_POLL_SECONDS)
        else:
            return
    raise ServerError("redis-server does not answer.")
