"""Commands to the store, packed by hand.

The client's own pipeline takes longer to put commands together than the server to answer.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from redis.asyncio import Redis
from redis.asyncio.connection import AbstractConnection
from redis.exceptions import ResponseError

from app.store.closed_connections import lost_if_closed


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
    """Send commands at once over a connection of the client's pool and read what comes back.

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
    try:
        return await _exchange(connection, commands)
    finally:
        await pool.release(connection)


class HeldConnection:
    """A connection of a client's pool that is taken once and kept.

    It is for one who sends again and again, each time when the answers to the last are read. To
    take a connection, to look whether it still is good, to bound the time of each answer, and to
    give it back takes longer than to send and to read. So a connection that broke meanwhile fails
    its next use, and the caller bounds the time.

    Args:
        redis: The client; whoever closes its pool closes the connection.
    """

    def __init__(self, redis: Redis) -> None:
        self._pool = redis.connection_pool
        self._connection: AbstractConnection | None = None

    async def send(self, commands: Sequence[bytes]) -> list[Any]:
        """Send commands at once and read what comes back.

        Args:
            commands: Packed commands.

        Returns:
            The answers; a command that the server refused has the error in its place.

        Raises:
            RedisError: If the store can't be reached; the next call connects again.
        """
        if self._connection is None:
            self._connection = await self._pool.get_connection()  # type: ignore[no-untyped-call]
            self._connection.socket_timeout = None
        return await _exchange(self._connection, commands)


async def _exchange(connection: AbstractConnection, commands: Sequence[bytes]) -> list[Any]:
    """Send and read; close a connection with unread answers, or the next call would get them."""
    answers: list[Any] = []
    try:
        with lost_if_closed():
            await connection.send_packed_command([b"".join(commands)])
        for _ in commands:
            try:
                answers.append(await connection.read_response())
            except ResponseError as error:
                answers.append(error)
    except BaseException:
        await connection.disconnect(nowait=True)
        raise
    return answers
