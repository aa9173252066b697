"""Reads of many requests in one round trip."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

from redis.asyncio import Redis
from redis.exceptions import ResponseError

_MOST_AT_ONCE = 64


class CoalescedReads:
    """Runs one read-only script for many callers at once.

    A client's work for a command is mostly the same whether it sends one or fifty. So while one
    batch is on its way, the reads that are asked for meanwhile wait together and go as the next.

    Args:
        redis: The client.
        script: Lua that reads one key and takes one argument.
    """

    def __init__(self, redis: Redis, script: str) -> None:
        self._redis = redis
        # EVAL with the whole text: a server that lost its scripts knows it anew.
        self._prefix = b"*5\r\n$4\r\nEVAL\r\n%b$1\r\n1\r\n" % _bulk(script)
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

    async def _send_all(self) -> None:
        while self._waiting:
            batch = self._waiting[:_MOST_AT_ONCE]
            del self._waiting[:_MOST_AT_ONCE]
            try:
                answers = await self._exchange([(key, argument) for key, argument, _ in batch])
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

    async def _exchange(self, reads: Sequence[tuple[str, str]]) -> list[Any]:
        """Send commands at once and read what comes back, errors of the script included.

        The client's own pipeline takes longer to put commands together than the server to answer.
        A connection whose answers were not all read closes itself, so that nobody gets them.
        """
        commands = b"".join(
            b"%b%b%b" % (self._prefix, _bulk(key), _bulk(argument)) for key, argument in reads
        )
        pool = self._redis.connection_pool
        connection = await pool.get_connection()  # type: ignore[no-untyped-call] # as redis has it
        answers: list[Any] = []
        try:
            await connection.send_packed_command([commands])
            for _ in reads:
                try:
                    answers.append(await connection.read_response())
                except ResponseError as error:
                    answers.append(error)
        except BaseException:
            await connection.disconnect(nowait=True)
            raise
        finally:
            await pool.release(connection)
        return answers


def _bulk(text: str) -> bytes:
    """Write a text as the protocol has it."""
    content = text.encode()
    return b"$%d\r\n%b\r\n" % (len(content), content)
