"""What is kept of shown lists, on every kind of server: each thing counts once, of nobody gone."""

from datetime import datetime

import pytest

from app.store import Answered, Mark, Marked, ServedListStore, StoreClient, UserStore
from app.store.keys import served_counts_key, user_served_key
from app.store.served_lists import SERVED_A_USER
from tests.store.events import NOW, SECOND, rating

pytestmark = pytest.mark.anyio

UNDER = "0a1b:candidate:7:2026-01-02"
LIKED, RATED = Mark.ANSWERED | Mark.LIKED, Mark.ANSWERED | Mark.RATED


@pytest.fixture
def served(redis: StoreClient) -> ServedListStore:
    return ServedListStore(redis, 30, 60)


@pytest.fixture
async def created(store: UserStore, user: str) -> datetime:
    """When the user was created, who has one piece of feedback."""
    await store.add_feedback(user, [rating("seen")], NOW)
    stored = await store.get(user)
    assert stored is not None
    return stored.created_at


async def test_a_list_is_new_once(served: ServedListStore, user: str, created: datetime):
    assert await served.note(user, created, "l", UNDER, ["a", "b"])
    assert not await served.note(user, created, "l", UNDER, ["a", "b", "c"])
    assert not await served.note(user, None, "l", UNDER, ["d"])

    told = await served.mark(user, [Answered("l", item, Mark.ANSWERED) for item in "abcde"])

    assert [one is not None for one in told] == [True] * 4 + [False]


async def test_nothing_is_kept_of_somebody_else_or_a_list_that_nobody_began(
    served: ServedListStore, redis: StoreClient, user: str, created: datetime
):
    assert not await served.note(user, created - SECOND, "l", UNDER, ["a"])
    assert not await served.note(user, None, "l", UNDER, ["a"])
    assert not await redis.exists(user_served_key(user))


async def test_each_mark_tells_something_new_once(
    served: ServedListStore, user: str, created: datetime
):
    await served.note(user, created, "l", UNDER, ["a", "b"])

    first = await served.mark(user, [Answered("l", "a", RATED), Answered("l", "b", LIKED)])
    again = await served.mark(user, [Answered("l", "a", RATED | LIKED), Answered("l", "b", LIKED)])

    assert first == [Marked(UNDER, RATED, False), Marked(UNDER, LIKED, True)]
    assert again == [Marked(UNDER, Mark.LIKED, False), Marked(UNDER, Mark(0), False)]


async def test_an_item_is_found_by_its_whole_id(
    served: ServedListStore, user: str, created: datetime
):
    await served.note(user, created, "l", UNDER, ["12", "é ü", "a.b[c]%d"])

    ids = ["1", "2", "12", "é ü", "a.b[c]%d", "axb[c]%d"]
    told = await served.mark(user, [Answered("l", one, LIKED) for one in ids])

    assert [one is not None for one in told] == [False, False, True, True, True, False]


async def test_the_oldest_lists_go_and_all_go_with_the_user(
    served: ServedListStore, store: UserStore, redis: StoreClient, user: str, created: datetime
):
    for number in range(SERVED_A_USER + 2):
        await served.note(user, created, f"list{number}", UNDER, ["a"])
    told = await served.mark(
        user, [Answered(f"list{number}", "a", LIKED) for number in range(SERVED_A_USER + 2)]
    )
    assert [one is not None for one in told] == [False] * 2 + [True] * SERVED_A_USER
    assert 0 < await redis.ttl(user_served_key(user)) <= 60

    await store.delete(user)

    assert not await redis.exists(user_served_key(user))


async def test_counts_add_up_and_expire(served: ServedListStore, redis: StoreClient):
    day = "2026-01-02"
    await redis.delete(served_counts_key(day))

    await served.count(day, {"0a1b": '{"x":1}', "0a1b:current:3:lists": 1})
    await served.count(day, {"0a1b": '{"x":2}', "0a1b:current:3:lists": 4})
    await served.count(day, {"0a1b:current:3:thousandths": -2500})

    assert await redis.hgetall(served_counts_key(day)) == {
        "0a1b": '{"x":1}',
        "0a1b:current:3:lists": "5",
        "0a1b:current:3:thousandths": "-2500",
    }
    assert await redis.ttl(served_counts_key(day)) > 0
