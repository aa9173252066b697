"""Scripts touch the keys that were declared to them, and use commands that every server has."""

import asyncio
from datetime import timedelta
from importlib.resources import files
from pathlib import Path

import pytest
import redis
from redis.crc import key_slot

from app.problems import RateLimited
from app.store import (
    Answered,
    CatalogueStore,
    CatalogueVersion,
    Mark,
    RankingSnapshotStore,
    RateLimits,
    ServedListStore,
    StoredItem,
    StoreLayout,
    UserStore,
    close_store,
    connect_store,
)
from tests.running import running_redis
from tests.store.events import NOW, rating
from tests.store.monitored import Monitored, monitoring

NEWEST_COMMANDS = (6, 0)
"""What all kinds of servers know that call themselves compatible."""


async def use_everything(url: str) -> None:
    """Have each script take each of its ways."""
    client = connect_store(url, timeout_seconds=30, connections=8)
    try:
        await StoreLayout(client, 30).check("data")
        users = UserStore(client, feedback_limit=3, expiry=timedelta(days=1))
        lists = RankingSnapshotStore(client, 30)
        served = ServedListStore(client, 30, 60)
        for name in ("a", "b"):
            await users.add_feedback(name, [rating(str(i)) for i in range(2)], NOW)
            await users.add_feedback(name, [rating(str(i)) for i in range(1, 6)], NOW)
            await users.put_profile(name, {"age": 1}, NOW)
            user = await users.get(name)
            assert user is not None
            for number in range(10):
                assert await lists.put(name, user.created_at, f"list {number}", "text", 60)
            assert await lists.get(name, "list 9") == "text"
            for number in range(22):
                assert await served.note(name, user.created_at, f"list {number}", "arm", ["1"])
            answer = Answered("list 21", "1", Mark.ANSWERED | Mark.LIKED)
            assert await served.mark(name, [answer]) != [None]
            await served.count("2026-01-31", {"experiment": "{}", "number": 1})
            await users.delete_feedback(name, "3", NOW)
        await users.merge("a", "b", NOW)
        await users.delete("a")
        assert await users.refusal() is None

        items = CatalogueStore(client, 30)
        await items.change([(StoredItem(str(i), "title", {}), False) for i in range(3)])
        await items.change([(StoredItem("0"), False)])
        assert len((await items.changes_since(CatalogueVersion())).items) == 3

        limits = RateLimits(client, per_user="2/second", per_key=None, salt=b"salt")
        for _ in range(2):  # the second time with a window before it
            assert await is_limited(limits)
            await asyncio.sleep(1.1)
    finally:
        await close_store(client)


async def is_limited(limits: RateLimits) -> bool:
    try:
        for _ in range(3):
            await limits.count_user("a")
    except RateLimited:
        return True
    return False


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory):
    with (
        running_redis(tmp_path_factory.mktemp("monitored")) as url,
        redis.Redis.from_url(url, decode_responses=True) as client,
    ):
        yield url, client


@pytest.fixture(scope="module")
def monitored(server: tuple[str, redis.Redis]) -> Monitored:
    with monitoring(server[0]) as found:
        asyncio.run(use_everything(server[0]))
    return found


def test_every_script_was_run(monitored: Monitored):
    # A server that does not know a script is sent its text.
    texts = "".join(script.text for script in monitored.scripts)
    ours = [Path(str(path)) for path in (files("app.store") / "lua").iterdir()]

    assert len(ours) > 10
    assert [path.name for path in ours if path.read_text(encoding="utf-8") not in texts] == []
    # That of rate limits is the library's own; a window took the place of another.
    assert any(command[0] == "rename" for command in monitored.commands)


def test_no_script_touches_a_key_that_is_not_declared(
    monitored: Monitored, server: tuple[str, redis.Redis]
):
    assert sum(len(script.commands) for script in monitored.scripts) > 100
    assert monitored.undeclared(server[1]) == set()


def test_a_key_that_is_not_declared_would_be_seen(server: tuple[str, redis.Redis]):
    url, client = server
    with monitoring(url) as found:
        client.eval("return redis.call('HGET', KEYS[1] .. ' of another', 'field')", 1, "a key")

    assert found.undeclared(client) == {"a key of another"}


def test_all_keys_of_a_script_are_in_one_slot(monitored: Monitored):
    declared = {tuple(script.keys) for script in monitored.scripts if len(script.keys) > 1}

    assert declared
    assert {len({key_slot(key.encode()) for key in keys}) for keys in declared} == {1}


def test_commands_are_those_that_every_server_has(
    monitored: Monitored, server: tuple[str, redis.Redis]
):
    names = {command[0].lower() for command in monitored.commands}
    since = {name: _since(server[1], name) for name in names}

    assert len(since) > 20
    assert {name for name, version in since.items() if version > NEWEST_COMMANDS} == set()


def _since(client: redis.Redis, name: str) -> tuple[int, ...]:
    """The release that a command came with; it fails for those of modules."""
    (described,) = dict(_pairs(client.execute_command("COMMAND DOCS", name))).values()
    found = dict(_pairs(described))
    assert found["group"] != "module", name
    return tuple(int(part) for part in found["since"].split(".")[:2])


def _pairs(described: object) -> list[tuple[str, object]]:
    if isinstance(described, dict):
        return list(described.items())
    assert isinstance(described, list)
    return list(zip(described[::2], described[1::2], strict=True))
