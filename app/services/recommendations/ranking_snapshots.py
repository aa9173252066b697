"""Lists that hold still: a ranking is frozen in the store before a cursor into it is given out."""

from __future__ import annotations

import asyncio
import time
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime

import orjson

from app.problems import InvalidCursor, StoreUnavailable
from app.schemas import RecommendationQuery
from app.services.cursors import decode_cursor, encode_cursor
from app.services.recommendations.adaptation import SupportSet
from app.store import RankingSnapshotStore

SCORE_SCALE = 10_000
"""Scores are shown to four places, and kept so."""
_MOST_ON_THEIR_WAY = 100
_PAUSES_SECONDS = (0.0, 0.02, 0.1)
"""Before each look for a list: another worker may just be writing it."""


@dataclass(frozen=True)
class RankingSnapshot:
    """A ranking as it was when its first page was asked for.

    Attributes:
        head: What an answer tells beside the items.
        item_ids: Best first.
        scores: Predicted ratings of the items, in ten thousandths.
        known: What it was adapted to, if reasons are asked for.
    """

    head: dict[str, str | int]
    item_ids: list[str]
    scores: list[int]
    known: SupportSet | None

    def encode(self) -> str:
        """Write the list as compact text; no item id has a `/`."""
        known = None if self.known is None else [self.known.attributes, self.known.ratings]
        return orjson.dumps([self.head, "/".join(self.item_ids), self.scores, known]).decode()

    @classmethod
    def decode(cls, text: str) -> RankingSnapshot:
        """Read what `encode` wrote."""
        head, item_ids, scores, known = orjson.loads(text)
        if known is not None:
            attributes, ratings = known
            known = SupportSet(attributes, [(item_id, rating) for item_id, rating in ratings])
        return cls(head, item_ids.split("/"), scores, known)


@dataclass(frozen=True)
class PageStart:
    """Where a page begins.

    Attributes:
        list_id: The list.
        start: Items before the page.
        until: When the list may be gone, in seconds since the epoch.
        is_shared: Whether the list is nobody's: of users of whom nothing was stored.
    """

    list_id: str
    start: int
    until: int
    is_shared: bool

    def moved_to(self, start: int | None) -> PageStart | None:
        """Return another place in the same list; None for none."""
        return None if start is None else PageStart(self.list_id, start, self.until, self.is_shared)


class RankingSnapshots:
    """Freezes rankings and finds them again.

    Args:
        store: Where frozen rankings are.
        seconds: How long a cursor is valid at least; twice as long at most.
    """

    def __init__(self, store: RankingSnapshotStore, seconds: int) -> None:
        self._store = store
        self._seconds = seconds
        self._pending_writes: dict[str, RankingSnapshot] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    def until(self) -> int:
        """Return when a list that is frozen now may be gone.

        Time is parted into spans, the same for every worker, and a list lasts to the end of the
        span that follows. So all answers of a span can have equal cursors, and equal ETags.
        """
        return (int(time.time()) // self._seconds + 2) * self._seconds

    def cursor(self, user_id: str, query: RecommendationQuery, place: PageStart) -> str:
        """Name a place in a list, as opaque text."""
        where: list[str | int] = [place.list_id, place.start, place.until, int(place.is_shared)]
        return encode_cursor(_request(user_id, query), where)

    def place(self, user_id: str, query: RecommendationQuery) -> PageStart:
        """Return the place that a query's cursor names.

        Args:
            user_id: The user.
            query: The parameters, with a cursor.

        Returns:
            The place.

        Raises:
            InvalidCursor: If the cursor was not given out to this user for these parameters, or
                is too old.
        """
        match decode_cursor(query.cursor or "", _request(user_id, query)):
            case [str(list_id), int(start), int(until), int(shared)] if start > 0:
                place = PageStart(list_id, start, until, is_shared=bool(shared))
            case _:
                raise InvalidCursor("The cursor is damaged; begin again without one.")
        if place.until <= time.time():
            raise gone()
        return place

    async def freeze(
        self, user_id: str, created_at: datetime | None, place: PageStart, ranking: RankingSnapshot
    ) -> None:
        """Keep a list until its time has come.

        The answer need not wait for the write: until it is done this worker has the list at hand,
        and others look twice. If it fails, the list can be computed anew as long as the user gives
        no feedback, which a store that takes no lists does not take either.

        Args:
            user_id: The user.
            created_at: When the user was created; None for a list that is nobody's.
            place: A place in the list.
            ranking: The list.
        """
        seconds = max(1, place.until - int(time.time()))
        self._pending_writes[place.list_id] = ranking

        async def write() -> None:
            text = ranking.encode()
            with suppress(StoreUnavailable):  # it was logged
                if created_at is None:
                    await self._store.put_shared(place.list_id, text, seconds)
                else:
                    await self._store.put(user_id, created_at, place.list_id, text, seconds)
            self._pending_writes.pop(place.list_id, None)

        task = asyncio.create_task(write())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        if len(self._tasks) > _MOST_ON_THEIR_WAY:
            await asyncio.wait([task])

    async def find(self, user_id: str, place: PageStart) -> RankingSnapshot | None:
        """Return the list of a place, or None if it is not kept.

        Args:
            user_id: The user.
            place: What a cursor named.

        Returns:
            The list.

        Raises:
            StoreUnavailable: If the store can't be reached.
        """
        owner = None if place.is_shared else user_id
        for pause in _PAUSES_SECONDS:
            await asyncio.sleep(pause)
            at_hand = self._pending_writes.get(place.list_id)
            if at_hand is not None:
                return at_hand
            text = await self._store.get(owner, place.list_id)
            if text is not None:
                return RankingSnapshot.decode(text)
        return None


def gone() -> InvalidCursor:
    """The problem of a cursor whose list is no longer kept."""
    return InvalidCursor("The list of this cursor is no longer kept; begin again without a cursor.")


def _request(user_id: str, query: RecommendationQuery) -> list[str]:
    return ["recommendations", user_id, query.ranking_key]
