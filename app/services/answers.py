"""Answers kept in memory, so that no ranking is computed twice."""

from __future__ import annotations

from dataclasses import dataclass, field

from cachetools import LRUCache

from app.services.lists import Place


@dataclass(frozen=True)
class Answer:
    """A page of a ranking as it goes over the wire, but for the user's id and the cursor.

    Attributes:
        body: JSON from after the id to the end of the items.
        etag: Names all that the answer depends on.
        following: Where the next page begins; None after the last.
    """

    body: bytes
    etag: str
    following: Place | None = None


@dataclass
class _UserAnswers:
    revision: str
    by_query: dict[str, Answer] = field(default_factory=dict)

    @property
    def size(self) -> int:
        return _OVERHEAD + sum(
            _OVERHEAD + len(query) + len(answer.body) for query, answer in self.by_query.items()
        )


_OVERHEAD = 500
"""Bytes that an entry takes beside its text, roughly."""
_QUERIES_A_USER = 50


class AnswerCache:
    """The most recently used answers of one model over one catalogue.

    An answer belongs to a revision of its user: whoever looks it up reads the revision from the
    store first, so that no answer is stale on any replica.

    Args:
        max_bytes: About how much memory to use; 0 keeps nothing.
    """

    def __init__(self, max_bytes: int) -> None:
        self._users: LRUCache[str, _UserAnswers] = LRUCache(
            max_bytes, getsizeof=lambda user: user.size
        )

    def revision(self, user_id: str, query: str) -> str:
        """Return the revision for which an answer is at hand, or an empty text."""
        user = self._users.get(user_id)
        return user.revision if user is not None and query in user.by_query else ""

    def get(self, user_id: str, revision: str, query: str) -> Answer | None:
        """Return an answer if it is at hand.

        Args:
            user_id: The user.
            revision: The user's present revision.
            query: The parameters, as text.

        Returns:
            The answer, or None.
        """
        user = self._users.get(user_id)
        return user.by_query.get(query) if user is not None and user.revision == revision else None

    def put(self, user_id: str, revision: str, query: str, answer: Answer) -> None:
        """Keep an answer; those of the user's other revisions go."""
        user = self._users.pop(user_id, None)
        if user is None or user.revision != revision or len(user.by_query) >= _QUERIES_A_USER:
            user = _UserAnswers(revision)
        user.by_query[query] = answer
        if user.size <= self._users.maxsize:
            self._users[user_id] = user

    def forget(self, user_id: str) -> None:
        """Drop all answers of a user."""
        self._users.pop(user_id, None)
