"""A write to a user with much feedback reads what it changes, and says what reading all would."""

import random
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest

from app.store import NewEvent, RatingRule, StoreClient, UserStore
from app.store.keys import keys_of_user, user_key
from app.store.records import fields_of_new_user
from tests.store.events import NOW, SECOND, rating
from tests.store.servers import calls_of

pytestmark = pytest.mark.anyio

RULE = RatingRule(1.0, 5.0, ("like",))
VALUES = [1.0, 4.5, 5.0, 5.5, 0.5, "like", "skip", "pair:first"]
LIMIT = 300
READS_ALL = {"cmdstat_hgetall", "cmdstat_hkeys", "cmdstat_hvals"}


def is_rating(value: float | str) -> bool:
    return value == "like" if isinstance(value, str) else 1 <= value <= 5


async def write_as_before(redis: StoreClient, user: str, events: Sequence[NewEvent]) -> None:
    """Store events as a release does that keeps no tally."""
    fields = fields_of_new_user(events, NOW)
    del fields["version"]
    await redis.hset(user_key(user), mapping={**fields})
    await redis.hincrby(user_key(user), "version", 1)


async def ratings_of(store: UserStore, user: str) -> int:
    stored = await store.get(user)
    assert stored is not None
    return sum(is_rating(one.value) for one in stored.feedback)


@pytest.mark.parametrize("is_full", [False, True], ids=["has room", "is full"])
async def test_a_write_does_no_more_the_more_there_is(
    redis: StoreClient, user: str, *, is_full: bool
):
    commands = []
    for pieces in (400, 4000):
        name = f"{pieces} {user}"[:128]
        store = UserStore(redis, feedback_limit=pieces if is_full else 5000)
        events = [rating(str(number), at=NOW + number * SECOND) for number in range(pieces)]
        await write_as_before(redis, name, events)
        later = NOW + pieces * SECOND
        # The first write looks through what another release left. Servers learn the scripts, too.
        await store.add_feedback(name, [rating("first", at=later)], NOW, RULE)
        await store.put_profile(name, {}, NOW, RULE)
        await store.delete_feedback(name, "first", NOW, RULE)
        await store.add_feedback(name, [rating("first", at=later)], NOW, RULE)
        before = await calls_of(redis)

        added = await store.add_feedback(name, [rating("new", at=later)], NOW, RULE)
        again = await store.add_feedback(name, [rating("new", 2, at=later)], NOW, RULE)
        retry = await store.add_feedback(name, [rating("new", 2, at=later)], NOW, RULE)
        _, summary = await store.put_profile(name, {}, NOW, RULE)
        assert await store.delete_feedback(name, "new", NOW, RULE)

        commands.append(await calls_of(redis) - before)
        size = pieces if is_full else pieces + 2
        assert added == (1, 0, size, 5)
        assert again == (1, 0, size, 6)
        assert retry == (0, 1, size, 6)
        assert (summary.support_size, summary.support_version) == (size, 6)
        assert await ratings_of(store, name) == size - 1
    assert commands[0] == commands[1]
    assert not commands[0].keys() & READS_ALL


async def test_who_is_full_is_looked_through_once_in_many_writes(redis: StoreClient, user: str):
    store = UserStore(redis, feedback_limit=LIMIT)
    events = [rating(str(number), at=NOW + number * SECOND) for number in range(LIMIT)]
    await store.add_feedback(user, events, NOW)
    before = await calls_of(redis)

    for number in range(LIMIT, 3 * LIMIT):
        await store.add_feedback(user, [rating(str(number), at=NOW + number * SECOND)], NOW)

    assert (await calls_of(redis) - before)["cmdstat_hgetall"] <= 2 * LIMIT // 128 + 1
    stored = await store.get(user)
    assert stored is not None
    assert [one.item_id for one in stored.feedback] == [
        str(number) for number in reversed(range(2 * LIMIT, 3 * LIMIT))
    ]


class Kept:
    """What should be kept of a user, the plain way: all of it sorted after each write."""

    def __init__(self) -> None:
        self.pieces: dict[str, tuple[datetime, float | str]] = {}

    def add(self, events: Sequence[NewEvent]) -> int:
        """Add events that have times; return how many changed something."""
        before = dict(self.pieces)
        for one in events:
            assert one.at is not None
            old_at, old_value = self.pieces.get(one.item_id, (datetime.min.replace(tzinfo=UTC), ""))
            if one.at > old_at or (one.at == old_at and one.value != old_value):
                self.pieces[one.item_id] = one.at, one.value
        newest = sorted(self.pieces, key=lambda item: (-self.pieces[item][0].timestamp(), item))
        self.pieces = {item: self.pieces[item] for item in newest[:LIMIT]}
        return sum(before.get(item) != piece for item, piece in self.pieces.items())

    @property
    def ratings(self) -> int:
        return sum(is_rating(value) for _, value in self.pieces.values())


