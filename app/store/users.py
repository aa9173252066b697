"""Users in the store: one hash a user, so one user is in one cluster slot and erased in one go.

    melu:user:<user id>    created, updated   microseconds since the epoch; `updated` grows with
                                              every write, so both together name a state
                           attributes         JSON
                           version            counts the changes of the support set
                           f:<item id>        "<at> <rating or action> <event id digests>"

Reads and writes are Lua scripts: a write is atomic with its version, and a read of what is known
already says only that.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import Enum
from functools import cached_property
from importlib.resources import files

import orjson
from redis.asyncio import Redis

from app.store.connection import store_errors
from app.store.keys import keys_of_user, user_key
from app.store.reads import CoalescedReads

UNSEEN = "unseen"
"""The action that says that the user does not know an item."""
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_FEEDBACK_PREFIX = "f:"
_IS_KNOWN = 1

Attributes = dict[str, str | int | float | list[str] | None]


@dataclass(frozen=True)
class NewEvent:
    """One event to add.

    Attributes:
        item_id: The item.
        value: A rating on the data set's scale, or the name of an action.
        at: When it happened; None for now.
        event_id: The client's name for the event, if it gave one.
    """

    item_id: str
    value: float | str
    at: datetime | None = None
    event_id: str | None = None


@dataclass(frozen=True)
class Feedback:
    """One stored piece of feedback; there is at most one for each user and item."""

    item_id: str
    value: float | str
    at: datetime


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
        return frozenset(feedback.item_id for feedback in self.feedback)

    @cached_property
    def seen(self) -> frozenset[str]:
        """Ids of all items that the user knows: those answered, but for `unseen`."""
        return frozenset(one.item_id for one in self.feedback if one.value != UNSEEN)


class Unchanged(Enum):
    """The answer to whoever knows the user's state already."""

    UNCHANGED = "unchanged"


UNCHANGED = Unchanged.UNCHANGED


class UserStore:
    """Reads and writes users.

    Every method raises `StoreUnavailable` if the store can't be reached.

    Args:
        redis: The client.
    """

    def __init__(self, redis: Redis) -> None:
        self._redis = redis
        self._reads = CoalescedReads(redis, _script("read_user"))
        self._add_feedback = redis.register_script(_script("touch", "add_feedback"))
        self._delete_feedback = redis.register_script(_script("touch", "delete_feedback"))
        self._put_profile = redis.register_script(_script("touch", "put_profile"))

    async def ping(self) -> None:
        """Return if the store answers."""
        async with store_errors():
            await self._redis.ping()

    async def get(self, user_id: str) -> StoredUser | None:
        """Return what is stored of a user, or None."""
        found = await self.get_unless(user_id, "")
        assert not isinstance(found, Unchanged)  # noqa: S101 - no user has an empty revision
        return found

    async def get_unless(self, user_id: str, known: str) -> StoredUser | Unchanged | None:
        """Return what is stored of a user unless it is what the caller knows already.

        Args:
            user_id: The user.
            known: A revision of the user that the caller has at hand.

        Returns:
            The user, `UNCHANGED` if `known` still is the user's revision, or None.
        """
        async with store_errors():
            flat = await self._reads.read(user_key(user_id), known)
        return UNCHANGED if flat == _IS_KNOWN else _stored_user(_pairs(flat))

    async def put_profile(
        self, user_id: str, attributes: Attributes, now: datetime
    ) -> tuple[bool, StoredUser]:
        """Set a user's attributes.

        Args:
            user_id: The user.
            attributes: The whole profile; it replaces the one before.
            now: The time to note.

        Returns:
            Whether the user was new, and the user.
        """
        arguments: list[str | int] = [microseconds(now), orjson.dumps(attributes).decode()]
        async with store_errors():
            is_new, flat = await self._put_profile(keys=[user_key(user_id)], args=arguments)
        return bool(is_new), _known_user(_pairs(flat))

    async def add_feedback(
        self, user_id: str, events: Sequence[NewEvent], now: datetime
    ) -> tuple[int, int, StoredUser | None]:
        """Add events; the newest of each item stays.

        An event is ignored if its event id is known for the item, if its `at` is not newer than
        what is stored, or if it has no `at` and the value is the same as stored.

        Args:
            user_id: The user.
            events: Valid events, at most one an item.
            now: Stands in where an event has no `at`.

        Returns:
            Number accepted, number ignored, and the user after that.
        """
        arguments: list[str | int] = [microseconds(now)]
        for event in events:
            value = event.value if isinstance(event.value, str) else _number(event.value)
            at = "" if event.at is None else microseconds(event.at)
            arguments += [event.item_id, value, at, event.event_id or ""]
        async with store_errors():
            accepted, ignored, flat = await self._add_feedback(
                keys=[user_key(user_id)], args=arguments
            )
        return accepted, ignored, _stored_user(_pairs(flat))

    async def delete_feedback(self, user_id: str, item_id: str, now: datetime) -> bool:
        """Delete the feedback on one item.

        Args:
            user_id: The user.
            item_id: The item.
            now: The time to note.

        Returns:
            Whether there was any.
        """
        async with store_errors():
            removed = await self._delete_feedback(
                keys=[user_key(user_id)], args=[microseconds(now), item_id]
            )
        return bool(removed)

    async def delete(self, user_id: str) -> None:
        """Erase a user with all frozen lists; nothing happens if there is none."""
        async with store_errors():
            await self._redis.delete(*keys_of_user(user_id))


def _script(*names: str) -> str:
    folder = files("app.store") / "lua"
    return "".join((folder / f"{name}.lua").read_text(encoding="utf-8") for name in names)


def microseconds(time: datetime) -> int:
    """Return a time as the store holds it: microseconds since the epoch."""
    return (time - _EPOCH) // timedelta(microseconds=1)


def _number(value: float) -> str:
    """The shortest text that reads back as the same number."""
    return repr(float(value)).removesuffix(".0")


def _time(microseconds: str) -> datetime:
    return _EPOCH + timedelta(microseconds=int(microseconds))


def _pairs(flat: Mapping[str, str] | Sequence[str]) -> Mapping[str, str]:
    """A script's HGETALL comes as a list of fields and values in turn."""
    if isinstance(flat, Mapping):
        return flat
    return dict(zip(flat[::2], flat[1::2], strict=True))


def _stored_user(fields: Mapping[str, str]) -> StoredUser | None:
    return _known_user(fields) if fields else None


def _known_user(fields: Mapping[str, str]) -> StoredUser:
    feedback = [
        _feedback(name.removeprefix(_FEEDBACK_PREFIX), entry)
        for name, entry in fields.items()
        if name.startswith(_FEEDBACK_PREFIX)
    ]
    feedback.sort(key=lambda one: one.item_id)
    feedback.sort(key=lambda one: one.at, reverse=True)
    return StoredUser(
        attributes=orjson.loads(fields.get("attributes", "{}")),
        feedback=tuple(feedback),
        support_version=int(fields.get("version", 0)),
        created_at=_time(fields["created"]),
        updated_at=_time(fields["updated"]),
        revision=f"{fields['created']} {fields['updated']}",
    )


def _feedback(item_id: str, entry: str) -> Feedback:
    at, value, *_digests = entry.split(" ")
    is_rating = value[0].isdigit() or value[0] in "-."
    return Feedback(item_id, float(value) if is_rating else value, _time(at))
