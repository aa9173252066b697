"""Writes of many requests in one round trip."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from redis.asyncio import Redis

from app.store.batches import MOST_AT_ONCE, settle
from app.store.clients import StoreClient
from app.store.commands import bulk, command, send_commands
from app.store.harmless_calls import harmless_calls_of
from app.store.scripts import StoredScript

Argument = str | int


Writes = Callable[[Sequence[str], Sequence[Argument]], Awaitable[Any]]
"""Runs a script on keys with arguments."""


def writes_of(client: StoreClient, script: str) -> Writes:
    """Return writes as they are fastest with a client."""
    if isinstance(client, Redis):
        return CoalescedWrites(client, script)
    return StoredScript(client, script)


def harmless_writes_of(client: StoreClient, script: str, seconds: float, *, also: str) -> Writes:
    """Return writes as they are fastest with a client, where to write twice does no harm.

    Args:
        client: The client.
        script: Lua.
        seconds: Most that a write takes.
        also: A key that is read beside users; so these go together with reads.

    Returns:
        The writes, which have a bound of their own.
    """
    if isinstance(client, Redis):
        return HarmlessWrites(client, script, seconds, also=also)
    stored = StoredScript(client, script)

    async def write(keys: Sequence[str], arguments: Sequence[Argument]) -> Any:  # noqa: ANN401 - what the script returns
        async with asyncio.timeout(seconds):
            return await stored(keys, arguments)

    return write


class HarmlessWrites:
    """Runs one script, which does no harm if it runs twice, for many callers; see `HarmlessCalls`.

    Args:
        redis: The client.
        script: Lua.
        seconds: Most that a write takes, the wait for its batch's turn included.
        also: A key that is read beside users; so these go together with reads.
    """

    def __init__(self, redis: Redis, script: str, seconds: float, *, also: str) -> None:
        self._calls = harmless_calls_of(redis, also)
        self._script = bulk(script)
        self._seconds = seconds

    async def __call__(self, keys: Sequence[str], arguments: Sequence[Argument]) -> Any:  # noqa: ANN401 - what the script returns
        """Run the script; see `CoalescedWrites`."""
        given = b"".join([bulk(str(one)) for one in (len(keys), *keys, *arguments)])
        count = 3 + len(keys) + len(arguments)
        # The whole text: a server that lost its scripts knows it again.
        packed = b"*%d\r\n$4\r\nEVAL\r\n%b%b" % (count, self._script, given)
        return await self._calls.call(packed, self._seconds)


class CoalescedWrites:
    """Runs one script for many callers at once, as `Batches` does, but never twice.

    Args:
        redis: The client.
        script: Lua.
    """

    def __init__(self, redis: Redis, script: str) -> None:
        self._redis = redis
        self._script = script
        self._waiting: list[tuple[Sequence[Argument], int, asyncio.Future[Any]]] = []
        self._worker: asyncio.Task[None] | None = None

    async def __call__(self, keys: Sequence[str], arguments: Sequence[Argument]) -> Any:  # noqa: ANN401 - what the script returns
        """Run the script.

        Args:
            keys: Its keys.
            arguments: Its arguments.

        Returns:
            What it returned.

        Raises:
            RedisError: If the store can't be reached or can't write.
        """
        future: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self._waiting.append(([*keys, *arguments], len(keys), future))
        if self._worker is None or self._worker.done():
            self._worker = asyncio.create_task(self._send_all())
        return await future

    async def _send_all(self) -> None:
        while self._waiting:
            batch = self._waiting[:MOST_AT_ONCE]
            del self._waiting[:MOST_AT_ONCE]
            answers: list[Any]
            try:
                # The whole text: a server that lost its scripts knows it again.
                commands = [command("EVAL", self._script, keys, *both) for both, keys, _ in batch]
                answers = await send_commands(self._redis, commands)
            except Exception as error:  # noqa: BLE001 - every caller of the batch raises it
                answers = [error] * len(batch)
            except BaseException:
                for _, _, future in batch + self._waiting:
                    future.cancel()
                self._waiting.clear()
                raise
            settle([future for *_, future in batch], answers)
