"""Replicas that must have a write before it is acknowledged."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from redis.asyncio import Redis
from redis.exceptions import RedisError

from app.store.commands import command, send_commands


class NotReplicated(RedisError):  # noqa: N818 - it says what became of it
    """A write happened, and too few replicas have it: it may be lost if its server is."""


@dataclass(frozen=True)
class Acknowledgement:
    """What a write waits for (Redis' WAIT).

    Attributes:
        replicas: How many must have it.
        milliseconds: How long to wait for them.
    """

    replicas: int
    milliseconds: int


async def send_and_wait(client: Redis, wanted: Acknowledgement, write: bytes) -> Any:  # noqa: ANN401 - the store's answer
    """Send a write, and wait until replicas have it.

    Args:
        client: The client.
        wanted: What it waits for.
        write: A packed command.

    Returns:
        The answer to the write.

    Raises:
        RedisError: If the store can't be reached, or too few replicas have what was written.
    """
    # A server waits for what the same connection wrote.
    wait = command("WAIT", wanted.replicas, wanted.milliseconds)
    answer, replicas = await send_commands(client, [write, wait])
    for one in (answer, replicas):
        if isinstance(one, Exception):
            raise one
    if replicas < wanted.replicas:
        raise NotReplicated(f"{replicas} of {wanted.replicas} replicas have it")
    return answer