@pytest.mark.parametrize("seed", range(4))
async def test_any_writes_leave_what_sorting_all_would(redis: StoreClient, user: str, seed: int):
    draw = random.Random(seed)
    store, kept = UserStore(redis, feedback_limit=LIMIT), Kept()
    # Some users send what is new; others history, in any order and with equal times.
    span = [2000, 2000, 40, 40][seed]
    recent = [0, 1, 0, 1][seed]

    def event(step: int) -> NewEvent:
        at = NOW + (draw.randrange(span) + recent * step * span // 400) * SECOND
        return NewEvent(str(draw.randrange(2 * LIMIT)), draw.choice(VALUES), at)

    first = [event(0) for _ in range(LIMIT)]
    for step in range(400):
        events = {one.item_id: one for one in (event(step) for _ in range(draw.choice([1, 1, 3])))}
        batch = first if step == 0 else list(events.values())
        batch = list({one.item_id: one for one in batch}.values())
        what = draw.random()
        if what < 0.1 and kept.pieces:
            item = draw.choice(sorted(kept.pieces))
            del kept.pieces[item]
            assert await store.delete_feedback(user, item, NOW, RULE)
        elif what < 0.13:
            await store.put_profile(user, {"age": step}, NOW, RULE)
        elif what < 0.15 and step > 0:
            # A worker with other settings, or of an older release, at the same time.
            other = RatingRule(1.0, 4.0) if draw.random() < 0.5 else RULE
            accepted = kept.add(batch)
            assert (await store.add_feedback(user, batch, NOW, other)).accepted == accepted
        elif what < 0.17 and step > 0 and len(kept.pieces) < LIMIT - 3:
            new = [one for one in batch if one.item_id not in kept.pieces]
            kept.add(new)
            await write_as_before(redis, user, new)
        else:
            accepted = kept.add(batch)
            added = await store.add_feedback(user, batch, NOW, RULE)
            assert (added.accepted, added.support_size) == (accepted, kept.ratings), step
    stored = await store.get(user)
    assert stored is not None
    assert {one.item_id: (one.at, one.value) for one in stored.feedback} == kept.pieces


async def test_of_a_merge_the_next_write_knows(redis: StoreClient, store: UserStore, user: str):
    other = f"other {user}"[:128]
    await store.add_feedback(user, [rating(str(i), at=NOW) for i in range(300)], NOW, RULE)
    likes = [NewEvent(f"liked {i}", "like", NOW) for i in range(290)]
    await store.add_feedback(other, likes, NOW, RULE)

    await store.merge(user, other, NOW)

    added = await store.add_feedback(user, [rating("new")], NOW + SECOND, RULE)
    assert added == (1, 0, 591, 3)
    assert not await redis.exists(user_key(other))


async def test_what_came_in_the_middle_of_a_merge_has_its_own_tally(
    redis: StoreClient, store: UserStore, user: str
):
    await store.add_feedback(user, [rating(str(i), at=NOW) for i in range(300)], NOW, RULE)
    taken = await redis.hgetall(user_key(user))
    await store.add_feedback(user, [rating("meanwhile")], NOW + SECOND, RULE)
    flat = [part for pair in taken.items() for part in pair]

    await store._merging._erase(keys_of_user(user), [1, 0, "channel", "digest", *flat])

    added = await store.add_feedback(user, [rating("after")], NOW + 2 * SECOND, RULE)
    assert (added.accepted, added.support_size) == (1, 2)


async def test_a_user_who_was_only_deleted_from_meanwhile_goes(
    redis: StoreClient, store: UserStore, user: str
):
    await store.add_feedback(user, [rating(str(i), at=NOW) for i in range(300)], NOW, RULE)
    taken = await redis.hgetall(user_key(user))
    assert await store.delete_feedback(user, "1", NOW + SECOND, RULE)
    flat = [part for pair in taken.items() for part in pair]

    await store._merging._erase(keys_of_user(user), [1, 0, "channel", "digest", *flat])

    assert not await redis.exists(user_key(user))


async def test_of_a_lower_limit_the_next_write_knows(redis: StoreClient, user: str):
    other = f"other {user}"[:128]
    store, small = UserStore(redis), UserStore(redis, feedback_limit=280)
    await store.add_feedback(user, [rating(str(i), at=NOW) for i in range(300)], NOW, RULE)
    await store.add_feedback(other, [rating("older", at=NOW - SECOND)], NOW, RULE)

    assert (await small.merge(user, other, NOW)).moved == 0

    assert (await store.add_feedback(user, [rating("new")], NOW + SECOND, RULE))[:3] == (1, 0, 281)


async def test_what_an_older_release_wrote_goes_in_its_turn(redis: StoreClient, user: str):
    store = UserStore(redis, feedback_limit=LIMIT)
    events = [rating(str(number), at=NOW + number * SECOND) for number in range(LIMIT + 1)]
    await store.add_feedback(user, events[:LIMIT], NOW, RULE)
    await store.add_feedback(user, events[LIMIT:], NOW, RULE)
    await store.delete_feedback(user, "5", NOW, RULE)
    await write_as_before(redis, user, [rating("older", at=NOW)])

    await store.add_feedback(user, [rating("new", at=NOW + LIMIT * SECOND)], NOW, RULE)

    stored = await store.get(user)
    assert stored is not None
    assert "older" not in stored.answered
    assert {"1", "new"} <= stored.answered


async def test_few_pieces_take_no_more_room(redis: StoreClient, store: UserStore, user: str):
    await store.add_feedback(user, [rating(str(i), at=NOW) for i in range(64)], NOW, RULE)

    assert await redis.hmget(user_key(user), ["tally", "oldest"]) == [None, None]


@pytest.mark.parametrize("value", [0.99, 1.0, 5.0, 5.01, -1.0, 1e-7, 3, "like", "liked", "likes"])
async def test_the_store_counts_what_the_service_does(
    store: UserStore, user: str, value: float | str
):
    event = NewEvent("i", value, NOW, "an id", weight=2.5, asked=True)

    added = await store.add_feedback(user, [event], NOW + timedelta(seconds=1), RULE)

    assert added.support_size == is_rating(value)
