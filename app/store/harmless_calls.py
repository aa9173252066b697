"""Calls that do no harm if they are made twice, over one connection that is kept."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any
from weakref import WeakKeyDictionary

from redis.asyncio import Redis

from app.store.batches import Batches
from app.store.commands import HeldConnection, bulk

_NOTHING = b""


class HarmlessCalls:
    """Sends the calls of many requests together; see `Batches`.

    Each batch reads one key beside, so whoever wants that alone sends nothing.

    Args:
        redis: The client; one connection of its pool is kept.
        also: The key.
    """

    def __init__(self, redis: Redis, also: str) -> None:
        self._connection = HeldConnection(redis)
        self._also_command = b"*2\r\n$3\r\nGET\r\n%b" % bulk(also)
        self._also: str | None = None
        self._batches = Batches(self._send)

    def call(self, packed: bytes, seconds: float) -> asyncio.Future[Any]:
        """Make a call.

        Args:
            packed: A command as the protocol has it.
            seconds: Most that it takes, the wait for its batch's turn included.

        Returns:
            Will have the answer, or the error of the store.
        """
        return self._batches.call(packed, seconds)

    @property
    def also(self) -> str | None:
        """The key's value, as the latest batch found it."""
        return self._also

    async def read_also(self, seconds: float) -> str | None:
        """Read the key now; see `call`."""
        await self._batches.call(_NOTHING, seconds)
        return self._also

    async def _send(self, calls: Sequence[bytes]) -> list[Any]:
        commands = list(filter(None, calls))
        answers = await self._connection.send([*commands, self._also_command])
        self._also = _value(answers.pop())
        if len(commands) == len(calls):
            return answers
        left = iter(answers)
        return [next(left) if one else None for one in calls]


def _value(answer: Any) -> str | None:  # noqa: ANN401 - an answer or an error
    if isinstance(answer, Exception):
        raise answer
    value: str | None = answer
    return value


_calls: WeakKeyDictionary[Redis, dict[str, HarmlessCalls]] = WeakKeyDictionary()


def harmless_calls_of(redis: Redis, also: str) -> HarmlessCalls:
    """Return the calls that all who have a client share, so that they take one connection."""
    of_client = _calls.setdefault(redis, {})
    if also not in of_client:
        of_client[also] = HarmlessCalls(redis, also)
    return of_client[also]
