"""What is stored of a user, and how it is written in the store's fields."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import Enum
from functools import cached_property, lru_cache
from hashlib import sha1
from operator import attrgetter, itemgetter
from typing import NamedTuple

import orjson

from app.actions import NOT_KNOWN
from app.metrics import STORE_UNREADABLE

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_FEEDBACK_PREFIX = "f:"
_PREFIX_LENGTH = len(_FEEDBACK_PREFIX)
_TIMES = "*"
_ASKED = "?"
_DIGEST_CHARACTERS = 10
_USUAL_TEXTS = 4096
"""Ratings and actions, with their weights, that are not read anew each time."""

Attributes = dict[str, str | int | float | list[str] | None]


@dataclass(frozen=True)
class NewEvent:
    """One event to add.

    Attributes:
        item_id: The item.
        value: A rating on the data set's scale, or the name of an action.
        at: When it happened; None for now.
        event_id: The client's name for the event, if it gave one.
        weight: How many such events it counts as.
        asked: Whether it answers a question of the onboarding.
    """

    item_id: str
    value: float | str
    at: datetime | None = None
    event_id: str | None = None
    weight: float = 1.0
    asked: bool = False

    @property
    def text(self) -> str:
        """What is stored of value, weight, and whether it was asked for."""
        value = self.value if isinstance(self.value, str) else number(self.value)
        times = "" if self.weight == 1 else f"{_TIMES}{number(self.weight)}"
        return f"{value}{times}{_ASKED if self.asked else ''}"


class Feedback(NamedTuple):
    """One stored piece of feedback; there is at most one for each user and item."""

    item_id: str
    value: float | str
    microseconds: int
    weight: float = 1.0
    asked: bool = False

    @property
    def is_mere_rating(self) -> bool:
        """Whether it is no action or comparison, and answers no question."""
        return not self.asked and not isinstance(self.value, str)

    @property
    def at(self) -> datetime:
        """When it happened; made when it is asked for, which a ranking never does."""
        return moment(self.microseconds)


_ITEM_ID = itemgetter(Feedback._fields.index("item_id"))
_MICROSECONDS = itemgetter(Feedback._fields.index("microseconds"))


@dataclass(frozen=True)
class StoredUser:
    """Everything that is stored of a user.

    Attributes:
        attributes: The profile; empty where none was put.
        feedback: Newest first, equal times in the order of the item ids.
        support_version: Number of changes of the feedback.
        created_at: When the user was first written to.
        updated_at: When the user was last written to.
        revision: Names this state of the user; no other state, before or after, has the same.
    """

    attributes: Attributes
    feedback: tuple[Feedback, ...]
    support_version: int
    created_at: datetime
    updated_at: datetime
    revision: str

    @cached_property
    def answered(self) -> frozenset[str]:
        """Ids of all items with feedback: no use in asking about them again."""
        return frozenset(map(_ITEM_ID, self.feedback))

    @cached_property
    def beyond_ratings(self) -> tuple[Feedback, ...]:
        """Feedback that is no mere rating, newest first; of much feedback it is mostly little."""
        # Not by `is_mere_rating`, which takes several times as long.
        return tuple(one for one in self.feedback if one.asked or isinstance(one.value, str))

    @cached_property
    def seen(self) -> frozenset[str]:
        """Ids of all items that the user knows: not those unseen, or passed over on a screen.

        Comparisons are kept under ids that no item has.
        """
        return self.answered.difference(
            one.item_id for one in self.beyond_ratings if one.value in NOT_KNOWN
        )


class Unchanged(Enum):
    """The answer to whoever knows the user's state already."""

    UNCHANGED = "unchanged"


UNCHANGED = Unchanged.UNCHANGED


def microseconds(time: datetime) -> int:
    """Write a time as the store's scripts compare it."""
    return (time - _EPOCH) // timedelta(microseconds=1)


def number(value: float) -> str:
    """Write a number as the shortest text that reads back as the same."""
    return repr(float(value)).removesuffix(".0")


def fields_of_new_user(events: Iterable[NewEvent], now: datetime) -> dict[str, str]:
    """Write the fields of a user who has just sent events, and of whom nothing was stored.

    The service has the store's script do it. This is for whoever fills a store with many users.

    Args:
        events: Valid events of the past, at most one an item.
        now: Stands in where an event has no `at`.

    Returns:
        What the script would have stored.
    """
    time = str(microseconds(now))
    fields = {"created": time, "updated": time, "version": "1"}
    for event in events:
        at = time if event.at is None else str(microseconds(event.at))
        entry = f"{at} {event.text}"
        if event.event_id:
            digest = sha1(event.event_id.encode(), usedforsecurity=False).hexdigest()
            entry += f" {digest[:_DIGEST_CHARACTERS]}"
        fields[_FEEDBACK_PREFIX + event.item_id] = entry
    return fields


