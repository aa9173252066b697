"""Reads of many requests in one round trip."""

from __future__ import annotations

from typing import Any, Protocol

from redis.asyncio import Redis

from app.store.clients import StoreClient
from app.store.cluster_reads import ClusterReads
from app.store.commands import bulk
from app.store.harmless_calls import harmless_calls_of


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
    """Runs one read-only script for many callers at once; see `HarmlessCalls`.

    Args:
        redis: The client.
        script: Lua that reads one key and takes two arguments.
        shared: The second argument, the same for all.
        seconds: Most that a read takes, the wait for its batch's turn included.
        also: A key whose value every batch reads too.
    """

    def __init__(
        self, redis: Redis, script: str, shared: str | int, seconds: float, *, also: str
    ) -> None:
        self._calls = harmless_calls_of(redis, also)
        self._seconds = seconds
        # EVAL with the whole text: a server that lost its scripts knows it again.
        self._prefix = b"*6\r\n$4\r\nEVAL\r\n%b$1\r\n1\r\n" % bulk(script)
        self._suffix = bulk(str(shared))

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
        packed = b"%b%b%b%b" % (self._prefix, bulk(key), bulk(argument), self._suffix)
        return await self._calls.call(packed, self._seconds)

    @property
    def also(self) -> str | None:
        """The other key's value, as the latest batch found it."""
        return self._calls.also
