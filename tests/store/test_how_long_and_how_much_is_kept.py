"""The cap on a user's feedback, and the expiry of idle users."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from app.store import NewEvent, StoreClient, UserStore

pytestmark = pytest.mark.anyio

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
SECOND = timedelta(seconds=1)


@pytest.fixture
def small(redis: StoreClient) -> UserStore:
    """A store that keeps three pieces of feedback a user."""
    return UserStore(redis, feedback_limit=3)


async def kept(store: UserStore, user: str) -> list[str]:
    stored = await store.get(user)
    return [one.item_id for one in stored.feedback] if stored else []


def at(second: int, item: str, value: float = 4.0) -> NewEvent:
    return NewEvent(item, value, NOW + second * SECOND)


async def test_of_many_the_oldest_give_way(small: UserStore, user: str):
    await small.add_feedback(user, [at(10 - int(item), item) for item in "4071829536"], NOW)

    assert await kept(small, user) == ["0", "1", "2"]


async def test_the_oldest_give_way(small: UserStore, user: str):
    await small.add_feedback(user, [at(2, "b"), at(1, "a"), at(3, "c")], NOW)

    accepted, ignored, *_ = await small.add_feedback(user, [at(5, "e"), at(4, "d")], NOW)

    assert (accepted, ignored) == (2, 0)
    assert await kept(small, user) == ["e", "d", "c"]


@pytest.mark.parametrize("items", ["caebd", "cafhebigd"], ids=["few", "many"])
async def test_of_equal_times_those_listed_last_give_way(small: UserStore, user: str, items: str):
    await small.add_feedback(user, [at(1, item) for item in items], NOW)

    assert await kept(small, user) == ["a", "b", "c"]


async def test_what_is_too_old_to_be_kept_is_ignored_each_time(small: UserStore, user: str):
    await small.add_feedback(user, [at(2, "b"), at(3, "c"), at(4, "d")], NOW)
    before = await small.get(user)

    for _ in range(2):
        assert await small.add_feedback(user, [at(1, "a")], NOW) == (0, 1, 3, 1)
        assert await small.get(user) == before
    mixed = [at(1, "a"), at(5, "e"), at(2, "b")]
    assert (await small.add_feedback(user, mixed, NOW))[:2] == (1, 2)
    assert (await small.add_feedback(user, mixed, NOW))[:2] == (0, 3)
    assert await kept(small, user) == ["e", "d", "c"]


async def test_a_change_of_mind_takes_no_room(small: UserStore, user: str):
    await small.put_profile(user, {"city": "Rome"}, NOW)
    await small.add_feedback(user, [at(1, "a"), at(2, "b"), at(3, "c")], NOW)

    assert (await small.add_feedback(user, [at(4, "a", 1.0)], NOW))[:2] == (1, 0)

    assert await kept(small, user) == ["a", "c", "b"]


async def milliseconds_left(redis: StoreClient, user: str) -> int:
    left: int = await redis.pttl(f"melu:user:{user}")
    return left


async def test_an_idle_user_goes(redis: StoreClient, user: str):
    store = UserStore(redis, expiry=timedelta(milliseconds=300))
    await store.add_feedback(user, [at(1, "a")], NOW)
    for _ in range(4):  # reading is not idling
        await asyncio.sleep(0.1)
        assert await store.get(user) is not None

    await asyncio.sleep(0.4)

    assert await store.get(user) is None
    assert not await redis.exists(f"melu:user:{user}")


async def test_every_write_puts_the_day_off(redis: StoreClient, user: str):
    store = UserStore(redis, expiry=timedelta(days=30))
    whole = 30 * 86_400_000
    other = f"other {user}"[:128]
    await store.add_feedback(user, [at(1, "a"), at(1, "b")], NOW)
    await store.add_feedback(other, [at(3, "c")], NOW)
    assert whole - 10_000 < await milliseconds_left(redis, user) <= whole
    for write in (
        store.put_profile(user, {"city": "Rome"}, NOW),
        store.add_feedback(user, [at(2, "a")], NOW),
        store.delete_feedback(user, "b", NOW),
        store.merge(user, other, NOW),
    ):
        await redis.pexpire(f"melu:user:{user}", whole // 2)
        await write
        assert await milliseconds_left(redis, user) > whole - 10_000


async def test_a_read_puts_the_day_off_only_now_and_then(redis: StoreClient, user: str):
    store = UserStore(redis, expiry=timedelta(days=30))
    whole = 30 * 86_400_000
    await store.add_feedback(user, [at(1, "a")], NOW)
    stored = await store.get(user)
    assert stored is not None

    await redis.pexpire(f"melu:user:{user}", int(0.95 * whole))
    await store.get_unless(user, stored.revision)
    assert await milliseconds_left(redis, user) <= 0.95 * whole

    await redis.pexpire(f"melu:user:{user}", int(0.85 * whole))
    await store.get_unless(user, stored.revision)
    assert await milliseconds_left(redis, user) > 0.95 * whole


async def test_turned_on_and_off_it_takes_hold_with_the_next_request(redis: StoreClient, user: str):
    keeping, expiring = UserStore(redis), UserStore(redis, expiry=timedelta(days=30))
    await keeping.add_feedback(user, [at(1, "a")], NOW)
    assert await milliseconds_left(redis, user) == -1

    await expiring.get(user)
    assert await milliseconds_left(redis, user) > 0

    await keeping.put_profile(user, {}, NOW)
    assert await milliseconds_left(redis, user) == -1


async def test_nobody_is_made_by_a_read(redis: StoreClient, user: str):
    store = UserStore(redis, expiry=timedelta(days=30))
    assert await store.get(user) is None
    assert not await redis.exists(f"melu:user:{user}")
