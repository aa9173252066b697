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
from app.services.answers import Answer, AnswerCache
from app.services.compute import Compute
from app.services.filters import matching_items
from app.services.live_model import LiveModel, Snapshot
from app.services.personal import Personaliser
from app.services.ranking import index_of_items
from app.store import StoredUser, Unchanged, UserStore

_NOBODY = ""
"""In place of the id and the revision of users of whom nothing is stored: all get one answer."""


@dataclass
class Timing:
    """Milliseconds that the parts of an answer took; 0 for what was at hand."""

    store: float = 0.0
    local_update: float = 0.0
    ranking: float = 0.0

    def header(self) -> str:
        """Render as a Server-Timing header."""
        return (
            f"store;dur={self.store:.2f}, local_update;dur={self.local_update:.2f}, "
            f"ranking;dur={self.ranking:.2f}"
        )


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
        live: The model and its catalogue.
        personaliser: Adapts to users.
        compute: Where tensors are computed.
        cache: Answers at hand.
    """

    def __init__(
        self,
        store: UserStore,
        live: LiveModel,
        personaliser: Personaliser,
        compute: Compute,
        cache: AnswerCache,
    ) -> None:
        self._store = store
        self._live = live
        self._personaliser = personaliser
        self._compute = compute
        self._cache = cache
        self._under_way: dict[tuple[str, str, str], asyncio.Task[Answer]] = {}

    async def recommend(self, user_id: str, query: RecommendationQuery) -> Recommended:
        """Adapt to a user's stored feedback and rank the whole catalogue.

        Args:
            user_id: The user; one never seen gets θ's own ranking.
            query: The parameters.

        Returns:
            The ranking, and how long its parts took.

        Raises:
            InvalidFilter: If a filter is not `name:value`.
            UnknownAttribute: If a filter names no attribute.
            StoreUnavailable: If the store can't be reached.
            Overloaded: If too much is asked for at once.
        """
        timing = Timing()
        started = perf_counter()
        key = f"{self._live.current.key} {query.key}"
        known = self._cache.revision(user_id, key)
        user = await self._store.get_unless(user_id, known)
        snapshot = await self._live.at(self._store.catalogue_version)
        key = f"{snapshot.key} {query.key}"
        if isinstance(user, Unchanged):
            answer = self._cache.get(user_id, known, key)
            if answer is None:  # it gave way to others meanwhile, or the catalogue changed
                user = await self._store.get(user_id)
        else:
            answer = None
        timing.store = 1000 * (perf_counter() - started)
        if not isinstance(user, Unchanged):
            answer = await self._answer(snapshot, user_id, user, query, key, timing)
        assert answer is not None  # noqa: S101 - found, or computed
        note_recommendation(
            answer.strategy, answer.support_size, timing.local_update, timing.ranking
        )
        body = b'{"user_id":' + orjson.dumps(user_id) + answer.body
        return Recommended(body, answer.etag, timing)

    async def _answer(
        self,
        snapshot: Snapshot,
        user_id: str,
        user: StoredUser | None,
        query: RecommendationQuery,
        key: str,
        timing: Timing,
    ) -> Answer:
        revision = _NOBODY
        if user is None:
            user_id = _NOBODY
        else:
            revision = user.revision
        answer = self._cache.get(user_id, revision, key)
        if answer is not None:
            return answer

        async def compute() -> Answer:
            etag = _etag(user_id, revision, key)
            answer = await self._compute.run(
                lambda: self._rank(snapshot, user, query, timing, etag)
            )
            self._cache.put(user_id, revision, key, answer)
            return answer

        return await self._once((user_id, revision, key), compute)

    async def _once(
        self, key: tuple[str, str, str], compute: Callable[[], Awaitable[Answer]]
    ) -> Answer:
        """Let equal requests that come while one is computed wait for its answer."""
        task = self._under_way.get(key)
        if task is None:
            task = self._under_way[key] = asyncio.ensure_future(compute())
            task.add_done_callback(lambda _: self._under_way.pop(key, None))
        # Whoever hangs up must not take the answer from the others.
        return await asyncio.shield(task)

    def _rank(
        self,
        snapshot: Snapshot,
        user: StoredUser | None,
        query: RecommendationQuery,
        timing: Timing,
        etag: str,
    ) -> Answer:
        recommender, catalogue = snapshot.recommender, snapshot.catalogue
        started = perf_counter()
        adapted = self._personaliser.adapt(recommender, user)
        timing.local_update = 1000 * (perf_counter() - started)

        started = perf_counter()
        left_out = set(query.exclude)
        if query.exclude_seen and user is not None:
            left_out |= user.seen
        ranking = recommender.rank(
            adapted,
            query.limit,
            among=matching_items(catalogue, query.filter),
            without=index_of_items(catalogue, left_out),
        )
        scores = ranking.score.clip(*recommender.rating_scale).tolist()
        items = [
            b'%b,"rank":%d,"score":%.4f}' % (fragment, rank, score)
            for rank, (fragment, score) in enumerate(
                zip(snapshot.fragments.of(catalogue, ranking.index.tolist()), scores, strict=True),
                start=1,
            )
        ]
        strategy = "adapted" if adapted.local_steps else "prior"
        head = {
            "strategy": strategy,
            "support_size": adapted.support_size,
            "support_version": user.support_version if user else 0,
            "local_steps": adapted.local_steps,
            "model_version": recommender.manifest.version,
        }
        body = b',%b,"items":[%b]}' % (orjson.dumps(head)[1:-1], b",".join(items))
        timing.ranking = 1000 * (perf_counter() - started)
        return Answer(body, etag, strategy, adapted.support_size)


def _etag(user_id: str, revision: str, key: str) -> str:
    return f'"{blake2b(orjson.dumps([user_id, revision, key]), digest_size=12).hexdigest()}"'
