"""Answers kept in memory, so that no ranking is computed twice."""

from __future__ import annotations

from dataclasses import dataclass, field

from cachetools import TTLCache

from app.services.recommendations.ranking_snapshots import PageStart
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


@dataclass
class _UserAnswers:
    revision: str
    by_query: dict[str, CachedResponse] = field(default_factory=dict)

    @property
    def size(self) -> int:
        return ENTRY_OVERHEAD_BYTES + sum(
            ENTRY_OVERHEAD_BYTES + len(query) + len(answer.body)
            for query, answer in self.by_query.items()
        )


ENTRY_OVERHEAD_BYTES = 500
"""Bytes that an entry takes beside its text, roughly."""
_QUERIES_A_USER = 50
_COMPUTING_SECONDS = 60.0
"""No answer is longer under way."""
_FORGOTTEN_USERS = 10_000


class ResponseCache:
    """The most recently used answers of one model over one catalogue.

    An answer belongs to a revision of its user: whoever looks it up reads the revision from the
    store first, so that no answer is stale on any replica. Users are known by digests of their
    ids, as in the announcements of erasures.

    Args:
        max_bytes: About how much memory to use; 0 keeps nothing.
        seconds: How long an answer is kept at most, should its user's erasure go unheard.
    """

    def __init__(self, max_bytes: int, seconds: float = 3600) -> None:
        self._users: TTLCache[str, _UserAnswers] = TTLCache(
            max_bytes, seconds, getsizeof=lambda user: user.size
        )
        self._forgotten: TTLCache[str, None] = TTLCache(_FORGOTTEN_USERS, _COMPUTING_SECONDS)

    def held(self, user_id: str, query: str) -> tuple[str, CachedResponse | None]:
        """Return the answer that is at hand, whatever the user's present revision.

        Args:
            user_id: The user.
            query: The parameters, as text.

        Returns:
            The revision that the answer belongs to, and the answer; an empty text and None if
            there is none.
        """
        user = self._users.get(digest_of_user(user_id))
        answer = None if user is None else user.by_query.get(query)
        return ("", None) if user is None or answer is None else (user.revision, answer)

    def get(self, user_id: str, revision: str, query: str) -> CachedResponse | None:
        """Return an answer if it is at hand.

        Args:
            user_id: The user.
            revision: The user's present revision.
            query: The parameters, as text.

        Returns:
            The answer, or None.
        """
        user = self._users.get(digest_of_user(user_id))
        return user.by_query.get(query) if user is not None and user.revision == revision else None

    def put(self, user_id: str, revision: str, query: str, answer: CachedResponse) -> None:
        """Keep an answer; those of the user's other revisions go."""
        digest = digest_of_user(user_id)
        if digest in self._forgotten:
            # It may have been under way while the user was erased.
            return
        user = self._users.get(digest)
        if user is None or user.revision != revision or len(user.by_query) >= _QUERIES_A_USER:
            user = _UserAnswers(revision)
        user.by_query[query] = answer
        try:
            self._users[digest] = user
        except ValueError:  # larger than the whole cache
            self._users.pop(digest, None)

    def forget(self, digest: str) -> None:
        """Drop all answers of an erased user, those under way too.

        Args:
            digest: The digest of the user's id.
        """
        self._forgotten[digest] = None
        self._users.pop(digest, None)

    def forget_all(self) -> None:
        """Drop all answers: there may have been erasures that nobody told of."""
        self._users.clear()

    def expire(self) -> None:
        """Drop the answers whose time is over; by themselves they go only when others come."""
        self._users.expire()
        self._forgotten.expire()
