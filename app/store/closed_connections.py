"""What it is to write on a connection that is closed by then."""

from collections.abc import Iterator
from contextlib import contextmanager

from redis.exceptions import ConnectionError as RedisConnectionError

_UVLOOPS_WORD = "the handler is closed"


@contextmanager
def lost_if_closed() -> Iterator[None]:
    """Turn uvloop's error of a closed transport into that of a lost connection, as asyncio has it.

    Yields:
        Nothing.

    Raises:
        RedisConnectionError: If the connection was closed before all was written.
    """
    try:
        yield
    except RuntimeError as error:
        if _UVLOOPS_WORD not in str(error):
            raise
        raise RedisConnectionError("Connection lost before it was written on.") from error
