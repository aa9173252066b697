"""What the service relies on, held on the embedded Valkey and on a real Redis."""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from app.store import (
    Feedback,
    NewEvent,
    StoreClient,
    UserStore,
    UserSummary,
)
from app.store.records import microseconds
from tests.store.events import MICROSECOND, NOW, SECOND, rating

pytestmark = pytest.mark.anyio


async def values_of(store: UserStore, user: str) -> dict[str, float | str]:
    stored = await store.get(user)
    return {one.item_id: one.value for one in stored.feedback} if stored else {}


async def test_a_user_never_written_is_none(store: UserStore, user: str):
    assert await store.get(user) is None


async def test_a_store_that_takes_writes_has_no_refusal_and_is_not_written_to(
    store: UserStore, redis: StoreClient
):
    keys = await redis.dbsize()
    assert await store.refusal() is None
    assert await redis.dbsize() == keys


@pytest.mark.parametrize(
    "attributes",
    [
        {},
        {"city": "Rome", "age": 25, "height": 1.83, "genres": ["a", "b"], "none": None},
        {"Größe": "übergroß", "職業": "作家", "emoji": "\U0001f600\u200d\u2642\ufe0f"},
        {"quotes": 'it\'s "so" \\ \n\r\t\x00', "empty": "", "list": []},
        {
            "large": 2**63 - 1,
            "small": -(2**63) + 1,
            "float": 1.7976931348623157e308,
            "third": 1 / 3,
        },
    ],
    ids=["empty", "kinds", "unicode", "signs", "numbers"],
)
async def test_attributes_come_back_as_they_were(store: UserStore, user: str, attributes: dict):
    is_new, put = await store.put_profile(user, attributes, NOW)
    stored = await store.get(user)

    assert is_new
    assert stored is not None
    assert put == UserSummary(
        stored.attributes, 0, stored.support_version, stored.created_at, stored.updated_at
    )
    assert stored.attributes == attributes
    assert [type(one) for one in stored.attributes.values()] == [
        type(one) for one in attributes.values()
    ]


async def test_a_profile_replaces_the_one_before(store: UserStore, user: str):
    await store.put_profile(user, {"city": "Rome", "age": 25}, NOW)

    is_new, put = await store.put_profile(user, {"age": 26}, NOW + SECOND)

    assert not is_new
    assert put.attributes == {"age": 26}
    assert (put.created_at, put.updated_at) == (NOW, NOW + SECOND)
    assert put.support_version == 0


@pytest.mark.parametrize(
    "value", [3.7, 1 / 3, 0.1 + 0.2, 5.0, 1e-7, -2.5, 1e22, "like", "unseen"], ids=str
)
async def test_a_value_comes_back_exactly(store: UserStore, user: str, value: float | str):
    await store.add_feedback(user, [NewEvent("i", value, NOW, "an id")], NOW + SECOND)

    assert await values_of(store, user) == {"i": value}


@pytest.mark.parametrize(
    "at",
    [
        datetime(1970, 1, 1, tzinfo=UTC),
        datetime(2001, 9, 9, 1, 46, 39, 999_999, tzinfo=UTC),
        NOW,
        NOW.astimezone(timezone(timedelta(hours=5, minutes=30))),
        datetime(2024, 2, 29, 23, 59, 59, 999_999, tzinfo=UTC),
    ],
    ids=str,
)
async def test_a_time_comes_back_to_the_microsecond(store: UserStore, user: str, at: datetime):
    await store.add_feedback(user, [rating("i", at=at)], NOW)

    stored = await store.get(user)
    assert stored is not None
    assert stored.feedback == (Feedback("i", 4.0, microseconds(at)),)
    assert stored.feedback[0].at.utcoffset() == timedelta(0)


@pytest.mark.parametrize("at", [NOW, datetime(2024, 2, 29, 23, 59, 59, 999_998, tzinfo=UTC)])
async def test_one_microsecond_decides(store: UserStore, user: str, at: datetime):
    await store.add_feedback(user, [rating("i", 2, at)], NOW)
    older = await store.add_feedback(user, [rating("i", 1, at - MICROSECOND)], NOW)
    newer = await store.add_feedback(user, [rating("i", 3, at + MICROSECOND)], NOW)

    assert [(added[0], added[1]) for added in (older, newer)] == [(0, 1), (1, 0)]
    assert await values_of(store, user) == {"i": 3}


