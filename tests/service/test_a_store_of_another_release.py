"""What another release wrote: read where it can be, counted and left out else, refused if newer."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
import redis
from redis.asyncio import Redis

from app.store import StoreLayout
from tests.running import Service
from tests.service.visitors import Visitor, ok


@pytest.fixture(scope="module")
def own(bundle: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    service = Service(bundle, tmp_path_factory.mktemp("another-release")).start()
    yield service
    service.stop()


@pytest.fixture
def store(own: Service) -> Iterator[redis.Redis]:
    with own.store() as client:
        yield client


def unreadable(service: Service) -> float:
    text = httpx.get(f"{service.url}/metrics").text
    lines = [one for one in text.splitlines() if one.startswith("melu_store_unreadable_total")]
    return float(lines[0].split()[1]) if lines else 0.0


def test_what_can_not_be_read_is_left_out_and_counted(own: Service, store: redis.Redis):
    before = unreadable(own)
    with own.client() as client:
        visitor = Visitor(client, "half-readable")
        visitor.rate({0: 5, 1: 4})
        key = "melu:user:half-readable"
        store.hset(key, "f:2", "garbage")
        store.hset(key, "f:3", "12 ")
        store.hset(key, "f:4", "soon 5")
        store.hset(key, "a field that comes with a later release", "whatever")
        store.hset(key, "attributes", "[]")

        assert visitor.ratings() == {"0": 5, "1": 4}
        assert visitor.recommendations()["support_size"] == 2
        assert visitor.stored()["attributes"] == {}
        assert unreadable(own) > before

        visitor.rate({2: 3, 3: 2, 4: 1})
        assert visitor.ratings() == {"0": 5, "1": 4, "2": 3, "3": 2, "4": 1}
        store.hset(key, "f:2", "garbage")
        other = Visitor(client, "half-readable-too")
        other.rate({2: 1})
        merged = client.post(f"{other.path}/merge", json={"from_user_id": "half-readable"})
        assert merged.status_code == 200
        assert other.ratings() == {"0": 5, "1": 4, "2": 1, "3": 2, "4": 1}


def test_a_catalogue_with_more_in_it_is_read(own: Service, store: redis.Redis):
    for number, content in enumerate(
        ['{"title":"With more","attributes":{},"picture":"a.png"}', "garbage", "[]"], start=1
    ):
        store.hset("{melu:catalogue}:items", f"item-{number}", content)
        store.zadd("{melu:catalogue}:changes", {f"item-{number}": number})
    store.set("{melu:catalogue}:version", "00ff:3")

    assert ok(httpx.get(f"{own.url}/items/item-1"))["title"] == "With more"
    for number in (2, 3):
        assert httpx.get(f"{own.url}/items/item-{number}").status_code == 404
    assert httpx.get(f"{own.url}/users/a/recommendations").status_code == 200


def test_a_newer_layout_is_refused_and_an_older_one_taken_over(bundle: Path, tmp_path: Path):
    service = Service(bundle, tmp_path / "layouts").start()
    assert "warnings" not in ok(httpx.get(f"{service.url}/readyz"))
    Visitor(service.client(), "kept").rate({0: 5})
    with service.store() as store:
        assert store.hgetall("melu:layout") == {
            "layout": "2",
            "dataset": store.hget("melu:layout", "dataset"),
        }
        store.delete("melu:layout")  # as a release without the mark left it
    service.stop()

    service.start()
    assert Visitor(service.client(), "kept").ratings() == {"0": 5}
    with service.store() as store:
        assert store.hget("melu:layout", "layout") == "2"
        store.hset("melu:layout", mapping={"dataset": "books"})
    service.stop()

    service.start()
    (warning,) = ok(httpx.get(f"{service.url}/readyz"))["warnings"]
    assert "books" in warning
    with service.store() as store:
        store.hset("melu:layout", mapping={"layout": "3"})
    service.stop()

    with pytest.raises(BaseException, match=r"ended|layout|vain"):
        service.start()
    service.stop()
    assert "the store has layout 3, and this release reads up to 2" in service.log


@pytest.mark.parametrize("mark", [{}, {"layout": "1", "dataset": "films"}], ids=["none", "older"])
def test_a_store_that_takes_no_writes_is_looked_at_once(own: Service, mark: dict[str, str]):
    async def look() -> list[str]:
        socket = own.folder / "store" / "store.sock"
        async with Redis(unix_socket_path=str(socket), decode_responses=True) as client:
            return await StoreLayout(client, 5).check("films")

    with own.store() as store:
        store.delete("melu:layout")
        if mark:
            store.hset("melu:layout", mapping=mark)
        store.replicaof("127.0.0.1", 1)
        try:
            assert asyncio.run(look()) == []
            assert store.hgetall("melu:layout") == mark
        finally:
            store.replicaof("NO", "ONE")
        assert asyncio.run(look()) == []
        assert store.hgetall("melu:layout") == {"layout": "2", "dataset": "films"}
