"""Clients of redis-py for one server, for what Sentinels name, and for a cluster."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

from redis.asyncio import BlockingConnectionPool, Redis
from redis.asyncio.cluster import RedisCluster
from redis.asyncio.retry import Retry
from redis.asyncio.sentinel import Sentinel, SentinelConnectionPool
from redis.backoff import NoBackoff
from redis.maint_notifications import MaintNotificationsConfig

from app.store.address import StoreAddress, Topology
from app.store.cluster import SteadyCluster

_MOST_TRIED_KEYS = 10_000
_LEAVE_SECONDS = 1.0

StoreClient = Redis | RedisCluster
"""What commands are sent with; a cluster's client finds the server that has a key."""


def connect_store(url: str, *, timeout_seconds: float, connections: int) -> StoreClient:
    """Make a client; it connects when it is first used.

    Args:
        url: As `StoreAddress` has it.
        timeout_seconds: Bound on connecting, on each answer, and on waiting for a connection.
        connections: Size of the pool; in a cluster also of each server's.

    Returns:
        A client whose answers are text.

    Raises:
        ValueError: If it is no URL of a store.
    """
    address = StoreAddress.parse(url)
    timeouts = {"socket_timeout": timeout_seconds, "socket_connect_timeout": timeout_seconds}
    options: dict[str, Any] = {
        **address.options,
        **timeouts,
        "decode_responses": True,
        # A write may have happened although its answer is lost, so nothing is sent again from
        # here; reads repeat themselves.
        "retry": Retry(NoBackoff(), 0),
        # One round trip less until a new connection can be used.
        "driver_info": None,
        # With these the client takes a connection that was closed while idle for a good one.
        "maint_notifications_config": MaintNotificationsConfig(enabled=False),
    }
    match address.topology:
        case Topology.CLUSTER:
            return SteadyCluster(address.hosts, connections, options)
        case Topology.SENTINEL:
            sentinel = Sentinel(  # type: ignore[no-untyped-call] # as redis has it
                list(address.hosts),
                sentinel_kwargs={**timeouts, **address.sentinel_options},
                **options,
            )
            primary = sentinel.master_for(
                address.service,
                connection_pool_class=_BlockingSentinelPool,
                max_connections=connections,
                timeout=timeout_seconds,
            )
            assert isinstance(primary, Redis)  # noqa: S101 - the class it makes unless told
            return primary
        case Topology.SERVER:
            pool = _ServerPool.from_url(
                address.url, max_connections=connections, timeout=timeout_seconds, **options
            )
            return Redis.from_pool(pool)


async def close_store(client: StoreClient) -> None:
    """Close a client and its connections."""
    await client.aclose()
    if isinstance(client, Redis):
        await client.connection_pool.disconnect()


async def leave_replica(client: StoreClient) -> None:
    """Close the connections to a server that refused a write because it is a replica.

    It was the primary when they were made, and the address may lead to the present one by now.
    Reads go by other connections than writes, so all are closed; a read under way is repeated.
    Sentinels' and clusters' clients see to it themselves.

    Args:
        client: The client; it connects again when it is next used.
    """
    if isinstance(client, Redis) and isinstance(client.connection_pool, _ServerPool):
        await client.connection_pool.leave()


async def servers_info(client: StoreClient, section: str) -> list[Mapping[str, Any]]:
    """Ask every server that takes writes for a section of its `INFO`.

    Args:
        client: The client.
        section: The section.

    Returns:
        The answer of each.

    Raises:
        RedisError: If one can't be asked.
    """
    if isinstance(client, Redis):
        return [await client.info(section)]
    answers = await client.info(section, target_nodes=RedisCluster.PRIMARIES)
    # Of one server alone the client gives its answer as it is.
    by_server = all(isinstance(answer, Mapping) for answer in answers.values())
    return list(answers.values()) if by_server else [answers]


def keys_on_every_server(client: StoreClient, prefix: str) -> list[str]:
    """Name a key for each server that takes writes, so that each can be tried.

    Args:
        client: The client; a cluster's must have asked it something already.
        prefix: What the keys begin with.

    Returns:
        The keys, one for each server.
    """
    if isinstance(client, Redis):
        return [prefix]
    servers = {node.name for node in client.get_primaries()}
    found: dict[str, str] = {}
    for number in range(_MOST_TRIED_KEYS):
        if len(found) == len(servers):
            break
        key = f"{prefix}{number}"
        node = client.get_node_from_key(key)
        if node is not None:
            found.setdefault(node.name, key)
    return list(found.values())


class _ServerPool(BlockingConnectionPool):
    """A pool of connections to one server."""

    _left_at = float("-inf")

    async def leave(self) -> None:
        """Close all connections, once a second at most: a replica may be all there is."""
        now = time.monotonic()
        if now - self._left_at >= _LEAVE_SECONDS:
            self._left_at = now
            await self.disconnect(inuse_connections=True)


class _BlockingSentinelPool(SentinelConnectionPool, BlockingConnectionPool):
    """A pool that lets callers wait for a connection, of connections to the present primary."""
