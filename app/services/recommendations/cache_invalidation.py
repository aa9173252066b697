"""What becomes of erased users in a worker's memory."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from typing import Protocol

from app.store import ERASED_CHANNEL, Announcements

_EXPIRE_SECONDS = 60.0


class UserCache(Protocol):
    """Memory that may hold something of users, known by digests of their ids."""

    def forget(self, digest: str) -> None:
        """Drop an erased user."""

    def forget_all(self) -> None:
        """Drop everybody: erasures may have gone unheard."""

    def expire(self) -> None:
        """Drop what is out of date."""


@asynccontextmanager
async def invalidate_erased_users(
    announcements: Announcements, caches: Callable[[], Sequence[UserCache]]
) -> AsyncIterator[None]:
    """Forget users whose erasure is announced, and answers whose time is over.

    Args:
        announcements: Where erasures are heard of.
        caches: Finds the present caches; none while there is no model.

    Yields:
        Nothing; it goes on in the background.
    """

    def forget(digest: str) -> None:
        for cache in caches():
            cache.forget(digest)

    def forget_all() -> None:
        for cache in caches():
            cache.forget_all()

    async def expire() -> None:
        while True:
            await asyncio.sleep(_EXPIRE_SECONDS)
            for cache in caches():
                cache.expire()

    announcements.on(ERASED_CHANNEL, forget, forget_all)
    expiring = asyncio.create_task(expire())
    try:
        yield
    finally:
        expiring.cancel()
        with suppress(asyncio.CancelledError):
            await expiring
