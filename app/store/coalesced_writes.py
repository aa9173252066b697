"""Writes of many requests in one round trip."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from redis.asyncio import Redis

from app.store.clients import StoreClient
from app.store.commands import command, send_commands
from app.store.scripts import StoredScript

_MOST_AT_ONCE = 64

Argument = str | int


Writes = Callable[[Sequence[str], Sequence[Argument]], Awaitable[Any]]
"""Runs a script on keys with arguments."""


def writes_of(client: StoreClient, script: str) -> Writes:
    """Return writes as they are fastest with a client."""
    if isinstance(client, Redis):
        return CoalescedWrites(client, script)
    return StoredScript(client, script)


class CoalescedWrites:
    """Runs one script for many callers at once, as `CoalescedReads` does, but never twice.

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
            batch = self._waiting[:_MOST_AT_ONCE]
            del self._waiting[:_MOST_AT_ONCE]
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
            for (_, _, future), answer in zip(batch, answers, strict=True):
                if future.done():
                    continue
                if isinstance(answer, Exception):
                    future.set_exception(answer)
                else:
                    future.set_result(answer)
