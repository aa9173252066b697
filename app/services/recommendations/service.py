"""Rank the catalogue for a user."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from hashlib import blake2b
from time import perf_counter

import orjson

from app.metrics import note_recommendation
from app.schemas import RecommendationQuery
from app.services.model_state.executor import InferenceExecutor
from app.services.model_state.live_model import LiveModel, Snapshot
from app.services.recommendations.ranker import Page, Ranker, Timing
from app.services.recommendations.ranking_snapshots import (
    PageStart,
    RankingSnapshot,
    RankingSnapshots,
    gone,
)
from app.services.recommendations.response_cache import CachedResponse, ResponseCache
from app.store import StoredUser, Unchanged, UserStore

ANONYMOUS = ""
"""In place of the id and the revision of users of whom nothing is stored: all get one answer."""


@dataclass(frozen=True)
class Recommended:
    """An answer to a request.

    Attributes:
        body: JSON.
        etag: Names all that it depends on.
        timing: How long its parts took.
    """

    body: bytes
    etag: str
    timing: Timing


@dataclass(frozen=True)
class _Asked:
    """A request for a ranking.

    Attributes:
        owner: The user's id, or `ANONYMOUS`.
        revision: The user's revision, or `ANONYMOUS`.
        snapshot: Model and catalogue.
        user: What is stored.
        query: The parameters.
        timing: Takes how long the parts took.
    """

    owner: str
    revision: str
    snapshot: Snapshot
    user: StoredUser | None
    query: RecommendationQuery
    timing: Timing

    @classmethod
    def by(
        cls,
        user_id: str,
        snapshot: Snapshot,
        user: StoredUser | None,
        query: RecommendationQuery,
        timing: Timing,
    ) -> _Asked:
        if user is None:
            return cls(ANONYMOUS, ANONYMOUS, snapshot, user, query, timing)
        return cls(user_id, user.revision, snapshot, user, query, timing)

    def name(self, key: str) -> str:
        """Name what follows from model, catalogue, user and a text."""
        whole = orjson.dumps([self.snapshot.key, self.owner, self.revision, key])
        return blake2b(whole, digest_size=12).hexdigest()

    @property
    def list_id(self) -> str:
        """Names the ranking that is asked for."""
        return self.name(self.query.ranking_key)


class RecommendationService:
    """Answers with a user's own ranking.

    Args:
        store: Where users are.
        live: The model and its catalogue.
        lists: Keeps rankings for the pages to come.
        ranker: Computes rankings and pages.
        compute: Where tensors are computed.
        cache: Answers at hand.
    """

    def __init__(
        self,
        store: UserStore,
        live: LiveModel,
        lists: RankingSnapshots,
        ranker: Ranker,
        compute: InferenceExecutor,
        cache: ResponseCache,
    ) -> None:
        self._store = store
        self._live = live
        self._lists = lists
        self._ranker = ranker
        self._compute = compute
        self._cache = cache
        self._under_way: dict[tuple[str, str, str], asyncio.Task[CachedResponse]] = {}

    async def recommend(self, user_id: str, query: RecommendationQuery) -> Recommended:
        """Adapt to a user's stored feedback and rank the whole catalogue.

        Args:
            user_id: The user; one never seen gets θ's own ranking.
            query: The parameters; with a cursor, the next page of an earlier ranking.

        Returns:
            The ranking, and how long its parts took.

        Raises:
            InvalidCursor: If the cursor is not one of this user's for these parameters, or its
                list is no longer kept.
            InvalidFilter: If a filter is not `name:value`.
            UnknownAttribute: If a filter names no attribute.
            StoreUnavailable: If the store can't be reached.
            Overloaded: If too much is asked for at once.
        """
        timing = Timing()
        if query.cursor is None:
            answer = await self._first_page(user_id, query, timing)
        else:
            answer = await self._later_page(user_id, query, timing)
        note_recommendation(
            answer.strategy, answer.support_size, timing.local_update, timing.ranking
        )
        cursor = answer.cursor
        if cursor is None:
            # Users of whom nothing is stored share the answer, but not the cursor.
            cursor = self._cursor(user_id, query, answer.following)
        body = b'{"user_id":%b%b,"next_cursor":%b}' % (orjson.dumps(user_id), answer.body, cursor)
        return Recommended(body, answer.etag, timing)

    async def _first_page(
        self, user_id: str, query: RecommendationQuery, timing: Timing
    ) -> CachedResponse:
        until = self._lists.until()
        started = perf_counter()
        before = self._live.current
        key = f"{before.key} {until} {query.key}"
        known, held = self._cache.held(user_id, key)
        user = await self._store.get_unless(user_id, known)
        snapshot = await self._live.at(self._store.catalogue_version)
        if isinstance(user, Unchanged):
            if held is not None and snapshot is before:
                timing.store += 1000 * (perf_counter() - started)
                return held
            # The catalogue changed.
            user = await self._store.get(user_id)
        timing.store += 1000 * (perf_counter() - started)
        key = f"{snapshot.key} {until} {query.key}"
        asked = _Asked.by(user_id, snapshot, user, query, timing)
        answer = self._cache.get(asked.owner, asked.revision, key)
        if answer is not None:
            return answer

        async def compute() -> CachedResponse:
            place = PageStart(asked.list_id, 0, until, is_shared=user is None)
            ranking, page = await self._frozen(asked, place)
            etag = f'"{asked.name(key)}"'
            following = place.moved_to(page.following)
            cursor = None if user is None else self._cursor(user_id, query, following)
            answer = _answer(ranking, page, etag, following, cursor)
            self._cache.put(asked.owner, asked.revision, key, answer)
            return answer

        return await self._once((asked.owner, asked.revision, key), compute)

    def _cursor(
        self, user_id: str, query: RecommendationQuery, following: PageStart | None
    ) -> bytes:
        if following is None:
            return b"null"
        return b'"%b"' % self._lists.cursor(user_id, query, following).encode()

    async def _later_page(
        self, user_id: str, query: RecommendationQuery, timing: Timing
    ) -> CachedResponse:
        place = self._lists.place(user_id, query)
        started = perf_counter()
        ranking = await self._lists.find(user_id, place)
        snapshot = await self._live.latest()
        timing.store += 1000 * (perf_counter() - started)
        if ranking is None:
            ranking = await self._again(user_id, snapshot, query, place, timing)
        version = snapshot.recommender.manifest.version
        if ranking.known is not None and ranking.head["model_version"] != version:
            raise gone()  # another model has other reasons
        page = await self._compute.run(
            lambda: self._ranker.page(snapshot, ranking, place.start, query.limit, timing)
        )
        # What is removed or renamed meanwhile changes a page.
        told = orjson.dumps([user_id, page.body.decode(), place.until])
        etag = f'"{blake2b(told, digest_size=12).hexdigest()}"'
        return _answer(ranking, page, etag, place.moved_to(page.following))

    async def _again(
        self,
        user_id: str,
        snapshot: Snapshot,
        query: RecommendationQuery,
        place: PageStart,
        timing: Timing,
    ) -> RankingSnapshot:
        """Compute a list anew that is not kept, if nothing that it follows from has changed."""
        user = None if place.is_shared else await self._store.get(user_id)
        asked = _Asked.by(user_id, snapshot, user, query, timing)
        if asked.list_id != place.list_id:
            raise gone()
        ranking, _ = await self._frozen(asked, place)
        return ranking

    async def _frozen(self, asked: _Asked, place: PageStart) -> tuple[RankingSnapshot, Page]:
        """Compute a ranking and its first page; keep the ranking if there are more pages."""
        query, user, timing = asked.query, asked.user, asked.timing

        def compute() -> tuple[RankingSnapshot, Page]:
            ranking = self._ranker.rank(asked.snapshot, user, query, place.list_id, timing)
            page = self._ranker.page(asked.snapshot, ranking, 0, query.limit, timing)
            return ranking, page

        ranking, page = await self._compute.run(compute)
        if page.following is not None:
            created_at = None if user is None else user.created_at
            await self._lists.freeze(asked.owner, created_at, place, ranking)
        return ranking, page

    async def _once(
        self, key: tuple[str, str, str], compute: Callable[[], Awaitable[CachedResponse]]
    ) -> CachedResponse:
        """Let equal requests that come while one is computed wait for its answer."""
        task = self._under_way.get(key)
        if task is None:
            task = self._under_way[key] = asyncio.ensure_future(compute())
            task.add_done_callback(lambda _: self._under_way.pop(key, None))
        # Whoever hangs up must not take the answer from the others.
        return await asyncio.shield(task)


def _answer(
    ranking: RankingSnapshot,
    page: Page,
    etag: str,
    following: PageStart | None,
    cursor: bytes | None = None,
) -> CachedResponse:
    strategy, size = ranking.head["strategy"], ranking.head["support_size"]
    return CachedResponse(page.body, etag, str(strategy), int(size), following, cursor)
