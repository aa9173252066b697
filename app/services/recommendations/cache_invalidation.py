"""What becomes of erased users in a worker's memory."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress

from app.services.recommendations.response_cache import ResponseCache
from app.store import ERASED_CHANNEL, Announcements

_EXPIRE_SECONDS = 60.0


@asynccontextmanager
async def invalidate_erased_users(
    announcements: Announcements, answers: Callable[[], ResponseCache | None]
) -> AsyncIterator[None]:
    """Forget users whose erasure is announced, and answers whose time is over.

    Args:
        announcements: Where erasures are heard of.
        answers: Finds the present cache; None while there is none.

    Yields:
        Nothing, while it goes on.
    """

    def forget(digest: str) -> None:
        cache = answers()
        if cache is not None:
            cache.forget(digest)

    def forget_all() -> None:
        cache = answers()
        if cache is not None:
            cache.forget_all()

    async def expire() -> None:
        while True:
            await asyncio.sleep(_EXPIRE_SECONDS)
            cache = answers()
            if cache is not None:
                cache.expire()

    announcements.on(ERASED_CHANNEL, forget, forget_all)
    expiring = asyncio.create_task(expire())
    try:
        yield
    finally:
        expiring.cancel()
        with suppress(asyncio.CancelledError):
            await expiring
