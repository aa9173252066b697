"""Connections to Redis or Valkey, and what their failures become."""

import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from redis.asyncio import BlockingConnectionPool, Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

from app.metrics import STORE_ERRORS
from app.problems import StoreUnavailable

RETRY_AFTER_SECONDS = 1
_LOGGED_CHARACTERS = 200

logger = logging.getLogger("uvicorn.error")


def connect_store(url: str, *, timeout_seconds: float, connections: int) -> Redis:
    """Make a client; it connects when it is first used.

    Args:
        url: redis://, rediss:// or unix:// URL.
        timeout_seconds: Bound on connecting, on each answer, and on waiting for a connection.
        connections: Size of the pool.

    Returns:
        A client whose answers are text.

    Raises:
        ValueError: If the URL has another scheme.
    """
    pool = BlockingConnectionPool.from_url(
        url,
        decode_responses=True,
        max_connections=connections,
        timeout=timeout_seconds,
        socket_timeout=timeout_seconds,
        socket_connect_timeout=timeout_seconds,
        # A repeated attempt would only double the time until the 503.
        retry=Retry(NoBackoff(), 0),
    )
    return Redis.from_pool(pool)


@asynccontextmanager
async def store_errors() -> AsyncIterator[None]:
    """Turn whatever goes wrong with the store into the problem that clients see."""
    try:
        yield
    except (RedisError, OSError, TimeoutError) as error:
        # The kind of error and the server's own words; never a command, which holds users' data.
        STORE_ERRORS.labels(type(error).__name__).inc()
        logger.warning("store: %s: %s", type(error).__name__, str(error)[:_LOGGED_CHARACTERS])
        raise StoreUnavailable(
            "The store can't be reached or can't take writes just now. Try again: it does no harm "
            "to repeat a write.",
            retry_after=RETRY_AFTER_SECONDS,
        ) from error