async def test_no_time_is_ahead_of_the_store_however_far_a_workers_clock_is(
    store: UserStore, user: str
):
    ahead = datetime.now(UTC) + timedelta(days=30)
    before = datetime.now(UTC) - SECOND
    await store.add_feedback(user, [rating("told", at=ahead), rating("not told")], ahead)

    stored = await store.get(user)
    assert stored is not None
    for one in stored.feedback:
        assert before < one.at < datetime.now(UTC) + SECOND
    # What another worker stores with the right time is not held for older.
    await store.add_feedback(user, [rating("told", 1, datetime.now(UTC))], datetime.now(UTC))
    assert await values_of(store, user) == {"told": 1, "not told": 4}


@pytest.mark.parametrize(
    "item_id",
    ["50", " a  b ", "f:f:", "Ωμέγα", "\U0001f600" * 128, "%s", "*", "attributes", "version"],
)
async def test_any_item_id_comes_back(store: UserStore, user: str, item_id: str):
    await store.add_feedback(user, [rating(item_id), rating("other")], NOW)
    assert await values_of(store, user) == {item_id: 4, "other": 4}

    assert await store.delete_feedback(user, item_id, NOW)
    assert await values_of(store, user) == {"other": 4}


async def test_feedback_is_listed_newest_first_and_equal_times_by_item(store: UserStore, user: str):
    times = {"b": NOW, "d": NOW - SECOND, "a": NOW, "c": NOW + SECOND}
    await store.add_feedback(user, [rating(i, at=at) for i, at in times.items()], NOW)

    stored = await store.get(user)

    assert stored is not None
    assert [one.item_id for one in stored.feedback] == ["c", "a", "b", "d"]


async def test_unseen_is_answered_but_not_seen(store: UserStore, user: str):
    events = [rating("rated"), NewEvent("skipped", "skip"), NewEvent("unseen one", "unseen")]
    await store.add_feedback(user, events, NOW)

    stored = await store.get(user)

    assert stored is not None
    assert stored.answered == {"rated", "skipped", "unseen one"}
    assert stored.seen == {"rated", "skipped"}


async def test_the_version_counts_the_writes_that_changed_something(store: UserStore, user: str):
    async def add(*events: NewEvent) -> tuple[int, int, int]:
        accepted, ignored, _, version = await store.add_feedback(user, events, NOW)
        stored = await store.get(user)
        assert stored is not None
        assert version == stored.support_version
        return accepted, ignored, version

    assert await add(rating("a"), rating("b"), rating("c")) == (3, 0, 1)
    assert await add(rating("a"), rating("b"), rating("c")) == (0, 3, 1)
    assert await add(rating("a", 5), rating("b")) == (1, 1, 2)
    assert await store.delete_feedback(user, "b", NOW)
    assert not await store.delete_feedback(user, "b", NOW)
    await store.put_profile(user, {"city": "Rome"}, NOW)
    assert await add(rating("b")) == (1, 0, 4)


async def test_an_event_id_is_known_again(store: UserStore, user: str):
    await store.add_feedback(user, [NewEvent("i", 5.0, None, "first")], NOW)
    await store.add_feedback(user, [NewEvent("i", 2.0, None, "second")], NOW + SECOND)

    again = await store.add_feedback(user, [NewEvent("i", 5.0, None, "first")], NOW + 2 * SECOND)

    assert again[:2] == (0, 1)
    assert await values_of(store, user) == {"i": 2}


async def test_deleting_what_is_not_there_writes_nothing(
    store: UserStore, redis: StoreClient, user: str
):
    assert not await store.delete_feedback(user, "i", NOW)
    await store.delete(user)

    assert await store.get(user) is None
    assert not await redis.exists(f"melu:user:{user}")


async def test_an_erased_user_leaves_no_key(store: UserStore, redis: StoreClient, user: str):
    await store.put_profile(user, {"city": "Rome"}, NOW)
    await store.add_feedback(user, [NewEvent("i", 5.0, None, "id")], NOW)
    assert [key async for key in redis.scan_iter() if user in key]

    await store.delete(user)

    assert await store.get(user) is None
    assert [key async for key in redis.scan_iter() if user in key] == []


async def test_one_user_is_one_hash(store: UserStore, redis: StoreClient, user: str):
    """So a cluster keeps a user in one slot, and one command erases it."""
    await store.put_profile(user, {"city": "Rome"}, NOW)
    await store.add_feedback(user, [rating("a"), NewEvent("b", "unseen", None, "id")], NOW)

    keys = [key async for key in redis.scan_iter() if user in key]

    assert keys == [f"melu:user:{user}"]
    assert await redis.type(keys[0]) == "hash"
    assert await redis.ttl(keys[0]) == -1
