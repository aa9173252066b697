"""Look at every server of a store, behind the service's back."""

from collections import Counter

from redis.asyncio import Redis
from redis.asyncio.cluster import RedisCluster

from app.store import StoreClient
from app.store.clients import servers_info

_NOT_OF_THE_SERVICE = (
    *("cmdstat_ping", "cmdstat_hello", "cmdstat_info", "cmdstat_cluster|"),
    *("cmdstat_replconf", "cmdstat_psync"),
)
"""Of the embedded store's watcher, of new connections, our own, and of replicas."""


async def calls_of(client: StoreClient) -> Counter[str]:
    """Number of calls of each command, over all servers that take writes."""
    calls: Counter[str] = Counter()
    for statistics in await servers_info(client, "commandstats"):
        calls.update({name: each["calls"] for name, each in statistics.items()})
    return Counter(
        {name: n for name, n in calls.items() if not name.startswith(_NOT_OF_THE_SERVICE)}
    )


async def kill_connections(client: StoreClient, kind: str) -> None:
    """Cut all connections of a kind but the client's own."""
    command = ("CLIENT KILL", "TYPE", kind, "SKIPME", "yes")
    if isinstance(client, Redis):
        await client.execute_command(*command)
    else:
        await client.execute_command(*command, target_nodes=RedisCluster.ALL_NODES)
