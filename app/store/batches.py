"""Calls of many requests in one round trip."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from typing import Any, Generic, TypeVar

from app.store.connection import nothing_between, repeated_when_cut_off

MOST_AT_ONCE = 64

Call = TypeVar("Call")


class Batches(Generic[Call]):
    """Makes many callers' calls at once.

    A client's work for a command is mostly the same whether it sends one or fifty. So while one
    batch is on its way, the calls that are made meanwhile wait together and go as the next.

    A connection that breaks is no failure yet: the calls do no harm if they are made twice, so they
    are sent again, after a pause of random length.

    Args:
        send: Sends calls, and returns an answer, or an error, to each.
    """

    def __init__(self, send: Callable[[Sequence[Call]], Awaitable[Sequence[Any]]]) -> None:
        self._send = send
        self._retry = repeated_when_cut_off()
        self._waiting: list[tuple[Call, float, asyncio.Future[Any]]] = []
        self._worker: asyncio.Task[None] | None = None

    def call(self, call: Call, seconds: float) -> asyncio.Future[Any]:
        """Make a call.

        Args:
            call: The call.
            seconds: Most that it takes, the wait for its batch's turn included.

        Returns:
            Will have its answer, or the error of the store.
        """
        loop = asyncio.get_running_loop()
        future: asyncio.Future[Any] = loop.create_future()
        self._waiting.append((call, loop.time() + seconds, future))
        if self._worker is None or self._worker.done():
            self._worker = asyncio.create_task(self._send_all())
        return future

    async def _send_all(self) -> None:
        while self._waiting:
            batch = self._waiting[:MOST_AT_ONCE]
            del self._waiting[:MOST_AT_ONCE]
            calls = [call for call, *_ in batch]
            try:
                # The first deadline of all, so that none takes longer.
                async with asyncio.timeout_at(min(deadline for _, deadline, _ in batch)):
                    answers = await self._retry.call_with_retry(
                        partial(self._send, calls), nothing_between
                    )
            except BaseException as error:
                # Whoever called meanwhile would only wait for the same failure again.
                batch += self._waiting
                self._waiting.clear()
                failure = error if isinstance(error, Exception) else ConnectionError("closing")
                for *_, future in batch:
                    if not future.done():
                        future.set_exception(failure)
                if not isinstance(error, Exception):
                    raise
                continue
            settle([future for *_, future in batch], answers)


def settle(futures: Sequence[asyncio.Future[Any]], answers: Sequence[Any]) -> None:
    """Give callers that still wait their answers, or the errors in the place of these."""
    for future, answer in zip(futures, answers, strict=True):
        if future.done():
            continue
        if isinstance(answer, Exception):
            future.set_exception(answer)
        else:
            future.set_result(answer)
