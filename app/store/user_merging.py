"""Two users become one, though they may be on two servers."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from functools import partial
from itertools import chain
from typing import Any

import orjson

from app.problems import StoreUnavailable
from app.store.clients import StoreClient
from app.store.connection import RETRY_AFTER_SECONDS
from app.store.keys import ERASED_CHANNEL, digest_of_user, keys_of_user, user_key
from app.store.records import StoredUser, pairs, readable_attributes, stored_user
from app.store.replicas import Acknowledgement
from app.store.scripts import StoredScript

_ATTEMPTS = 5


@dataclass(frozen=True)
class Merge:
    """What became of a merge.

    Attributes:
        moved: Pieces of feedback that the user who stays now has.
        ignored: Pieces for which that user had a newer one.
        filled: Names of the attributes that came along.
        user: The user who stays; None if nothing is stored.
    """

    moved: int
    ignored: int
    filled: tuple[str, ...]
    user: StoredUser | None


class UserMerging:
    """Moves all that is stored of one user to another, and erases the one.

    Two users may be on two servers, so it is done in two steps, either of which may be repeated:
    first the one who stays is given all, then the one who goes is erased, but for what came
    meanwhile. If it breaks off in between both have it, and the same call again completes it.

    Args:
        redis: The client.
        feedback_limit: Most pieces of feedback of a user; the oldest give way.
        acknowledged: Which replicas must have a write; None if that is not waited for.
    """

    def __init__(
        self, redis: StoreClient, feedback_limit: int, acknowledged: Acknowledgement | None
    ) -> None:
        self._redis = redis
        self._limit = feedback_limit
        script = partial(StoredScript.named, redis, acknowledged=acknowledged)
        self._give = script("touch", "tally", "trim_feedback", "merge")
        self._erase = script("touch", "erase_merged")

    async def merge(self, user_id: str, from_user_id: str, write: tuple[int, int]) -> Merge:
        """Merge a user into another.

        Of two pieces of feedback on an item the newer stays; attributes fill gaps.

        Args:
            user_id: The user who stays.
            from_user_id: The user who goes; nothing happens if nothing is stored.
            write: What every script that writes is given first.

        Returns:
            What became of it.

        Raises:
            StoreUnavailable: If the attributes change meanwhile, again and again.
        """
        for _ in range(_ATTEMPTS):
            text, source = await self._read(user_id, from_user_id)
            filled, both = _fill_gaps(text, source.get("attributes", ""))
            taken: list[str | int] = list(chain.from_iterable(source.items()))
            arguments = [*write, self._limit, text, both, *taken]
            given = await self._give([user_key(user_id)], arguments)
            if given is None:
                continue
            moved, ignored, flat = given
            arguments = [*write, ERASED_CHANNEL, digest_of_user(from_user_id)]
            await self._erase(keys_of_user(from_user_id), [*arguments, *taken])
            return Merge(moved, ignored, filled, stored_user(pairs(flat)))
        raise StoreUnavailable(
            "The attributes of these users change too often to merge them. Try again.",
            retry_after=RETRY_AFTER_SECONDS,
        )

    async def _read(self, user_id: str, from_user_id: str) -> tuple[str, dict[str, str]]:
        """Return the attributes of the user who stays, and all that is stored of the other."""
        text: Any
        source: Any
        text, source = await asyncio.gather(
            self._redis.hget(user_key(user_id), "attributes"),
            self._redis.hgetall(user_key(from_user_id)),
        )
        return text or "", source


def _fill_gaps(text: str, other_text: str) -> tuple[tuple[str, ...], str]:
    """Return the names of the attributes that only the other has, and all as JSON if any."""
    attributes, others = readable_attributes(text), readable_attributes(other_text)
    gaps = {
        name: value
        for name, value in others.items()
        if value is not None and attributes.get(name) is None
    }
    return tuple(gaps), orjson.dumps(attributes | gaps).decode() if gaps else ""
