"""Users that many write and read at once, on the embedded Valkey and on a real Redis."""

import asyncio

import pytest

from app.store import Feedback, UserStore
from app.store.records import microseconds
from tests.store.events import MICROSECOND, NOW, SECOND, rating

pytestmark = pytest.mark.anyio


async def test_of_concurrent_adds_the_newest_stays_and_each_change_counts(
    store: UserStore, user: str
):
    async def add(number: int) -> int:
        # 7 and 200 have no common factor: the times come in no order.
        at = NOW + (number * 7 % 200) * MICROSECOND
        accepted, ignored, size, _ = await store.add_feedback(
            user, [rating("i", float(number * 7 % 200), at)], NOW + SECOND
        )
        assert (accepted + ignored, size) == (1, 1)
        stored = await store.get(user)
        assert stored is not None
        # What stands after an add is at least as new as its own event.
        assert stored.feedback[0].at >= at
        return accepted

    accepted = sum(await asyncio.gather(*(add(number) for number in range(200))))

    stored = await store.get(user)
    assert stored is not None
    assert stored.feedback == (Feedback("i", 199.0, microseconds(NOW + 199 * MICROSECOND)),)
    assert stored.support_version == accepted


async def test_concurrent_adds_of_different_items_all_stay(store: UserStore, user: str):
    requests = [[rating(f"{number} {part}") for part in range(3)] for number in range(60)]

    await asyncio.gather(*(store.add_feedback(user, events, NOW) for events in requests))

    stored = await store.get(user)
    assert stored is not None
    assert len(stored.feedback) == 180
    assert stored.support_version == 60


async def test_a_reader_never_sees_half_a_write(store: UserStore, user: str):
    done = asyncio.Event()

    async def write() -> None:
        for number in range(100):
            events = [rating(item, float(number)) for item in ("a", "b", "c")]
            await store.add_feedback(user, events, NOW + number * SECOND)
        done.set()

    async def read() -> int:
        seen = set()
        while not done.is_set():
            stored = await store.get(user)
            if stored is not None:
                values = [one.value for one in stored.feedback]
                assert len(values) == 3
                assert len(set(values)) == 1
                assert stored.support_version == values[0] + 1
                seen.add(stored.support_version)
        return len(seen)

    _, *seen = await asyncio.gather(write(), read(), read())

    assert min(seen) > 5


async def test_many_readers_at_once_each_get_their_own_user(store: UserStore, user: str):
    names = [f"{user[-100:]} {i}" for i in range(200)]
    for i, name in enumerate(names):
        await store.add_feedback(name, [rating(str(i))], NOW)
    found = await asyncio.gather(*(store.get(name) for name in [*names, user + " nobody"]))
    assert found.pop() is None
    items = [one.feedback[0].item_id for one in found if one is not None]
    assert items == [str(i) for i in range(200)]
