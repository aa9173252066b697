"""Users in the store: one hash a user, so that one user is read, written and erased in one go.

    melu:user:<user id>    created, updated   microseconds since the epoch; `updated` grows with
                                              every write, so both together name a state
                           attributes         JSON
                           version            counts the changes of the support set
                           f:<item id>        "<at> <value> <event id digests>", with the value
                                              <rating or action>[*weight], and ? behind it for
                                              an answer to a question of the onboarding
                           tally, oldest      of who has much feedback: what a write need not
                                              count anew, nor look for; see tally.lua and
                                              trim_feedback.lua

Reads and writes are Lua scripts: a write is atomic with its version, and a read of what is known
already says only that.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from time import perf_counter
from typing import NamedTuple

import orjson

from app.stages import Stage, note_stage
from app.store.catalogue import VERSION_KEY, CatalogueVersion
from app.store.clients import StoreClient
from app.store.coalesced_reads import reads_of
from app.store.connection import STORE_FAILURES, store_errors, unavailable
from app.store.keys import ERASED_CHANNEL, digest_of_user, keys_of_user, user_key
from app.store.rating_rule import ANY_RATING, RatingRule
from app.store.records import (
    UNCHANGED,
    Attributes,
    NewEvent,
    StoredUser,
    Unchanged,
    microseconds,
    moment,
    pairs,
    stored_user,
    whole,
)
from app.store.refusal import refusal_of_writes
from app.store.replicas import Acknowledgement
from app.store.scripts import StoredScript, read_script
from app.store.user_merging import Merge, UserMerging

_IS_KNOWN = 1


class Added(NamedTuple):
    """What became of events.

    Attributes:
        accepted: Events that changed something.
        ignored: Events that did not.
        support_size: Pieces of feedback after that which count as a rating.
        support_version: Number of changes of the feedback.
    """

    accepted: int
    ignored: int
    support_size: int
    support_version: int


@dataclass(frozen=True)
class UserSummary:
    """A user without the feedback.

    Attributes:
        attributes: The profile.
        support_size: Pieces of feedback that count as a rating.
        support_version: Number of changes of the feedback.
        created_at: When the user was first written to.
        updated_at: When the user was last written to.
    """

    attributes: Attributes
    support_size: int
    support_version: int
    created_at: datetime
    updated_at: datetime


class UserStore:
    """Reads and writes users.

    Every method raises `StoreUnavailable` if the store can't be reached.

    Args:
        redis: The client.
        timeout_seconds: Most that a call takes.
        feedback_limit: Most pieces of feedback of a user; the oldest give way.
        expiry: How long an idle user is kept; None without limit.
        acknowledged: Which replicas must have a write; None if that is not waited for.
    """

    def __init__(
        self,
        redis: StoreClient,
        *,
        timeout_seconds: float = 1.0,
        feedback_limit: int = 5000,
        expiry: timedelta | None = None,
        acknowledged: Acknowledgement | None = None,
    ) -> None:
        self._redis = redis
        self._seconds = timeout_seconds
        self._limit = feedback_limit
        self._expiry = 0 if expiry is None else expiry // timedelta(milliseconds=1)
        self._reads = reads_of(
            redis, read_script("read_user"), self._expiry, timeout_seconds, also=VERSION_KEY
        )
        self._acknowledged = acknowledged
        self._version_text: str | None = None
        self._version = CatalogueVersion()
        script = partial(StoredScript.named, redis, acknowledged=acknowledged)
        self._add_feedback = script("touch", "tally", "trim_feedback", "add_feedback")
        self._delete_feedback = script("touch", "tally", "delete_feedback")
        self._put_profile = script("touch", "tally", "put_profile")
        self._merging = UserMerging(redis, feedback_limit, acknowledged)
        self._erase = script("erase")

    @property
    def catalogue_version(self) -> CatalogueVersion:
        """The catalogue's version as the latest read of a user found it."""
        text = self._reads.also
        if text != self._version_text:
            self._version_text, self._version = text, CatalogueVersion.of_text(text)
        return self._version

    async def refusal(self) -> str | None:
        """Ask the store whether it takes writes.

        Returns:
            The reason why it acknowledges no write, such as full memory; None if it does.

        Raises:
            StoreUnavailable: If it can't be read either.
        """
        async with store_errors(self._seconds):
            return await refusal_of_writes(self._redis, self._acknowledged)

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
        # The reads have a bound of their own; `store_errors` would cost as much as they do.
        started = perf_counter()
        try:
            flat = await self._reads.read(user_key(user_id), known)
        except STORE_FAILURES as error:
            raise unavailable(error) from error
        finally:
            note_stage(Stage.STORE, started)
        return UNCHANGED if flat == _IS_KNOWN else stored_user(pairs(flat))

    async def put_profile(
        self,
        user_id: str,
        attributes: Attributes,
        now: datetime,
        rule: RatingRule = ANY_RATING,
    ) -> tuple[bool, UserSummary]:
        """Set a user's attributes.

        Args:
            user_id: The user.
            attributes: The whole profile; it replaces the one before.
            now: The time to note.
            rule: What counts as a rating.

        Returns:
            Whether the user was new, and the user.
        """
        arguments: list[str | int] = [
            *self._write(now),
            rule.text,
            orjson.dumps(attributes).decode(),
        ]
        async with store_errors(self._seconds):
            is_new, ratings, *state = await self._put_profile([user_key(user_id)], arguments)
        version, created, updated = map(whole, state)
        summary = UserSummary(attributes, ratings, version, moment(created), moment(updated))
        return bool(is_new), summary

    async def add_feedback(
        self,
        user_id: str,
        events: Sequence[NewEvent],
        now: datetime,
        rule: RatingRule = ANY_RATING,
    ) -> Added:
        """Add events; the newest of each item stays.

        An event is ignored if its event id is known for the item, if its `at` is not newer than
        what is stored, if it has no `at` and the value is the same as stored, or if as many newer
        pieces of feedback are stored as may be.

        Args:
            user_id: The user.
            events: Valid events, at most one an item.
            now: Stands in where an event has no `at`.
            rule: What counts as a rating.

        Returns:
            What became of them.
        """
        arguments: list[str | int] = [*self._write(now), self._limit, rule.text]
        for event in events:
            at = "" if event.at is None else microseconds(event.at)
            arguments += [event.item_id, event.text, at, event.event_id or ""]
        async with store_errors(self._seconds):
            accepted, ignored, ratings, version = await self._add_feedback(
                keys=[user_key(user_id)], args=arguments
            )
        return Added(accepted, ignored, ratings, whole(str(version)))

    async def delete_feedback(
        self, user_id: str, item_id: str, now: datetime, rule: RatingRule = ANY_RATING
    ) -> bool:
        """Delete the feedback on one item.

        Args:
            user_id: The user.
            item_id: The item.
            now: The time to note.
            rule: What counts as a rating.

        Returns:
            Whether there was any.
        """
        async with store_errors(self._seconds):
            removed = await self._delete_feedback(
                keys=[user_key(user_id)], args=[*self._write(now), rule.text, item_id]
            )
        return bool(removed)

    async def merge(self, user_id: str, from_user_id: str, now: datetime) -> Merge:
        """Move all that is stored of one user to another, and erase the one; see `UserMerging`."""
        async with store_errors(self._seconds):
            return await self._merging.merge(user_id, from_user_id, self._write(now))

    async def delete(self, user_id: str) -> bool:
        """Erase a user and announce it; nothing happens if there is none.

        Args:
            user_id: The user.

        Returns:
            Whether anything was stored.
        """
        async with store_errors(self._seconds):
            arguments = [ERASED_CHANNEL, digest_of_user(user_id)]
            return bool(await self._erase(keys_of_user(user_id), arguments))

    def _write(self, now: datetime) -> tuple[int, int]:
        """What every script that writes is given first."""
        return microseconds(now), self._expiry
