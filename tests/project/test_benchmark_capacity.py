"""`melu benchmark capacity`: a run of it from end to end."""

import asyncio
import json
import shutil
from pathlib import Path

import pytest
import redis

from app.store import NewEvent, UserStore, close_store, connect_store
from app.store.records import fields_of_new_user
from scripts.benchmark.capacity import benchmark_capacity
from scripts.benchmark.many_users import write_users
from scripts.benchmark.redis_server import running_redis
from scripts.benchmark.servers import ServerError, cores
from tests.running import require
from tests.store.events import NOW, SECOND, rating

pytestmark = pytest.mark.slow


def test_users_are_written_as_the_service_writes_them(tmp_path: Path):
    require("redis", shutil.which("redis-server"))
    asked = NewEvent("2", "like", NOW - SECOND, weight=2.5, asked=True)
    events = [rating("1", 3.5), asked, NewEvent("3", 5.0, event_id="an id")]
    with running_redis(tmp_path / "redis", cores()[1]) as server:
        asyncio.run(add_feedback(server.url, "by the service", events))
        names = [f"user {number}" for number in range(450)]
        write_users(server.url, names, [str(item) for item in range(50)], (1, 5), feedback=20)

        with redis.Redis.from_url(server.url, decode_responses=True) as client:
            assert client.hgetall("melu:user:by the service") == fields_of_new_user(events, NOW)
            assert client.dbsize() == 1 + len(names)
            fields = client.hgetall("melu:user:user 449")
    assert fields["version"] == "1"
    written = [entry for name, entry in fields.items() if name.startswith("f:")]
    assert len(written) == 20
    # When, what, and a digest of the event's id.
    assert {len(entry.split(" ")) for entry in written} == {3}


async def add_feedback(url: str, name: str, events: list[NewEvent]) -> None:
    client = connect_store(url, timeout_seconds=10, connections=2)
    await UserStore(client).add_feedback(name, events, NOW)
    await close_store(client)


def test_without_a_server_the_remedy_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(shutil, "which", lambda _program: None)
    with (
        pytest.raises(ServerError, match="apt-get install redis-server"),
        running_redis(tmp_path / "redis", cores()[1]),
    ):
        pass


def test_a_short_run_measures_everything(bundle: Path, tmp_path: Path):
    require("wrk", shutil.which("wrk"))
    require("redis", shutil.which("redis-server"))
    json_file, plot = tmp_path / "capacity.json", tmp_path / "capacity.png"
    benchmark_capacity(
        bundle,
        users=400,
        feedback=5,
        seconds=1,
        sustained_seconds=1,
        json_file=json_file,
        plot_file=plot,
    )
    found = json.loads(json_file.read_text())["capacity"]
    assert found["users"] == 400
    # Five entries of some forty bytes each, and what the store needs of its own.
    assert 200 < found["bytes_per_user"] < 2000
    assert 100 < found["disk_bytes_per_user"] < 2000
    assert found["rss_mib"] > 50
    assert len(found["requests"]) == 3
    for kind in ("feedback", "lists after feedback", "lists, nothing changed"):
        one = found["requests"][kind]
        assert one["rps"] > 1, kind
        assert one["worker_us"] > 10, kind
        assert 0 < one["p50_ms"] <= one["p99_ms"], kind
    assert found["sustained"]["errors"] == 0
    assert plot.stat().st_size > 0
