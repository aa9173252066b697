"""What the store's account lacks is told, and what is to be granted suffices."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
import redis

from app.store import NewEvent, StoreLayout, UserStore, close_store, connect_store
from tests.running import running_redis

pytestmark = pytest.mark.anyio

NOW = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with running_redis(tmp_path_factory.mktemp("accounts")) as url:
        yield url


async def told(url: str, name: str, *rules: str) -> list[str]:
    with redis.Redis.from_url(url) as admin:
        admin.execute_command("ACL", "SETUSER", name, "reset", "on", ">secret", *rules)
    client = connect_store(url.replace("//", f"//{name}:secret@"), timeout_seconds=5, connections=4)
    try:
        return await StoreLayout(client, 5).check("planted")
    finally:
        await close_store(client)


@pytest.mark.parametrize(
    ("rules", "missing"),
    [
        (("~*", "&*", "+@all"), None),
        (("~melu:user:*", "&*", "+@all"), "keys melu:lists:*"),
        (("~melu:*", "&*", "+@all"), "keys {melu:catalogue}:*"),
        (("~*", "+@all"), "channel melu:erased"),
        (("~*", "&*", "+@all", "-zadd"), "command ZADD"),
        (("~*", "&*", "+@all", "-hset"), "command HSET"),
        (("~*", "&*", "+@all", "-eval", "-evalsha"), "command EVAL"),
    ],
)
async def test_what_is_missing_is_told(url: str, rules: tuple[str, ...], missing: str | None):
    warnings = await told(url, "tried", *rules)

    if missing is None:
        assert warnings == []
    else:
        assert missing in warnings[0]


async def test_what_is_to_be_granted_suffices(url: str, tmp_path: Path):
    (warning, *_) = await told(url, "poor", "~other", "+@all")
    granted = re.search(r"Grant (.*)\.$", warning)
    assert granted is not None

    assert await told(url, "granted", *granted[1].split()) == []

    client = connect_store(url.replace("//", "//granted:secret@"), timeout_seconds=5, connections=4)
    store = UserStore(client)
    await store.put_profile("u", {"age": 1}, NOW)
    await store.add_feedback("u", [NewEvent("i", 3.0)], NOW)
    await store.merge("v", "u", NOW)
    assert await store.refusal() is None
    await store.delete("v")
    assert await store.get("v") is None
    await close_store(client)
