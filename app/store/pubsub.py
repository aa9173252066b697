"""Announcements: what one worker tells all others that share the store."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass

from redis.asyncio.cluster import RedisCluster
from redis.backoff import FullJitterBackoff

from app.store.clients import StoreClient
from app.store.connection import STORE_FAILURES, store_errors

_QUIET_SECONDS = 1.0
_LONGEST_PAUSE_SECONDS = 1.0
_FIRST_PAUSE_SECONDS = 0.05
_MOST_DOUBLINGS = 10
_CANCEL_SECONDS = 0.1

logger = logging.getLogger("uvicorn.error")


@dataclass(frozen=True)
class _Listener:
    heard: Callable[[str], None]
    connected: Callable[[], None]


class Announcements:
    """Sends short messages to every process that listens, and hears theirs.

    Nothing is kept: whoever is not connected when a message is sent never hears it. So a listener
    is also notified whenever a connection was made, the first one included, and then assumes that
    it missed messages.

    Args:
        redis: A client of its own, for listening holds a connection of its pool for good.
    """

    def __init__(self, redis: StoreClient) -> None:
        self._redis = redis
        self._listeners: dict[str, _Listener] = {}

    def on(self, channel: str, heard: Callable[[str], None], connected: Callable[[], None]) -> None:
        """Say what to do on a channel's messages; call this before `listen`.

        Args:
            channel: The channel.
            heard: Called with each message, on the event loop.
            connected: Called when messages may have been missed.
        """
        self._listeners[channel] = _Listener(heard, connected)

    async def publish(self, channel: str, message: str) -> None:
        """Send a message to all that listen now, this process included.

        Args:
            channel: The channel.
            message: The message.

        Raises:
            StoreUnavailable: If the store can't be reached.
        """
        async with store_errors():
            await self._redis.publish(channel, message)

    @asynccontextmanager
    async def listening(self) -> AsyncIterator[None]:
        """Listen in the background.

        Yields:
            Nothing, while it goes on.
        """
        task = asyncio.create_task(self.listen())
        try:
            yield
        finally:
            # Python 3.11 may lose a cancellation that meets the end of a send.
            while not task.done():
                task.cancel()
                await asyncio.wait({task}, timeout=_CANCEL_SECONDS)

    async def listen(self) -> None:
        """Listen until cancelled; connect again, after a pause of random length, when cut off."""
        backoff = FullJitterBackoff(_LONGEST_PAUSE_SECONDS, _FIRST_PAUSE_SECONDS)
        failures = 0
        while True:
            try:
                # A cluster's client doesn't ask by itself which server a channel is on.
                await self._redis.initialize()
                async with aclosing(self._redis.pubsub()) as subscription:
                    await subscription.subscribe(*self._listeners)
                    is_waiting_for_pong = False
                    while True:
                        message = await subscription.get_message(timeout=_QUIET_SECONDS)
                        if message is not None:
                            failures, is_waiting_for_pong = 0, False
                            self._handle(message["type"], message["channel"], message["data"])
                        elif is_waiting_for_pong:
                            raise TimeoutError("no answer to a ping")
                        else:
                            await subscription.ping()
                            is_waiting_for_pong = True
            except STORE_FAILURES as error:
                failures += 1
                if isinstance(self._redis, RedisCluster):
                    # So that it asks anew which servers there are.
                    await self._redis.aclose()
                logger.debug("announcements: %s", type(error).__name__)
                await asyncio.sleep(backoff.compute(min(failures, _MOST_DOUBLINGS)))

    def _handle(self, kind: str, channel: str | None, data: str) -> None:
        listener = self._listeners.get(channel) if channel is not None else None
        if listener is None:  # the answer to a ping
            return
        try:
            if kind == "message":
                listener.heard(data)
            else:  # the server confirms that it will send this channel's messages
                listener.connected()
        except Exception:
            # One message that can't be dealt with must not end the listening.
            logger.exception("an announcement on %s could not be dealt with", channel)
