"""What the service relies on, held on the embedded Valkey and on a real Redis."""

import asyncio
import time
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from redis.asyncio import Redis

from app.problems import StoreUnavailable
from app.store import (
    UNCHANGED,
    Feedback,
    NewEvent,
    StoreClient,
    UserStore,
    close_store,
    connect_store,
)
from app.store.records import microseconds
from tests.store.servers import calls_of, kill_connections

pytestmark = pytest.mark.anyio

NOW = datetime(2026, 1, 2, 3, 4, 5, 678_901, tzinfo=UTC)
SECOND = timedelta(seconds=1)
MICROSECOND = timedelta(microseconds=1)


def rating(item_id: str, value: float = 4.0, at: datetime | None = None) -> NewEvent:
    return NewEvent(item_id, value, at)


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
    assert put == stored
    assert stored is not None
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
        accepted, ignored, stored = await store.add_feedback(user, events, NOW)
        assert stored is not None
        assert stored == await store.get(user)
        return accepted, ignored, stored.support_version

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


async def test_a_read_is_one_round_trip(store: UserStore, redis: StoreClient, user: str):
    await store.add_feedback(user, [rating(str(i)) for i in range(50)], NOW)
    await store.get("of the connection that reads")
    before = await calls_of(redis)

    stored = await store.get(user)

    assert stored is not None
    assert len(stored.feedback) == 50
    new = await calls_of(redis) - before
    # One pipeline, which reads the catalogue's version too; in a cluster that may be elsewhere.
    assert new == {
        "cmdstat_eval" if isinstance(redis, Redis) else "cmdstat_evalsha": 1,
        "cmdstat_hgetall": 1,
        "cmdstat_get": 1,
    }


async def test_a_write_is_one_script(store: UserStore, redis: StoreClient, user: str):
    await store.add_feedback(user, [rating("i")], NOW)
    before = await calls_of(redis)

    await store.add_feedback(user, [rating(str(i)) for i in range(50)], NOW)

    new = await calls_of(redis) - before
    assert new["cmdstat_evalsha"] == 1
    assert new["cmdstat_hgetall"] == 1
    assert not new.keys() & {"cmdstat_multi", "cmdstat_watch", "cmdstat_eval"}


async def test_scripts_survive_a_store_that_forgets_them(
    store: UserStore, redis: StoreClient, user: str
):
    await store.add_feedback(user, [rating("a"), rating("b")], NOW)

    await redis.script_flush()
    assert (await store.add_feedback(user, [rating("c")], NOW))[0] == 1
    await redis.script_flush()
    assert not (await store.put_profile(user, {"age": 1}, NOW))[0]
    await redis.script_flush()
    assert await store.delete_feedback(user, "a", NOW)

    stored = await store.get(user)
    assert stored is not None
    assert stored.answered == {"b", "c"}
    assert stored.attributes == {"age": 1}
    assert stored.support_version == 3


async def test_of_concurrent_adds_the_newest_stays_and_each_change_counts(
    store: UserStore, user: str
):
    async def add(number: int) -> int:
        # 7 and 200 have no common factor: the times come in no order.
        at = NOW + (number * 7 % 200) * MICROSECOND
        accepted, ignored, stored = await store.add_feedback(
            user, [rating("i", float(number * 7 % 200), at)], NOW + SECOND
        )
        assert accepted + ignored == 1
        assert stored is not None
        # What an add returns is what stands after it: at least as new as its own event.
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


async def test_one_user_is_one_hash(store: UserStore, redis: StoreClient, user: str):
    """So a cluster keeps a user in one slot, and one command erases it."""
    await store.put_profile(user, {"city": "Rome"}, NOW)
    await store.add_feedback(user, [rating("a"), NewEvent("b", "unseen", None, "id")], NOW)

    keys = [key async for key in redis.scan_iter() if user in key]

    assert keys == [f"melu:user:{user}"]
    assert await redis.type(keys[0]) == "hash"
    assert await redis.ttl(keys[0]) == -1


