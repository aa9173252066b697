"""Reads of many requests in one round trip."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

from redis.asyncio import Redis

from app.store.batches import Batches
from app.store.clients import StoreClient
from app.store.cluster_reads import ClusterReads
from app.store.commands import HeldConnection, bulk


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
    """Runs one read-only script for many callers at once; see `Batches`.

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
        self._batches = Batches(self._send, seconds)

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
        return await self._batches.call((key, argument))

    @property
    def also(self) -> str | None:
        """The other key's value, as the latest batch found it."""
        return self._also

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
