"""Lists that hold still: a ranking is frozen before a cursor into it is given out."""

from __future__ import annotations

import asyncio
import time
from bisect import bisect_left
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime

import orjson
from cachetools import TTLCache

from app.problems import StoreUnavailable
from app.services.recommendations.adaptation import SupportSet
from app.services.recommendations.pagination import PageStart
from app.stages import continue_stages
from app.store import RankingSnapshotStore, digest_of_user
from model.orders import Order

SCORE_SCALE = 10_000
"""Numbers are shown to four places, and kept so."""
_FORMAT = 5
_MOST_PENDING = 100
_MOST_ANONYMOUS = 500
"""Lists of unknown users that a worker has at hand; 3 kB each."""
_PAUSES_SECONDS = (0.0, 0.02, 0.1)
"""Before each look for a list: another worker may just be writing it."""


@dataclass(frozen=True)
class ShownValues:
    """What is shown of a list's items, in ten thousandths; None for what the model does not tell.

    Attributes:
        relevance: From 0 to 1.
        lift: Relevance less that of the prior.
        score: Predicted ratings, clipped to the scale.
        explored: Places of the items that the model is unsure about, in ascending order.
    """

    relevance: list[int] | None
    lift: list[int] | None
    score: list[int] | None
    explored: list[int]

    def json_of(self, place: int) -> bytes:
        """Write the fields of the item at a place."""
        # As many may be explored as there are items.
        at = bisect_left(self.explored, place)
        explored = b"true" if self.explored[at : at + 1] == [place] else b"false"
        return b'"relevance":%b,"lift":%b,"score":%b,"explored":%b' % (
            _four_places(self.relevance, place),
            _four_places(self.lift, place),
            _four_places(self.score, place),
            explored,
        )


def _four_places(values: list[int] | None, place: int) -> bytes:
    return b"null" if values is None else b"%.4f" % (values[place] / SCORE_SCALE)


@dataclass(frozen=True)
class RankingSnapshot:
    """A ranking as it was when its first page was asked for.

    Attributes:
        head: What an answer tells beside the items.
        item_ids: Best first.
        values: What is shown of the items; see `ShownValues`.
        order: What it goes by.
        known: What it was adapted to, if reasons are asked for.
    """

    head: dict[str, str | int]
    item_ids: list[str]
    values: ShownValues
    order: Order
    known: SupportSet | None

    def encode(self) -> str:
        """Write the list as compact text; no item id has a `/`."""
        known = None if self.known is None else list(vars(self.known).values())
        values = list(vars(self.values).values())
        return orjson.dumps(
            [_FORMAT, self.head, "/".join(self.item_ids), values, self.order, known]
        ).decode()

    @classmethod
    def decode(cls, text: str) -> RankingSnapshot | None:
        """Read what `encode` wrote; None for a list that another release wrote in its own way."""
        content = orjson.loads(text)
        if content[0] != _FORMAT:
            return None
        head, item_ids, values, order, known = content[1:]
        if known is not None:
            attributes, ratings, beside, compared = known
            known = SupportSet(
                attributes,
                [tuple(one) for one in ratings],
                [tuple(one) for one in beside],
                [
                    (tuple(tuple(items) for items in alternatives), tuple(points))
                    for alternatives, points in compared
                ],
            )
        return cls(head, item_ids.split("/"), ShownValues(*values), Order(order), known)


class RankingSnapshots:
    """Freezes rankings and finds them again.

    A known user's are kept in the store, for every worker and replica. Unknown users' are not: a
    caller who has said nothing must not make the store grow. They stay at hand for a while in the
    worker that computed them, and whoever else is asked computes them again.

    Args:
        store: Where known users' lists are.
        seconds: How long a cursor is valid at least; twice as long at most.
    """

    def __init__(self, store: RankingSnapshotStore, seconds: int) -> None:
        self._store = store
        self._pending_writes: dict[str, tuple[str, RankingSnapshot]] = {}
        self._anonymous: TTLCache[str, RankingSnapshot] = TTLCache(_MOST_ANONYMOUS, 2 * seconds)
        self._tasks: set[asyncio.Task[None]] = set()

    def keep_anonymous(self, page: PageStart, ranking: RankingSnapshot) -> None:
        """Have an unknown user's list at hand for the pages to come."""
        self._anonymous[page.list_id] = ranking

    async def freeze(
        self, user_id: str, created_at: datetime, page: PageStart, ranking: RankingSnapshot
    ) -> None:
        """Keep a known user's list until its time has come.

        The answer need not wait for the write: until it is done this worker has the list at hand,
        and others look again. If it fails, the list can be computed again as long as the user
        gives no feedback, which a store that takes no lists does not take either.

        Args:
            user_id: The user.
            created_at: When the user was created: nothing is kept for one erased meanwhile.
            page: A place in the list.
            ranking: The list.
        """
        seconds = max(1, page.until - int(time.time()))
        self._pending_writes[page.list_id] = (digest_of_user(user_id), ranking)

        async def write() -> None:
            continue_stages(None)  # the answer does not wait for it
            try:
                with suppress(StoreUnavailable):  # it was logged
                    await self._store.put(
                        user_id, created_at, page.list_id, ranking.encode(), seconds
                    )
            finally:
                self._pending_writes.pop(page.list_id, None)

        task = asyncio.create_task(write())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        if len(self._tasks) > _MOST_PENDING:
            await asyncio.wait([task])

    async def find(self, user_id: str, page: PageStart) -> RankingSnapshot | None:
        """Return the list of a page, or None if it is not kept."""
        if page.is_anonymous:
            return self._anonymous.get(page.list_id)
        for pause in _PAUSES_SECONDS:
            await asyncio.sleep(pause)
            pending = self._pending_writes.get(page.list_id)
            # A cursor is made by whoever sends it; in the store a list is its user's own.
            if pending is not None and pending[0] == digest_of_user(user_id):
                return pending[1]
            text = await self._store.get(user_id, page.list_id)
            if text is not None:
                return RankingSnapshot.decode(text)
        return None

    async def written(self) -> None:
        """Wait until all lists whose cursors were given out are kept, or can't be."""
        while self._tasks:
            await asyncio.wait(self._tasks)

    def forget(self, digest: str) -> None:
        """Drop an erased user's lists that are being written; see `digest_of_user`."""
        for list_id, (owner, _) in list(self._pending_writes.items()):
            if owner == digest:
                del self._pending_writes[list_id]

    def forget_all(self) -> None:
        """Drop all lists that are being written: erasures may have gone unheard."""
        self._pending_writes.clear()

    def expire(self) -> None:
        """Drop the lists whose time is over."""
        self._anonymous.expire()
