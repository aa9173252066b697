"""Frozen rankings in the store: one hash a user, which expires.

melu:lists:{melu:user:<user id>}   <list id>   the list, as its owner wrote it
                                   order       the list ids, oldest first
"""

from __future__ import annotations

from datetime import datetime
from time import perf_counter

from app.stages import Stage, note_stage
from app.store.catalogue import VERSION_KEY
from app.store.clients import StoreClient
from app.store.coalesced_writes import harmless_writes_of
from app.store.connection import STORE_FAILURES, store_errors, unavailable
from app.store.keys import user_key, user_lists_key
from app.store.records import microseconds
from app.store.scripts import read_script

LISTS_A_USER = 8
"""Newest lists of a user that are kept."""


class RankingSnapshotStore:
    """Keeps rankings for the pages to come.

    Every method raises `StoreUnavailable` if the store can't be reached or can't write.

    Args:
        redis: The client.
        timeout_seconds: Most that a call takes.
    """

    def __init__(self, redis: StoreClient, timeout_seconds: float) -> None:
        self._redis = redis
        self._seconds = timeout_seconds
        self._freeze = harmless_writes_of(
            redis, read_script("freeze_ranking"), timeout_seconds, also=VERSION_KEY
        )

    async def put(
        self, user_id: str, created_at: datetime, list_id: str, text: str, seconds: int
    ) -> bool:
        """Keep a user's list; the oldest goes where there are more than `LISTS_A_USER`.

        Args:
            user_id: The user.
            created_at: When the user that the list was computed for was created.
            list_id: Names the list among the user's.
            text: The list.
            seconds: How long to keep it.

        Returns:
            Whether it is kept: nothing is, once that user has been erased.
        """
        keys = [user_lists_key(user_id), user_key(user_id)]
        arguments: list[str | int] = [list_id, text, seconds, LISTS_A_USER]
        arguments.append(microseconds(created_at))
        # These writes have a bound of their own; `store_errors` would cost as much as they do.
        started = perf_counter()
        try:
            return bool(await self._freeze(keys, arguments))
        except STORE_FAILURES as error:
            raise unavailable(error) from error
        finally:
            note_stage(Stage.STORE, started)

    async def get(self, user_id: str, list_id: str) -> str | None:
        """Return a list, or None if it is not kept.

        Args:
            user_id: The user.
            list_id: The list.

        Returns:
            What was put.
        """
        async with store_errors(self._seconds):
            found = await self._redis.hget(user_lists_key(user_id), list_id)
        assert not isinstance(found, bytes)  # noqa: S101 - the client's answers are text
        return found
