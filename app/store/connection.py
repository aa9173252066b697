"""What failures of the store become."""

import asyncio
import logging
import re
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from redis.asyncio.retry import Retry
from redis.backoff import EqualJitterBackoff
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import (
    OutOfMemoryError,
    ReadOnlyError,
    RedisClusterException,
    RedisError,
    ResponseError,
)
from redis.exceptions import TimeoutError as RedisTimeoutError

from app.metrics import STORE_ERRORS
from app.problems import StoreUnavailable
from app.stages import Stage, note_stage
from app.store.replicas import NotReplicated

RETRY_AFTER_SECONDS = 1
STORE_FAILURES = (RedisError, RedisClusterException, OSError, TimeoutError)
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
_TELL_NO_KEY = (RedisConnectionError, RedisTimeoutError, NotReplicated)

logger = logging.getLogger("uvicorn.error")


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
    """Note a call of the store, and turn whatever goes wrong into the problem that clients see.

    Args:
        seconds: Bound on everything together: waiting for a connection, connecting, the answer.

    Yields:
        Nothing.

    Raises:
        StoreUnavailable: If the store can't be reached in time, or can't write.
    """
    started = time.perf_counter()
    try:
        async with asyncio.timeout(seconds):
            yield
    except STORE_FAILURES as error:
        raise unavailable(error) from error
    finally:
        note_stage(Stage.STORE, started)


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
    elif isinstance(error, RedisError) and not isinstance(error, _TELL_NO_KEY):
        text = _PIPELINED.sub("", text) if isinstance(error, ResponseError) else ""
    elif isinstance(error, RedisClusterException):
        text = ""  # some name a key
    return text[:_LOGGED_CHARACTERS]
