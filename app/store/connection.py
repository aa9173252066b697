"""Connections to Redis or Valkey, and what their failures become."""

import asyncio
import logging
import re
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from redis.asyncio import BlockingConnectionPool, Redis
from redis.asyncio.retry import Retry
from redis.backoff import EqualJitterBackoff, NoBackoff
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import OutOfMemoryError, ReadOnlyError, RedisError, ResponseError
from redis.exceptions import TimeoutError as RedisTimeoutError
from redis.maint_notifications import MaintNotificationsConfig

from app.metrics import STORE_ERRORS
from app.problems import StoreUnavailable

RETRY_AFTER_SECONDS = 1
STORE_FAILURES = (RedisError, OSError, TimeoutError)
_LOGGED_CHARACTERS = 200
_RETRIES = 4
_LONGEST_PAUSE_SECONDS = 0.2
_FIRST_PAUSE_SECONDS = 0.02
_LOG_SECONDS = 1.0
_PIPELINED = re.compile(r"^Command # \d+ .* of pipeline caused error: ", re.DOTALL)
_ERROR_CODE = re.compile(r"[A-Z]{3,}(?![a-z])")
_OF_THE_SERVER = frozenset({"LOADING", "MASTERDOWN", "MISCONF", "NOREPLICAS"})
# The client takes the word off what it has a class for.
_OF_THE_SERVER_ALONE = (OutOfMemoryError, ReadOnlyError)
_OF_THE_CONNECTION = (RedisConnectionError, RedisTimeoutError)

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
        # A write may have happened although its answer is lost, so nothing is sent again from
        # here; reads repeat themselves.
        retry=Retry(NoBackoff(), 0),
        # One round trip less until a new connection can be used.
        driver_info=None,
        # With these the client takes a connection that was closed while idle for a good one.
        maint_notifications_config=MaintNotificationsConfig(enabled=False),
    )
    return Redis.from_pool(pool)


def repeated_when_cut_off() -> Retry:
    """Repeat what does no harm when a connection breaks, after pauses of random length.

    Returns:
        Has `call_with_retry`.
    """
    return Retry(
        EqualJitterBackoff(_LONGEST_PAUSE_SECONDS, _FIRST_PAUSE_SECONDS),
        _RETRIES,
        supported_errors=(RedisConnectionError,),
    )


async def nothing_between(_error: Exception) -> None:
    """Between two attempts there is nothing to do."""


@asynccontextmanager
async def store_errors(seconds: float | None = None) -> AsyncIterator[None]:
    """Turn whatever goes wrong with the store into the problem that clients see.

    Args:
        seconds: Bound on everything together: waiting for a connection, connecting, the answer.

    Yields:
        Nothing.

    Raises:
        StoreUnavailable: If the store can't be reached in time, or can't write.
    """
    try:
        async with asyncio.timeout(seconds):
            yield
    except STORE_FAILURES as error:
        raise unavailable(error) from error


def unavailable(error: Exception) -> StoreUnavailable:
    """Count and log what went wrong with the store.

    Args:
        error: One of `STORE_FAILURES`.

    Returns:
        The problem that clients see.
    """
    STORE_ERRORS.labels(type(error).__name__).inc()
    _log(error)
    return StoreUnavailable(
        "The store can't be reached or can't take writes just now. Try again: it does no harm "
        "to repeat a write.",
        retry_after=RETRY_AFTER_SECONDS,
    )


_logged = {"at": float("-inf"), "untold": 0}


def _log(error: Exception) -> None:
    """Tell of failures once a second: a store that is gone fails every request."""
    now = time.monotonic()
    if now - _logged["at"] < _LOG_SECONDS:
        _logged["untold"] += 1
        return
    logger.warning(
        "store: %s: %s (%d more before)", type(error).__name__, told_of(error), _logged["untold"]
    )
    _logged.update(at=now, untold=0)


def told_of(error: Exception) -> str:
    """Return what may be logged of a failure: never a command or a key, which hold users' ids.

    Of the server's errors that is the word that they begin with, and all of it where it is one that
    tells of the server alone; a pipeline puts the command before it.
    """
    text = str(error)
    if isinstance(error, ResponseError) and not isinstance(error, _OF_THE_SERVER_ALONE):
        text = _PIPELINED.sub("", text)
        code = _ERROR_CODE.match(text)
        if code is None:
            return "an answer that is an error"
        if code[0] not in _OF_THE_SERVER:
            return code[0]
    elif isinstance(error, RedisError) and not isinstance(error, _OF_THE_CONNECTION):
        text = _PIPELINED.sub("", text) if isinstance(error, ResponseError) else ""
    return text[:_LOGGED_CHARACTERS]