@pytest.mark.parametrize("scheme", ["redis://127.0.0.1:1/0", "unix://{}/no.sock"])
async def test_a_store_that_is_not_there_is_unavailable_at_once(scheme: str, tmp_path: Path):
    client = connect_store(scheme.format(tmp_path), timeout_seconds=1, connections=4)
    store = UserStore(client)
    started = time.perf_counter()

    for call in (
        store.refusal(),
        store.get("u"),
        store.put_profile("u", {}, NOW),
        store.add_feedback("u", [rating("i")], NOW),
        store.delete_feedback("u", "i", NOW),
        store.delete("u"),
    ):
        with pytest.raises(StoreUnavailable) as caught:
            await call
        assert caught.value.status == 503
        assert caught.value.retry_after

    assert time.perf_counter() - started < 6 * 1.5
    await client.aclose()


async def test_a_store_that_does_not_answer_is_unavailable_in_time(tmp_path: Path):
    silent = tmp_path / "silent.sock"
    server = await asyncio.start_unix_server(lambda _reader, _writer: asyncio.sleep(60), silent)
    client = connect_store(f"unix://{silent}", timeout_seconds=0.3, connections=1)
    store = UserStore(client)
    started = time.perf_counter()

    # One connection: the second caller waits for it, and must not wait for ever either.
    answers = await asyncio.gather(store.get("u"), store.get("v"), return_exceptions=True)

    assert all(isinstance(answer, StoreUnavailable) for answer in answers)
    assert time.perf_counter() - started < 2
    await client.connection_pool.disconnect()
    server.close()


async def test_who_knows_the_present_revision_is_told_only_that(store: UserStore, user: str):
    await store.add_feedback(user, [rating("1")], NOW)
    first = await store.get(user)
    assert first is not None
    assert await store.get_unless(user, first.revision) is UNCHANGED
    assert await store.get_unless(user, "") == first
    assert await store.get_unless(user, "1 2") == first
    assert await store.get_unless(user + " too", first.revision) is None


async def test_every_write_makes_a_new_revision_even_at_the_same_time(store: UserStore, user: str):
    revisions = set()

    async def note() -> None:
        stored = await store.get(user)
        assert stored is not None
        revisions.add(stored.revision)

    for value in range(3):
        await store.add_feedback(user, [rating("1", value)], NOW)
        await note()
    for attributes in ({"age": 1}, {"age": 2}):
        await store.put_profile(user, attributes, NOW)
        await note()
    await store.delete_feedback(user, "1", NOW)
    await note()
    await store.add_feedback(user, [rating("2")], NOW - timedelta(hours=1))  # a clock set back
    await note()
    assert len(revisions) == 7


async def test_what_changes_nothing_keeps_the_revision(store: UserStore, user: str):
    await store.add_feedback(user, [rating("1")], NOW)
    first = await store.get(user)
    assert first is not None
    await store.add_feedback(user, [rating("1")], NOW + timedelta(seconds=1))
    await store.delete_feedback(user, "none", NOW + timedelta(seconds=1))
    assert await store.get_unless(user, first.revision) is UNCHANGED


async def test_many_readers_at_once_each_get_their_own_user(store: UserStore, user: str):
    names = [f"{user[-100:]} {i}" for i in range(200)]
    for i, name in enumerate(names):
        await store.add_feedback(name, [rating(str(i))], NOW)
    found = await asyncio.gather(*(store.get(name) for name in [*names, user + " nobody"]))
    assert found.pop() is None
    items = [one.feedback[0].item_id for one in found if one is not None]
    assert items == [str(i) for i in range(200)]


async def test_connections_that_were_closed_while_idle_are_not_written_on(
    store: UserStore, redis: StoreClient, url: str, user: str
):
    async def write(number: int) -> None:
        await store.add_feedback(f"{user} {number}", [rating("i")], NOW)

    await asyncio.gather(*map(write, range(8)))
    other = connect_store(url, timeout_seconds=30, connections=1)
    await kill_connections(other, "normal")
    await close_store(other)
    await asyncio.sleep(0.1)
    await asyncio.gather(*map(write, range(8)))
    assert await store.refusal() is None