def pairs(flat: Mapping[str, str] | Sequence[str]) -> Mapping[str, str]:
    """Read a script's HGETALL, which may come as a list of fields and values in turn."""
    if isinstance(flat, Mapping):
        return flat
    return dict(zip(flat[::2], flat[1::2], strict=True))


def stored_user(fields: Mapping[str, str]) -> StoredUser | None:
    """Read a user's fields; no fields are no user."""
    return known_user(fields) if fields else None


def known_user(fields: Mapping[str, str]) -> StoredUser:
    """Read the fields of a user who is stored."""
    feedback = []
    for name, entry in fields.items():
        if name.startswith(_FEEDBACK_PREFIX):
            try:
                feedback.append(_feedback(name, entry))
            except (ValueError, IndexError):
                # Written by another release, or by no release of ours; the rest is still good.
                STORE_UNREADABLE.inc()
    return StoredUser(
        attributes=readable_attributes(fields.get("attributes", "{}")),
        feedback=_newest_first(feedback),
        support_version=whole(fields.get("version", "0")),
        created_at=moment(whole(fields.get("created", "0"))),
        updated_at=moment(whole(fields.get("updated", "0"))),
        revision=f"{fields.get('created')} {fields.get('updated')}",
    )


def unstored_user(attributes: Attributes, events: Iterable[NewEvent], now: datetime) -> StoredUser:
    """Return what would be read of a user who is new and has just been stored.

    Args:
        attributes: The profile.
        events: Valid events, at most one an item.
        now: Stands in where an event has no `at`.

    Returns:
        The user, whose revision is that of nobody.
    """
    feedback = [
        Feedback(one.item_id, one.value, microseconds(one.at or now), one.weight, one.asked)
        for one in events
    ]
    return StoredUser(attributes, _newest_first(feedback), 0, now, now, revision="")


def _newest_first(feedback: list[Feedback]) -> tuple[Feedback, ...]:
    feedback.sort(key=_MICROSECONDS, reverse=True)
    if len(set(map(_MICROSECONDS, feedback))) < len(feedback):
        feedback.sort(key=attrgetter("item_id"))
        feedback.sort(key=_MICROSECONDS, reverse=True)
    return tuple(feedback)


def unreadable_fields(fields: Mapping[str, str]) -> int:
    """Count what of a user this release can't read, and would leave out."""
    count = 0
    for name, entry in fields.items():
        if name.startswith(_FEEDBACK_PREFIX):
            try:
                _feedback(name, entry)
            except (ValueError, IndexError):
                count += 1
    return count


def readable_attributes(text: str) -> Attributes:
    """Read a profile; what is none counts as empty."""
    try:
        found = orjson.loads(text or "{}")
    except orjson.JSONDecodeError:
        found = None
    if not isinstance(found, dict):
        STORE_UNREADABLE.inc()
        return {}
    return found


def whole(text: str) -> int:
    """Read a whole number; what is none counts as 0."""
    try:
        return int(text)
    except ValueError:
        STORE_UNREADABLE.inc()
        return 0


def _feedback(name: str, entry: str) -> Feedback:
    at, text, *_digests = entry.split(" ", 2)
    value, weight, asked = _value_of(text)
    # As the class itself does, behind a constructor that takes as long as all the rest.
    return tuple.__new__(Feedback, (name[_PREFIX_LENGTH:], value, int(at), weight, asked))


@lru_cache(_USUAL_TEXTS)
def _value_of(text: str) -> tuple[float | str, float, bool]:
    """Read what `NewEvent.text` wrote: value, weight, and whether it was asked for."""
    value, _, weight = text.removesuffix(_ASKED).partition(_TIMES)
    is_rating = value[0].isdigit() or value[0] in "-."
    return (
        float(value) if is_rating else value,
        float(weight) if weight else 1.0,
        text.endswith(_ASKED),
    )


def moment(since_epoch: int) -> datetime:
    """Read a time as `microseconds` writes it."""
    return _EPOCH + timedelta(microseconds=since_epoch)
