"""Answers kept in memory, so that no ranking is computed twice."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from sys import getsizeof

from cachetools import TTLCache

from app.services.recommendations.fingerprint import ANONYMOUS, Fingerprint
from app.services.recommendations.pagination import PageStart
from app.services.recommendations.timing import Timing
from app.stages import Stage, in_stage
from app.store import digest_of_user


@dataclass(frozen=True)
class CachedResponse:
    """A page of a ranking as it goes over the wire, but for the user's id and the cursor.

    Attributes:
        body: JSON from after the id to the end of the items.
        etag: Names all that the answer depends on.
        strategy: Whether the local update ran.
        support_size: Ratings that it learnt from.
        following: Where the next page begins; None after the last.
        cursor: JSON that names it, if that is the same for all to whom the answer goes.
    """

    body: bytes
    etag: str
    strategy: str
    support_size: int
    following: PageStart | None = None
    cursor: bytes | None = None

    @property
    def size(self) -> int:
        """About how many bytes it takes."""
        return ENTRY_OVERHEAD_BYTES + len(self.body)


@dataclass
class _UserResponses:
    """The responses of one revision of a user, oldest first."""

    revision: str
    by_key: dict[str, CachedResponse] = field(default_factory=dict)

    @property
    def size(self) -> int:
        return ENTRY_OVERHEAD_BYTES + sum(
            getsizeof(key) + response.size for key, response in self.by_key.items()
        )


@dataclass(frozen=True)
class _SharedResponse:
    """An answer that unknown users share, and about how many bytes it takes with its name.

    The name holds all parameters: with few items and much that is excluded it is most of it.
    """

    answer: CachedResponse
    size: int


ENTRY_OVERHEAD_BYTES = 500
"""Bytes that an entry takes beside its text, roughly."""
_RESPONSES_A_USER = 50
_ANONYMOUS_SHARE = 1 / 4
"""Of the memory: what all unknown users share must not crowd out the known ones, nor they it."""
_COMPUTING_SECONDS = 60.0
"""No answer takes longer to compute."""
_FORGOTTEN_USERS = 10_000


class ResponseCache:
    """The most recently used answers of one model over one catalogue.

    An answer belongs to a revision of its user: whoever looks it up reads the revision from the
    store first, so that no answer is stale on any replica. Users are known by digests of their
    ids, as in the announcements of erasures. Unknown users share answers, which have a quarter of
    the memory to themselves.

    Args:
        max_bytes: About how much memory to use; 0 keeps nothing.
        seconds: How long an answer is kept at most, should its user's erasure go unheard.
    """

    def __init__(self, max_bytes: int, seconds: float = 3600) -> None:
        anonymous_bytes = int(max_bytes * _ANONYMOUS_SHARE)
        self._users: TTLCache[str, _UserResponses] = TTLCache(
            max_bytes - anonymous_bytes, seconds, getsizeof=lambda user: user.size
        )
        self._anonymous: TTLCache[str, _SharedResponse] = TTLCache(
            anonymous_bytes, seconds, getsizeof=lambda shared: shared.size
        )
        self._forgotten: TTLCache[str, None] = TTLCache(_FORGOTTEN_USERS, _COMPUTING_SECONDS)
        self._computing: dict[Fingerprint, asyncio.Task[tuple[CachedResponse, Timing]]] = {}

    def held(self, user_id: str, key: str) -> tuple[str, CachedResponse | None]:
        """Return the answer that is at hand, whatever the user's present revision.

        Args:
            user_id: The user.
            key: What `cache_key` returned.

        Returns:
            The revision that the answer belongs to, and the answer; an empty text and None if
            there is none.
        """
        user = self._users.get(digest_of_user(user_id))
        answer = None if user is None else user.by_key.get(key)
        return ("", None) if user is None or answer is None else (user.revision, answer)

    def get(self, owner: str, revision: str, key: str) -> CachedResponse | None:
        """Return an answer if it is at hand.

        Args:
            owner: The user, or `ANONYMOUS`.
            revision: The user's present revision.
            key: What `cache_key` returned.

        Returns:
            The answer, or None.
        """
        if owner == ANONYMOUS:
            shared = self._anonymous.get(key)
            return None if shared is None else shared.answer
        user = self._users.get(digest_of_user(owner))
        return user.by_key.get(key) if user is not None and user.revision == revision else None

    def put(self, owner: str, revision: str, key: str, answer: CachedResponse) -> None:
        """Keep an answer; those of the user's other revisions go, and the oldest of too many."""
        if owner == ANONYMOUS:
            with suppress(ValueError):  # larger than the whole cache
                self._anonymous[key] = _SharedResponse(answer, getsizeof(key) + answer.size)
            return
        digest = digest_of_user(owner)
        if digest in self._forgotten:
            # It may have been computed while the user was erased.
            return
        user = self._users.get(digest)
        if user is None or user.revision != revision:
            user = _UserResponses(revision)
        elif len(user.by_key) >= _RESPONSES_A_USER:
            del user.by_key[next(iter(user.by_key))]
        user.by_key[key] = answer
        try:
            self._users[digest] = user
        except ValueError:  # larger than the whole cache
            self._users.pop(digest, None)

    async def get_or_compute(
        self, names: Fingerprint, compute: Callable[[], Awaitable[tuple[CachedResponse, Timing]]]
    ) -> tuple[CachedResponse, Timing]:
        """Return an answer that is at hand, or compute it once for all who ask meanwhile.

        Args:
            names: What the answer follows from.
            compute: Computes it.

        Returns:
            The answer, and how long it took the caller who had it computed; nothing for others.
        """
        answer = self.get(names.owner, names.revision, names.cache_key)
        if answer is not None:
            return answer, Timing()
        task = self._computing.get(names)
        if task is not None:
            with in_stage(Stage.SHARED):
                shared, _ = await asyncio.shield(task)
            return shared, Timing()

        async def compute_and_keep() -> tuple[CachedResponse, Timing]:
            answer, timing = await compute()
            self.put(names.owner, names.revision, names.cache_key, answer)
            return answer, timing

        task = self._computing[names] = asyncio.ensure_future(compute_and_keep())
        task.add_done_callback(lambda _: self._computing.pop(names, None))
        # Whoever hangs up must not take the answer from the others.
        return await asyncio.shield(task)

    def forget(self, digest: str) -> None:
        """Drop all answers of an erased user, those being computed too.

        Args:
            digest: The digest of the user's id.
        """
        self._forgotten[digest] = None
        self._users.pop(digest, None)

    def forget_all(self) -> None:
        """Drop all known users' answers: there may have been erasures that went unheard."""
        self._users.clear()

    def expire(self) -> None:
        """Drop the answers whose time is over; by themselves they go only when others come."""
        self._users.expire()
        self._anonymous.expire()
        self._forgotten.expire()
