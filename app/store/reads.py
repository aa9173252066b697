"""Reads of many requests in one round trip."""

from __future__ import annotations

import asyncio
from typing import Any

from redis.asyncio import Redis

_MOST_AT_ONCE = 64


class CoalescedReads:
    """Runs one read-only script for many callers at once.

    A client's work for a command is mostly the same whether it sends one or fifty. So while one
    batch is on its way, the reads that are asked for meanwhile wait together and go as the next.

    Args:
        redis: The client.
        script: Lua that reads one key and takes one argument.
        also: A key whose value every batch reads too.
    """

    def __init__(self, redis: Redis, script: str, *, also: str) -> None:
        self._redis = redis
        self._script = script
        self._also_key = also
        self._also: str | None = None
        self._waiting: list[tuple[str, str, asyncio.Future[Any]]] = []
        self._worker: asyncio.Task[None] | None = None

    async def read(self, key: str, argument: str) -> Any:  # noqa: ANN401 - what the script returns
        """Run the script.

        Args:
            key: Its key.
            argument: Its argument.

        Returns:
            What it returned.

        Raises:
            RedisError: If the store can't be reached.
        """
        future: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self._waiting.append((key, argument, future))
        if self._worker is None or self._worker.done():
            self._worker = asyncio.create_task(self._send_all())
        return await future

    @property
    def also(self) -> str | None:
        """The other key's value, as the latest batch found it."""
        return self._also

    async def _send_all(self) -> None:
        while self._waiting:
            batch = self._waiting[:_MOST_AT_ONCE]
            del self._waiting[:_MOST_AT_ONCE]
            try:
                async with self._redis.pipeline(transaction=False) as pipeline:
                    for key, argument, _ in batch:
                        # EVAL with the whole text: a server that lost its scripts knows it anew.
                        pipeline.eval(self._script, 1, key, argument)
                    pipeline.get(self._also_key)
                    *answers, also = await pipeline.execute(raise_on_error=False)
                self._also = _value(also)
            except BaseException as error:
                # Whoever asked meanwhile would only wait for the same failure again.
                batch += self._waiting
                self._waiting.clear()
                failure = error if isinstance(error, Exception) else ConnectionError("closing")
                for _, _, future in batch:
                    if not future.done():
                        future.set_exception(failure)
                if not isinstance(error, Exception):
                    raise
                continue
            for (_, _, future), answer in zip(batch, answers, strict=True):
                if future.done():
                    continue
                if isinstance(answer, Exception):
                    future.set_exception(answer)
                else:
                    future.set_result(answer)


def _value(answer: Any) -> str | None:  # noqa: ANN401 - an answer or an error
    if isinstance(answer, Exception):
        raise answer
    value: str | None = answer
    return value
