"""What calls of the user store send to a server, and what becomes of one that is not there."""

import asyncio
import time
from pathlib import Path

import pytest
from redis.asyncio import Redis

from app.problems import StoreUnavailable
from app.store import StoreClient, UserStore, close_store, connect_store
from tests.store.events import NOW, rating
from tests.store.servers import calls_of, kill_connections

pytestmark = pytest.mark.anyio


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
