"""Two users become one: nothing newer is lost, and nothing of the one is left."""

import asyncio
from datetime import UTC, datetime, timedelta
from random import Random

import pytest

from app.problems import StoreUnavailable
from app.store import Feedback, NewEvent, StoreClient, UserStore
from app.store.records import microseconds

pytestmark = pytest.mark.anyio

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
SECOND = timedelta(seconds=1)


@pytest.fixture
def anonymous(user: str) -> str:
    return f"anonymous {user}"[:128]


async def add(
    store: UserStore, user: str, values: dict[str, float | str], at: datetime, event_id: str = ""
) -> None:
    events = [NewEvent(item, value, at, event_id or None) for item, value in values.items()]
    await store.add_feedback(user, events, NOW)


async def test_the_newer_of_each_item_stays(store: UserStore, user: str, anonymous: str):
    await add(store, user, {"both, mine newer": 1, "mine": 2}, NOW + SECOND)
    await add(store, user, {"both, theirs newer": 3, "same time": 4}, NOW)
    await add(store, anonymous, {"both, mine newer": 5.0, "same time": 1}, NOW)
    await add(store, anonymous, {"both, theirs newer": "like", "theirs": 2.5}, NOW + SECOND)

    merge = await store.merge(user, anonymous, NOW)

    assert (merge.moved, merge.ignored) == (2, 2)
    stored = await store.get(user)
    assert stored == merge.user
    assert stored is not None
    assert set(stored.feedback) == {
        Feedback("both, mine newer", 1.0, microseconds(NOW + SECOND)),
        Feedback("mine", 2.0, microseconds(NOW + SECOND)),
        Feedback("same time", 4.0, microseconds(NOW)),
        Feedback("both, theirs newer", "like", microseconds(NOW + SECOND)),
        Feedback("theirs", 2.5, microseconds(NOW + SECOND)),
    }
    assert stored.support_version == 3


async def test_nothing_of_the_other_is_left(
    store: UserStore, redis: StoreClient, user: str, anonymous: str
):
    await store.put_profile(anonymous, {"city": "Rome"}, NOW)
    await add(store, anonymous, {"a": 1}, NOW)

    await store.merge(user, anonymous, NOW)

    assert await store.get(anonymous) is None
    assert [key async for key in redis.scan_iter() if "anonymous" in key] == []


async def test_again_it_changes_nothing(store: UserStore, user: str, anonymous: str):
    await add(store, user, {"a": 1}, NOW)
    await add(store, anonymous, {"b": 2}, NOW)
    first = await store.merge(user, anonymous, NOW)

    again = await store.merge(user, anonymous, NOW + SECOND)

    assert (first.moved, again.moved, again.ignored, again.filled) == (1, 0, 0, ())
    assert again.user == first.user


async def test_of_two_users_never_seen_nothing_comes(store: UserStore, user: str, anonymous: str):
    merge = await store.merge(user, anonymous, NOW)

    assert (merge.moved, merge.ignored, merge.filled, merge.user) == (0, 0, (), None)
    assert await store.get(user) is None


async def test_attributes_fill_gaps(store: UserStore, user: str, anonymous: str):
    large = 2**63 - 1
    await store.put_profile(user, {"city": "Rome", "age": None, "tags": []}, NOW)
    theirs = {"city": "Oslo", "age": 30, "tags": ["a"], "number": large, "none": None}
    await store.put_profile(anonymous, theirs, NOW)

    merge = await store.merge(user, anonymous, NOW + SECOND)

    assert merge.filled == ("age", "number")
    assert merge.user is not None
    assert merge.user.attributes == {"city": "Rome", "age": 30, "tags": [], "number": large}
    assert merge.user.updated_at == NOW + SECOND
    assert merge.user.support_version == 0


async def test_a_user_may_begin_with_a_merge(store: UserStore, user: str, anonymous: str):
    await store.put_profile(anonymous, {"city": "Rome"}, NOW)
    await add(store, anonymous, {"a": 1, "b": 2}, NOW)

    merge = await store.merge(user, anonymous, NOW + SECOND)

    assert merge.user is not None
    assert merge.user.attributes == {"city": "Rome"}
    assert merge.user.created_at == merge.user.updated_at == NOW + SECOND
    assert (merge.moved, merge.user.support_version) == (2, 1)


async def test_events_that_the_other_sent_are_known_again(
    store: UserStore, user: str, anonymous: str
):
    await add(store, user, {"newer": 1, "older": 1}, NOW, "mine")
    await add(store, anonymous, {"newer": 2}, NOW - SECOND, "theirs")
    await add(store, anonymous, {"older": 2, "new": 2}, NOW + SECOND, "theirs")
    await store.merge(user, anonymous, NOW)

    for event_id in ("mine", "theirs"):
        events = [NewEvent(item, 5.0, None, event_id) for item in ("newer", "older")]
        assert (await store.add_feedback(user, events, NOW + 9 * SECOND))[:2] == (0, 2)
    new = [NewEvent("new", 5.0, None, "theirs")]
    assert (await store.add_feedback(user, new, NOW + 9 * SECOND))[:2] == (0, 1)


async def test_only_as_much_as_may_be_kept_stays(redis: StoreClient, user: str, anonymous: str):
    store = UserStore(redis, feedback_limit=3)
    await add(store, user, {"a": 1, "b": 1}, NOW)
    await add(store, anonymous, {"old": 1}, NOW - SECOND)
    await add(store, anonymous, {"new": 1, "newer": 1}, NOW + SECOND)

    merge = await store.merge(user, anonymous, NOW)

    assert (merge.moved, merge.ignored) == (2, 1)
    assert merge.user is not None
    assert [one.item_id for one in merge.user.feedback] == ["new", "newer", "a"]


