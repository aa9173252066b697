"""What the store holds, and how it is kept: looked at when the service starts.

    melu:layout    hash: layout, as below; dataset, the name of the data set that is served

A release that finds a layout newer than its own could misread it, and does not start. One that
finds an older layout reads it: fields that are new are absent, and what it does not know it
ignores.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any

from redis.asyncio import Redis
from redis.exceptions import RedisError, ResponseError

from app.store.clients import StoreClient, servers_info
from app.store.connection import store_errors
from app.store.keys import ERASED_CHANNEL, LAYOUT_KEY
from app.store.permissions import missing_permissions

logger = logging.getLogger("uvicorn.error")

LAYOUT = 2
"""1: before there was a mark. 2: values with `?`, comparisons, ids of the catalogue's writes."""


class UnusableStore(Exception):  # noqa: N818 - it says what is there
    """The service can't run on this store; the message says why and names the remedy."""


class NewerLayout(UnusableStore):
    """The store was written by a newer release."""


class StoreLayout:
    """The store's mark.

    Args:
        redis: The client.
        seconds: Most that a look takes.
    """

    def __init__(self, redis: StoreClient, seconds: float) -> None:
        self._redis = redis
        self._seconds = seconds

    async def check(self, dataset: str) -> list[str]:
        """Mark the store, or compare its mark.

        Args:
            dataset: Name of the data set that is served.

        Returns:
            What an operator should know, a sentence each.

        Raises:
            UnusableStore: If this release can't read what is there, or it is a cluster and the URL
                names it as one server.
            StoreUnavailable: If the store can't be reached.
        """
        async with store_errors(self._seconds):
            return await _check(self._redis, dataset)


async def _check(redis: StoreClient, dataset: str) -> list[str]:
    await _check_topology(redis)
    missing = await missing_permissions(redis, ERASED_CHANNEL)
    if missing:
        return missing + await _kept(redis)
    fields = ["layout", "dataset"]
    found: str | None
    served: str | None
    found, served = await redis.hmget(LAYOUT_KEY, fields)  # type: ignore[assignment]  # it decodes
    try:
        if found is None or served is None:
            await redis.hsetnx(LAYOUT_KEY, "layout", str(LAYOUT))
            await redis.hsetnx(LAYOUT_KEY, "dataset", dataset)
            found, served = await redis.hmget(LAYOUT_KEY, fields)  # type: ignore[assignment]
        elif found.isdigit() and int(found) < LAYOUT:
            await redis.hset(LAYOUT_KEY, "layout", str(LAYOUT))
    except ResponseError:
        # One that takes no writes, a replica or a full one, is read all the same.
        logger.debug("the store takes no mark")
    found, served = found or str(LAYOUT), served or dataset
    if not found.isdigit() or int(found) > LAYOUT:
        raise NewerLayout(
            f"the store has layout {found}, and this release reads up to {LAYOUT}. Start the "
            "release that wrote it, or name another store: MELU_STORE_URL, MELU_STORE_FOLDER."
        )
    warnings = []
    if served != dataset:
        warnings.append(
            f"The store was filled for the data set {served}, and the bundle is of {dataset}: ids "
            "of the one mean nothing to the other. Name another store, or delete the key "
            f"{LAYOUT_KEY} if the data set has a new name."
        )
    return warnings + await _kept(redis)


async def _check_topology(redis: StoreClient) -> None:
    """Refuse a cluster that the URL names as one server: most keys would be elsewhere."""
    try:
        answer = await redis.info("cluster")
        is_cluster = bool(int(answer.get("cluster_enabled", 0)))
        if not (isinstance(redis, Redis) and is_cluster):
            return
        state: dict[str, str] = await redis.execute_command("CLUSTER INFO")  # type: ignore[no-untyped-call]
    except (RedisError, OSError):
        return  # an account that may not ask
    if int(state["cluster_size"]) > 1:
        raise UnusableStore(
            "the store is a cluster of several servers. Name it as one: "
            "MELU_STORE_URL=redis+cluster://host:port,host:port."
        )


async def _kept(redis: StoreClient) -> list[str]:
    """Tell of settings of the server under which acknowledged feedback can be lost."""
    warnings: dict[str, None] = {}
    try:
        persistence = await servers_info(redis, "persistence")
        memory = await servers_info(redis, "memory")
    except (RedisError, OSError):
        return []  # an account that may not ask
    for one, other in zip(persistence, memory, strict=True):
        warnings |= dict.fromkeys(warnings_of_server(one, other))
    return list(warnings)


def warnings_of_server(persistence: Mapping[str, Any], memory: Mapping[str, Any]) -> list[str]:
    """Tell of settings under which acknowledged feedback can be lost.

    Args:
        persistence: The server's `INFO persistence`.
        memory: The server's `INFO memory`.

    Returns:
        A sentence each, with the remedy.
    """
    warnings = []
    if not int(persistence.get("aof_enabled", 1)):
        warnings.append(
            "The store writes no append-only file, so what was acknowledged is lost when it stops "
            "between two snapshots: set appendonly yes."
        )
    policy = str(memory.get("maxmemory_policy", "noeviction"))
    if policy.startswith("allkeys"):
        warnings.append(
            f"The store evicts users when it is full (maxmemory-policy {policy}): set noeviction."
        )
    return warnings
