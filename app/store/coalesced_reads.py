"""Reads of many requests in one round trip."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from functools import partial
from typing import Any, Protocol

from redis.asyncio import Redis

from app.store.clients import StoreClient
from app.store.cluster_reads import ClusterReads
from app.store.commands import HeldConnection, bulk
from app.store.connection import nothing_between, repeated_when_cut_off

_MOST_AT_ONCE = 64


class Reads(Protocol):
    """Runs one read-only script for a key at a time."""

    @property
    def also(self) -> str | None:
        """Value of the key that is read beside."""

    async def read(self, key: str, argument: str) -> Any:  # noqa: ANN401 - what the script returns
        """Run the script on a key."""


def reads_of(
    client: StoreClient, script: str, shared: str | int, seconds: float, *, also: str
) -> Reads:
    """Return reads as they are fastest with a client; the arguments are those of its class."""
    if isinstance(client, Redis):
        return CoalescedReads(client, script, shared, seconds, also=also)
    return ClusterReads(client, script, shared, seconds, also=also)


class CoalescedReads:
    """Runs one read-only script for many callers at once.

    A client's work for a command is mostly the same whether it sends one or fifty. So while one
    batch is on its way, the reads that are asked for meanwhile wait together and go as the next.

    A connection that breaks is no failure yet: reads do no harm, so they are sent again, after a
    pause of random length.

    Args:
        redis: The client; one connection of its pool is kept.
        script: Lua that reads one key and takes two arguments.
        shared: The second argument, the same for all.
        seconds: Most that a read takes, the wait for its batch's turn included.
        also: A key whose value every batch reads too.
    """

    def __init__(
        self, redis: Redis, script: str, shared: str | int, seconds: float, *, also: str
    ) -> None:
        self._connection = HeldConnection(redis)
        # EVAL with the whole text: a server that lost its scripts knows it again.
        self._prefix = b"*6\r\n$4\r\nEVAL\r\n%b$1\r\n1\r\n" % bulk(script)
        self._suffix = bulk(str(shared))
        self._also_command = b"*2\r\n$3\r\nGET\r\n%b" % bulk(also)
        self._also: str | None = None
        self._seconds = seconds
        self._retry = repeated_when_cut_off()
        self._waiting: list[tuple[str, str, float, asyncio.Future[Any]]] = []
        self._worker: asyncio.Task[None] | None = None

    async def read(self, key: str, argument: str) -> Any:  # noqa: ANN401 - what the script returns
        """Run the script.

        Args:
            key: Its key.
            argument: Its first argument.

        Returns:
            What it returned.

        Raises:
            RedisError: If the store can't be reached.
        """
        loop = asyncio.get_running_loop()
        future: asyncio.Future[Any] = loop.create_future()
        self._waiting.append((key, argument, loop.time() + self._seconds, future))
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
                # The oldest one's deadline, so that none takes longer.
                async with asyncio.timeout_at(batch[0][2]):
                    answers = await self._retry.call_with_retry(
                        partial(self._send, [(key, argument) for key, argument, *_ in batch]),
                        nothing_between,
                    )
            except BaseException as error:
                # Whoever asked meanwhile would only wait for the same failure again.
                batch += self._waiting
                self._waiting.clear()
                failure = error if isinstance(error, Exception) else ConnectionError("closing")
                for *_, future in batch:
                    if not future.done():
                        future.set_exception(failure)
                if not isinstance(error, Exception):
                    raise
                continue
            for (*_, future), answer in zip(batch, answers, strict=True):
                if future.done():
                    continue
                if isinstance(answer, Exception):
                    future.set_exception(answer)
                else:
                    future.set_result(answer)

    async def _send(self, reads: Sequence[tuple[str, str]]) -> list[Any]:
        """Send a batch, and the read of the other key."""
        commands = [
            b"%b%b%b%b" % (self._prefix, bulk(key), bulk(argument), self._suffix)
            for key, argument in reads
        ]
        answers = await self._connection.send([*commands, self._also_command])
        self._also = _value(answers.pop())
        return answers


def _value(answer: Any) -> str | None:  # noqa: ANN401 - an answer or an error
    if isinstance(answer, Exception):
        raise answer
    value: str | None = answer
    return value