async def test_what_is_written_meanwhile_is_not_lost(store: UserStore, user: str, anonymous: str):
    async def write(number: int) -> None:
        await store.add_feedback(anonymous, [NewEvent(str(number), 4.0)], NOW)
        await store.put_profile(anonymous, {"number": number}, NOW)

    async def merge() -> None:
        # A profile that is put again and again may put a merge off; a client then repeats it.
        for _ in range(5):
            try:
                await store.merge(user, anonymous, NOW)
            except StoreUnavailable:
                continue

    await asyncio.gather(*(write(number) for number in range(100)), *(merge() for _ in range(5)))
    await store.merge(user, anonymous, NOW)

    stored = await store.get(user)
    assert stored is not None
    assert stored.answered == {str(number) for number in range(100)}
    assert "number" in stored.attributes
    assert await store.get(anonymous) is None


async def test_a_merge_is_seen_whole(store: UserStore, user: str, anonymous: str):
    items = {str(number): 4.0 for number in range(200)}
    seen = set()
    for _ in range(10):
        await store.delete(user)
        await add(store, anonymous, items, NOW)
        merging = asyncio.create_task(store.merge(user, anonymous, NOW))
        while not merging.done():
            stored = await store.get(user)
            seen.add(len(stored.feedback) if stored else 0)
        await merging
    assert seen <= {0, 200}


async def test_a_merge_that_broke_off_is_completed_by_the_same_call(
    store: UserStore, user: str, anonymous: str, monkeypatch: pytest.MonkeyPatch
):
    await store.put_profile(anonymous, {"city": "Rome"}, NOW)
    await add(store, anonymous, {"a": 1, "b": 2}, NOW)

    async def breaks_off(*_: object) -> None:
        raise ConnectionResetError

    with monkeypatch.context() as patch:
        patch.setattr(store._merging, "_erase", breaks_off)
        with pytest.raises(StoreUnavailable):
            await store.merge(user, anonymous, NOW)
    both = [await store.get(user), await store.get(anonymous)]
    assert all(one is not None and one.answered == {"a", "b"} for one in both)

    await store.merge(user, anonymous, NOW + SECOND)

    assert await store.get(anonymous) is None
    stored = await store.get(user)
    assert stored is not None
    assert (stored.answered, stored.attributes) == ({"a", "b"}, {"city": "Rome"})


async def test_what_comes_while_a_merge_goes_on_is_not_erased(
    store: UserStore, user: str, anonymous: str, monkeypatch: pytest.MonkeyPatch
):
    await add(store, anonymous, {"a": 1, "b": 2}, NOW)
    erase = store._merging._erase

    async def after_more_came(*arguments: object) -> None:
        await add(store, anonymous, {"b": 3, "c": 4}, NOW + SECOND)
        await erase(*arguments)

    with monkeypatch.context() as patch:
        patch.setattr(store._merging, "_erase", after_more_came)
        await store.merge(user, anonymous, NOW)

    left = await store.get(anonymous)
    assert left is not None
    assert {(one.item_id, one.value) for one in left.feedback} == {("b", 3.0), ("c", 4.0)}
    await store.merge(user, anonymous, NOW + 2 * SECOND)
    assert await store.get(anonymous) is None
    stored = await store.get(user)
    assert stored is not None
    assert {(one.item_id, one.value) for one in stored.feedback} == {
        ("a", 1.0),
        ("b", 3.0),
        ("c", 4.0),
    }


async def test_of_many_pieces_the_newest_stay_each_as_it_was(
    redis: StoreClient, user: str, anonymous: str
):
    limit, pieces = 1500, 1200
    store = UserStore(redis, feedback_limit=limit)
    random = Random(1)

    def drawn(first: int) -> dict[str, NewEvent]:
        events = {}
        for number in range(first, first + pieces):
            at = NOW - random.randrange(10**6) * timedelta(milliseconds=1)
            value = random.choice([1.0, 4.5, "like", "passed"])
            events[str(number)] = NewEvent(str(number), value, at, f"event {number} {first}")
        return events

    mine, theirs = drawn(0), drawn(700)
    await store.add_feedback(user, list(mine.values()), NOW)
    await store.add_feedback(anonymous, list(theirs.values()), NOW)

    merge = await store.merge(user, anonymous, NOW)

    winners = dict(mine)
    for item, event in theirs.items():
        known = mine.get(item)
        if known is None or stands_before(event, known):
            winners[item] = event
    kept = sorted(winners.values(), key=lambda one: (-time_of(one), one.item_id))[:limit]
    moved = sum(theirs.get(one.item_id) is one for one in kept)
    assert (merge.moved, merge.ignored) == (moved, pieces - moved)
    assert merge.user is not None
    assert list(merge.user.feedback) == [
        Feedback(one.item_id, one.value, time_of(one)) for one in kept
    ]
    assert merge.user == await store.get(user)
    assert await store.get(anonymous) is None
    # Whoever sent it under either name is known by it.
    both = [one for one in kept if one.item_id in mine and one.item_id in theirs]
    assert both
    again = [drawn_by[one.item_id] for one in both for drawn_by in (mine, theirs)]
    for start in (0, 1):
        added = await store.add_feedback(user, again[start::2], NOW + SECOND)
        assert added.accepted == 0


def time_of(event: NewEvent) -> int:
    assert event.at is not None
    return microseconds(event.at)


def stands_before(one: NewEvent, other: NewEvent) -> bool:
    """Whether an event takes the place of another: an answer that of what was passed over."""
    if (one.value == "passed") != (other.value == "passed"):
        return other.value == "passed"
    return time_of(one) > time_of(other)
