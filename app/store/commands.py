"""Commands to the store, packed by hand.

The client's own pipeline takes longer to put commands together than the server to answer.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from redis.asyncio import Redis
from redis.exceptions import ResponseError


def bulk(text: str) -> bytes:
    """Write a text as the protocol has it."""
    content = text.encode()
    return b"$%d\r\n%b\r\n" % (len(content), content)


def command(*parts: str | int) -> bytes:
    """Write a command.

    Args:
        *parts: Its name and its arguments.

    Returns:
        What to send.
    """
    return b"*%d\r\n%b" % (len(parts), b"".join([bulk(str(part)) for part in parts]))


async def send_commands(redis: Redis, commands: Sequence[bytes]) -> list[Any]:
    """Send commands at once and read what comes back.

    A connection whose answers were not all read closes itself, so that nobody gets them.

    Args:
        redis: The client.
        commands: Packed commands.

    Returns:
        The answers; a command that the server refused has the error in its place.

    Raises:
        RedisError: If the store can't be reached.
    """
    pool = redis.connection_pool
    connection = await pool.get_connection()  # type: ignore[no-untyped-call] # as redis has it
    answers: list[Any] = []
    try:
        await connection.send_packed_command([b"".join(commands)])
        for _ in commands:
            try:
                answers.append(await connection.read_response())
            except ResponseError as error:
                answers.append(error)
    except BaseException:
        await connection.disconnect(nowait=True)
        raise
    finally:
        await pool.release(connection)
    return answers
