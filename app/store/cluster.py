"""redis-py's client of a cluster, made to stand many callers at once."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

from redis.asyncio.cluster import ClusterNode, RedisCluster
from redis.asyncio.connection import AbstractConnection, Connection, SSLConnection

from app.store.closed_connections import lost_if_closed


class SteadyCluster(RedisCluster):
    """A client of a cluster.

    Three things of redis-py's own fail commands for no fault of a server, and are otherwise here: a
    caller who finds all connections taken waits for one; while it asks which servers there are,
    which closes connections, no command is on its way; and a connection that was closed while idle
    is made anew before it is written on.

    Args:
        hosts: Host and port of servers that are asked which others there are.
        connections: Most to each server, and most commands at once.
        options: What redis-py is told for each connection.
    """

    def __init__(
        self, hosts: Sequence[tuple[str, int]], connections: int, options: Mapping[str, Any]
    ) -> None:
        super().__init__(
            startup_nodes=[ClusterNode(host, port) for host, port in hosts],
            max_connections=connections,
            **options,
        )
        kind = _LookedAtSSL if options.get("ssl") else _LookedAt
        # Of nodes that it finds, and of those that it begins with.
        self.connection_kwargs["connection_class"] = kind
        for node in self.startup_nodes:
            node.connection_class = kind
        self._connections = connections
        self._turns = asyncio.Semaphore(connections)
        self._alone = asyncio.Lock()

    async def execute_command(self, *args: Any, **kwargs: Any) -> Any:  # noqa: ANN401 - as redis has it
        """Send a command to the server that has its key."""
        while True:
            if self._initialize:
                await self._ask_for_servers()
            async with self._turns:
                # Another command may have failed while this one waited.
                if not self._initialize:
                    return await super().execute_command(*args, **kwargs)

    async def _ask_for_servers(self) -> None:
        async with self._alone:
            taken = 0
            try:
                while taken < self._connections:
                    await self._turns.acquire()
                    taken += 1
                await self.initialize()
                # Connections that it closes are closed by tasks of their own.
                await asyncio.gather(*self.nodes_manager._background_tasks)
            finally:
                for _ in range(taken):
                    self._turns.release()


class _LooksFirst(AbstractConnection):
    """Looks whether the other end has closed it before it sends."""

    async def send_packed_command(self, command: Any, check_health: bool = True) -> None:  # noqa: ANN401 - as redis has it
        # A subscription, which may have something to read at any time, doesn't ask for a look.
        if check_health and self.is_connected and await self._has_ended():
            await self.disconnect(nowait=True)
        with lost_if_closed():
            await super().send_packed_command(command, check_health)

    async def _has_ended(self) -> bool:
        try:
            return bool(await self.can_read())
        except (OSError, ConnectionError):
            return True


class _LookedAt(_LooksFirst, Connection):
    """Over TCP."""


class _LookedAtSSL(_LooksFirst, SSLConnection):
    """Over TLS."""
