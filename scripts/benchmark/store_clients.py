"""Why the store's reads are packed by hand: what a client's own pipeline takes for them.

python -m scripts.benchmark.store_clients
"""

from __future__ import annotations

import asyncio
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

from redis.asyncio import Redis
from rich.table import Table

from app.store import connect_store
from app.store.commands import HeldConnection, command
from app.store.embedded import EmbeddedStore
from app.store.scripts import read_script
from scripts.terminal import machine, output

AT_ONCE = (1, 16, 64)
READS, ROUNDS = 1500, 7
_KEY, _ARGUMENTS = "melu:user:benchmark", ("unknown revision", 0)

Read = Callable[[int], Awaitable[object]]


def ways_to_read(redis: Redis, script: str) -> dict[str, Read]:
    """Name the ways to run the script that reads a user, many times in one round trip.

    Args:
        redis: The client.
        script: Lua.

    Returns:
        Title → a function of the number of reads.
    """
    held = HeldConnection(redis)
    registered = redis.register_script(script)

    async def by_hand(count: int) -> object:
        commands = [command("EVAL", script, 1, _KEY, *_ARGUMENTS) for _ in range(count)]
        return await held.send(commands)

    async def pipeline(count: int) -> object:
        pipe = redis.pipeline(transaction=False)
        for _ in range(count):
            pipe.evalsha(registered.sha, 1, _KEY, *_ARGUMENTS)
        return await pipe.execute()

    async def registered_script(count: int) -> object:
        pipe = redis.pipeline(transaction=False)
        for _ in range(count):
            await registered(keys=[_KEY], args=_ARGUMENTS, client=pipe)
        return await pipe.execute()

    return {
        "packed by hand, connection kept": by_hand,
        "redis-py, pipeline of EVALSHA": pipeline,
        "redis-py, registered script in a pipeline": registered_script,
    }


async def _measure(url: str) -> dict[str, list[float]]:
    """Least microseconds of this process's CPU a read, the ways taking turns."""
    redis = connect_store(url, timeout_seconds=5, connections=4)
    assert isinstance(redis, Redis)  # noqa: S101 - the embedded store is one server
    await redis.hset(_KEY, mapping={"created": "1", "updated": "2", "version": "1", "f:1": "1 5 "})
    script = read_script("read_user")
    await redis.script_load(script)
    ways = ways_to_read(redis, script)
    found: dict[str, list[float]] = {title: [] for title in ways}
    for at_once in AT_ONCE:
        best = dict.fromkeys(ways, float("inf"))
        turns = max(20, READS // at_once)
        for _ in range(ROUNDS):
            for title, read in ways.items():
                started = time.process_time()
                for _ in range(turns):
                    await read(at_once)
                seconds = time.process_time() - started
                best[title] = min(best[title], 1e6 * seconds / turns / at_once)
        for title, least in best.items():
            found[title].append(least)
    await redis.aclose()
    return found


def main() -> None:
    """Measure on an embedded store; print a table."""
    with tempfile.TemporaryDirectory() as folder, EmbeddedStore(Path(folder), "everysec") as store:
        found = asyncio.run(_measure(store.url))
    titles = [f"{count} at once" for count in AT_ONCE]
    table = Table("µs of CPU a read", *titles)
    for title, values in found.items():
        table.add_row(title, *(f"{value:.1f}" for value in values))
    output.print(table)
    output.print(machine())


if __name__ == "__main__":
    main()
