"""Reads of users from a cluster, whose client knows which server has a key."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import Any

from redis.asyncio.cluster import RedisCluster

from app.store.connection import nothing_between, repeated_when_cut_off
from app.store.scripts import StoredScript


class ClusterReads:
    """Runs one read-only script, and reads one other key beside it, as `CoalescedReads` does.

    Args:
        client: The client.
        script: Reads one key and takes two arguments.
        shared: The second argument, the same for all.
        seconds: Most that a read takes.
        also: A key whose value every read reads too.
    """

    def __init__(
        self, client: RedisCluster, script: str, shared: str | int, seconds: float, *, also: str
    ) -> None:
        self._client = client
        self._script = StoredScript(client, script)
        self._shared = shared
        self._seconds = seconds
        self._also_key = also
        self._also: str | None = None
        self._retry = repeated_when_cut_off()

    @property
    def also(self) -> str | None:
        """The other key's value, as the latest read found it."""
        return self._also

    async def read(self, key: str, argument: str) -> Any:  # noqa: ANN401 - what the script returns
        """Run the script.

        Args:
            key: Its key.
            argument: Its first argument.

        Returns:
            What it returned.

        Raises:
            RedisError: If the server that has the key can't be reached.
        """
        async with asyncio.timeout(self._seconds):
            return await self._retry.call_with_retry(
                partial(self._read, key, argument), nothing_between
            )

    async def _read(self, key: str, argument: str) -> Any:  # noqa: ANN401 - what the script returns
        answer, also = await asyncio.gather(
            self._script([key], [argument, self._shared]), self._client.get(self._also_key)
        )
        assert not isinstance(also, bytes)  # noqa: S101 - the client's answers are text
        self._also = also
        return answer
