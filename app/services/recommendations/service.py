"""Rank the catalogue for a user: read, look up, compute, answer."""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import blake2b
from time import perf_counter

import orjson

from app.metrics import note_recommendation
from app.schemas.recommendations import RecommendationQuery
from app.services.arms.arms import Arm, Arms, Choice
from app.services.arms.served_lists import ServedLists
from app.services.model_state.executor import InferenceExecutor
from app.services.model_state.live_model import Snapshot
from app.services.recommendations.fingerprint import ANONYMOUS, Fingerprint, cache_key
from app.services.recommendations.pagination import PageStart, Pagination, gone
from app.services.recommendations.ranker import Page, can_follow, is_dear
from app.services.recommendations.ranking_snapshots import RankingSnapshot, RankingSnapshots
from app.services.recommendations.response_cache import CachedResponse, ResponseCache
from app.services.recommendations.scenarios import Scenarios
from app.services.recommendations.timing import Timing, milliseconds_since
from app.store import StoredUser, Unchanged, UserStore


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


class RecommendationService:
    """Answers with a user's own ranking.

    Args:
        store: Where users are.
        arms: Choose what answers.
        served: Counts lists, while arms are compared.
        snapshots: Keeps rankings for the pages to come.
        pagination: Knows cursors.
        compute: Where tensors are computed.
        cache: Answers at hand.
        settings_digest: Names the settings that change a ranking.
        scenarios: Parameters under names.
    """

    def __init__(
        self,
        store: UserStore,
        arms: Arms,
        served: ServedLists,
        snapshots: RankingSnapshots,
        pagination: Pagination,
        compute: InferenceExecutor,
        cache: ResponseCache,
        settings_digest: str,
        scenarios: Scenarios,
    ) -> None:
        self._store = store
        self._arms = arms
        self._served = served
        self._snapshots = snapshots
        self._pagination = pagination
        self._compute = compute
        self._cache = cache
        self._settings = settings_digest
        self._scenarios = scenarios

    async def recommend(self, user_id: str, query: RecommendationQuery) -> Recommended:
        """Adapt to a user's stored feedback and rank the whole catalogue.

        Args:
            user_id: The user; an unknown one gets the ranking of the shared model (θ).
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
        query = self._scenarios.resolved(query)
        choice = self._arms.choose(user_id, lambda model: can_follow(model, query))
        find = self._first_page if query.cursor is None else self._later_page
        answer, timing = await find(choice, user_id, query)
        note_recommendation(answer.strategy, answer.support_size, is_computed=timing.ranking > 0)
        cursor = answer.cursor
        if cursor is None:
            # Unknown users share the answer, but not the cursor.
            cursor = self._cursor(user_id, query, answer.following)
        body = b'{"user_id":%b%b,"next_cursor":%b}' % (orjson.dumps(user_id), answer.body, cursor)
        return Recommended(body, answer.etag, timing)

    async def _first_page(
        self, choice: Choice, user_id: str, query: RecommendationQuery
    ) -> tuple[CachedResponse, Timing]:
        until = self._pagination.until()
        started = perf_counter()
        arm = choice.arm
        before = arm.live.current
        key = cache_key(before.key, self._settings, arm.name, query.key, until)
        known, held = self._cache.held(user_id, key)
        user = await self._store.get_unless(user_id, known)
        snapshot = await arm.live.at(self._store.catalogue_version)
        if isinstance(user, Unchanged):
            if held is not None and snapshot is before:
                return held, Timing(store=milliseconds_since(started))
            # The catalogue changed.
            user = await self._store.get(user_id)
        reading = Timing(store=milliseconds_since(started))
        names = self._fingerprint(snapshot, arm, user_id, user, query, until)

        async def compute() -> tuple[CachedResponse, Timing]:
            start = PageStart(
                list_id=names.list_id, start=0, until=until, is_anonymous=user is None
            )
            ranking, page, computing = await self._rank(snapshot, arm, user_id, user, query, start)
            following = start.moved_to(page.following)
            if user is not None:
                shown = ranking.item_ids[: page.following]
                await self._served.note(choice, user_id, user.created_at, names.list_id, shown)
            cursor = None if user is None else self._cursor(user_id, query, following)
            return _response(ranking, page, names.etag, following, cursor), computing

        answer, computing = await self._cache.get_or_compute(names, compute)
        return answer, reading + computing

    async def _later_page(
        self, choice: Choice, user_id: str, query: RecommendationQuery
    ) -> tuple[CachedResponse, Timing]:
        arm = choice.arm
        start = self._pagination.page_start(user_id, query)
        started = perf_counter()
        ranking = await self._snapshots.find(user_id, start)
        snapshot = await arm.live.latest()
        user = None
        if ranking is None and not start.is_anonymous:
            user = await self._store.get(user_id)
        timing = Timing(store=milliseconds_since(started))
        if ranking is None:
            # Computed again, if nothing that it follows from has changed.
            names = self._fingerprint(snapshot, arm, user_id, user, query, start.until)
            if names.list_id != start.list_id:
                raise gone()
            ranking, _, computing = await self._rank(snapshot, arm, user_id, user, query, start)
            timing += computing
        version = snapshot.recommender.manifest.version
        if ranking.known is not None and ranking.head["model_version"] != version:
            raise gone()  # another model has other reasons
        page = await self._compute.run(
            lambda: arm.ranker.page(snapshot, ranking, start.start, query.limit),
            is_dear=ranking.known is not None,
        )
        if not start.is_anonymous:
            more = ranking.item_ids[start.start : page.following]
            await self._served.note(choice, user_id, None, start.list_id, more)
        # What is removed or renamed meanwhile changes a page.
        shown = orjson.dumps([user_id, page.body.decode(), start.until])
        etag = f'"{blake2b(shown, digest_size=12).hexdigest()}"'
        answer = _response(ranking, page, etag, start.moved_to(page.following))
        return answer, timing + Timing(ranking=page.milliseconds)

    def _fingerprint(
        self,
        snapshot: Snapshot,
        arm: Arm,
        user_id: str,
        user: StoredUser | None,
        query: RecommendationQuery,
        until: int,
    ) -> Fingerprint:
        return Fingerprint(
            model=snapshot.key,
            settings=self._settings,
            arm=arm.name,
            owner=ANONYMOUS if user is None else user_id,
            revision=ANONYMOUS if user is None else user.revision,
            ranking=query.ranking_key,
            page=query.key,
            until=until,
        )

    async def _rank(
        self,
        snapshot: Snapshot,
        arm: Arm,
        user_id: str,
        user: StoredUser | None,
        query: RecommendationQuery,
        start: PageStart,
    ) -> tuple[RankingSnapshot, Page, Timing]:
        """Compute a ranking and its first page; keep the ranking if there are more pages."""
        ranking, page, timing = await self._compute.run_after(
            arm.ranker.adaptation(snapshot, user),
            lambda adapted: arm.ranker.rank_and_page(snapshot, user, adapted, query, start.list_id),
            is_dear=is_dear(query),
        )
        if page.following is not None:
            if user is None:
                self._snapshots.keep_anonymous(start, ranking)
            else:
                await self._snapshots.freeze(user_id, user.created_at, start, ranking)
        return ranking, page, timing

    def _cursor(
        self, user_id: str, query: RecommendationQuery, following: PageStart | None
    ) -> bytes:
        if following is None:
            return b"null"
        return b'"%b"' % self._pagination.cursor(user_id, query, following).encode()


def _response(
    ranking: RankingSnapshot,
    page: Page,
    etag: str,
    following: PageStart | None,
    cursor: bytes | None = None,
) -> CachedResponse:
    strategy, size = ranking.head["strategy"], ranking.head["support_size"]
    return CachedResponse(page.body, etag, str(strategy), int(size), following, cursor)
