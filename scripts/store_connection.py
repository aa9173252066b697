"""Reach a store from a command: one server, what Sentinels name as the primary, or a cluster."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from redis import Redis, RedisCluster
from redis.cluster import ClusterNode
from redis.exceptions import RedisClusterException, RedisError
from redis.sentinel import Sentinel

from app.store.address import StoreAddress, Topology
from app.store.embedded import socket_of
from model.errors import ModelError

USER_KEYS = "melu:user:*"
_OPTIONS = {"decode_responses": True, "socket_timeout": 60}


class StoreError(ModelError):
    """The store can't be asked, or did not do what was asked."""


@dataclass(frozen=True)
class ConnectedStore:
    """A client for keys, and one for each server that takes writes."""

    client: Redis | RedisCluster
    servers: list[Redis]

    def total(self, section: str, name: str) -> int:
        """Add up a number of the servers' `INFO`."""
        return sum(int(info_of(server, section).get(name, 0)) for server in self.servers)


@contextmanager
def connected_store(folder: Path, url: str | None) -> Iterator[ConnectedStore]:
    """Connect to a store while the block runs.

    Args:
        folder: Of an embedded store.
        url: Of another one; None for the embedded one.

    Yields:
        The store.

    Raises:
        StoreError: If it can't be reached, or fails at what the block asks of it.
    """
    where = folder if url is None else "that address"
    with ExitStack() as stack:
        try:
            client = _client(f"unix://{socket_of(folder)}" if url is None else url)
            stack.enter_context(client)
            client.ping()
            servers = [client] if isinstance(client, Redis) else _primaries(client)
        except (RedisError, RedisClusterException, OSError, ValueError) as error:
            told = str(error).rstrip(".")
            raise StoreError(
                f"no store answers at {where}: {told}. Start the service, or name the store with "
                "--store-folder or --store; one that is embedded answers the service's user alone."
            ) from error
        try:
            yield ConnectedStore(client, servers)
        except (RedisError, RedisClusterException) as error:
            raise StoreError(
                f"the store at {where} has failed: {error}. See how it is by `melu store check`."
            ) from error


def info_of(store: Redis, section: str) -> dict[str, Any]:
    """Ask one server for a section of its `INFO`."""
    found: dict[str, Any] = store.info(section)
    return found


def _client(url: str) -> Redis | RedisCluster:
    address = StoreAddress.parse(url)
    options: dict[str, Any] = {**address.options, **_OPTIONS}
    match address.topology:
        case Topology.CLUSTER:
            nodes = [ClusterNode(*host) for host in address.hosts]  # type: ignore[no-untyped-call]
            return RedisCluster(startup_nodes=nodes, **options)
        case Topology.SENTINEL:
            sentinel = Sentinel(  # type: ignore[no-untyped-call] # as redis has it
                list(address.hosts), sentinel_kwargs={**address.sentinel_options}, **options
            )
            primary: Redis = sentinel.master_for(address.service)  # type: ignore[no-untyped-call]
            return primary
        case Topology.SERVER:
            return Redis.from_url(url, **options)


def _primaries(client: RedisCluster) -> list[Redis]:
    nodes = client.get_primaries()  # type: ignore[no-untyped-call] # as redis has it
    return [client.get_redis_connection(node) for node in nodes]
