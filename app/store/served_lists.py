"""Lists that users were shown while two arms are compared, and what is counted of them.

    melu:lists:{melu:user:<id>}:served   <list id>   what it is counted under, and its items
                                         order       the list ids, oldest first
    melu:arms:{counts}:<day>             <experiment>                       JSON, what is compared
                                         <experiment>:<arm>:<group>:<what>  a number

The first is the user's, goes when the user goes, and expires; the second holds no user: it counts
groups of users that a hash makes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import IntFlag, StrEnum

from app.store.clients import StoreClient
from app.store.coalesced_writes import writes_of
from app.store.connection import store_errors
from app.store.keys import served_counts_key, user_key, user_served_key
from app.store.records import microseconds
from app.store.scripts import StoredScript, read_script

SERVED_A_USER = 20
"""Newest lists of a user that feedback can be attributed to."""
COUNTED_DAYS = 100
"""How long what was counted of a day is kept."""
_DAY_SECONDS = 86_400
_MOST_FIELDS = 20_000
"""Of a day; one experiment takes some 800."""


class Counted(StrEnum):
    """What is counted of the lists of an arm; of their items each once a list."""

    LISTS = "lists"
    ACCEPTED = "accepted"
    """Lists of which an item was liked."""
    ANSWERS = "answers"
    LIKES = "likes"
    RATINGS = "ratings"
    RATING_SUM = "thousandths"
    """Of the ratings, in thousandths."""


class Mark(IntFlag):
    """What is known of a shown item."""

    ANSWERED = 1
    LIKED = 2
    RATED = 4


@dataclass(frozen=True)
class Answered:
    """An answer to an item of a list.

    Attributes:
        list_id: The list, as the answer names it.
        item_id: The item.
        marks: What it tells.
    """

    list_id: str
    item_id: str
    marks: Mark


@dataclass(frozen=True)
class Marked:
    """What an answer has changed.

    Attributes:
        under: What the list is counted under.
        new: What was not known of the item before.
        is_first_like: Whether nothing of the list was liked before.
    """

    under: str
    new: Mark
    is_first_like: bool


class ServedListStore:
    """Keeps what users were shown, and counts.

    Every method raises `StoreUnavailable` if the store can't be reached or can't write.

    Args:
        redis: The client.
        timeout_seconds: Most that a call takes.
        seconds: How long a user's lists are kept after the last one.
    """

    def __init__(self, redis: StoreClient, timeout_seconds: float, seconds: int) -> None:
        self._seconds = timeout_seconds
        self._kept = seconds
        self._note = writes_of(redis, read_script("note_served"))
        self._count = writes_of(redis, read_script("count_served"))
        self._mark = StoredScript.named(redis, "mark_answers")

    async def note(
        self,
        user_id: str,
        created_at: datetime | None,
        list_id: str,
        under: str,
        item_ids: Sequence[str],
    ) -> bool:
        """Note a list, or more items of a known one.

        Args:
            user_id: The user.
            created_at: When the user whom the list was made for was created: nothing is kept of
                one erased meanwhile. None adds to a known list, and does nothing for another.
            list_id: The list.
            under: What it is counted under, without `/`.
            item_ids: The items shown.

        Returns:
            Whether it is a list that was not known.
        """
        arguments: list[str | int] = [list_id, under, self._kept, SERVED_A_USER]
        arguments.append("" if created_at is None else microseconds(created_at))
        async with store_errors(self._seconds):
            keys = [user_served_key(user_id), user_key(user_id)]
            return bool(await self._note(keys, [*arguments, *item_ids]))

    async def mark(self, user_id: str, answers: Sequence[Answered]) -> list[Marked | None]:
        """Mark items as answered.

        Args:
            user_id: The user.
            answers: The answers.

        Returns:
            For each answer what it has changed; None where the list is not kept, or did not show
            the item.
        """
        arguments: list[str | int] = []
        for one in answers:
            arguments += [one.list_id, one.item_id, int(one.marks)]
        async with store_errors(self._seconds):
            told: list[str] = await self._mark([user_served_key(user_id)], arguments)
        return [_marked(text) for text in told]

    async def count(self, day: str, values: Mapping[str, int | str]) -> None:
        """Add to what is counted of a day's lists.

        Args:
            day: The day, as in 2026-01-31.
            values: Field → number to add, or text to keep where there is none yet.
        """
        arguments: list[str | int] = [COUNTED_DAYS * _DAY_SECONDS, _MOST_FIELDS]
        for field, value in values.items():
            arguments += [field, value]
        async with store_errors(self._seconds):
            await self._count([served_counts_key(day)], arguments)


def _marked(text: str) -> Marked | None:
    if not text:
        return None
    under, new, first = text.split("/")
    return Marked(under, Mark(int(new)), first == "1")
