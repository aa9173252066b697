"""A store that was restored from a snapshot, or failed over to a replica that lagged behind."""

import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
import redis

from tests.running import Service, wait_for
from tests.service.visitors import ok

pytestmark = [pytest.mark.clock, pytest.mark.patient]

KEYS = "{melu:catalogue}:*"
CONTENT = {"title": "New", "attributes": {"genre": ["comedy"], "year": 1990}}


@pytest.fixture(scope="module")
def three_workers(bundle: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    folder = tmp_path_factory.mktemp("went-back")
    service = Service(bundle, folder, arguments=("--workers", "3")).start()
    yield service
    service.stop()


@pytest.fixture
def store(three_workers: Service) -> Iterator[redis.Redis]:
    socket = three_workers.folder / "store" / "store.sock"
    with redis.Redis(unix_socket_path=str(socket)) as client:  # dumps are no text
        yield client


def saved(store: redis.Redis) -> dict[bytes, bytes]:
    return {key: store.dump(key) for key in store.scan_iter(KEYS)}


def restore(store: redis.Redis, snapshot: dict[bytes, bytes]) -> None:
    """As one step, as a failover is."""
    with store.pipeline(transaction=True) as pipeline:
        for key in store.scan_iter(KEYS):
            pipeline.delete(key)
        for key, content in snapshot.items():
            pipeline.restore(key, 0, content)
        pipeline.execute()


def statuses(service: Service, path: str, attempts: int = 20) -> set[int]:
    """What all workers answer: each attempt has a connection of its own."""
    found = set()
    for _ in range(attempts):
        with service.client() as client:
            found.add(client.get(path).status_code)
    return found


def put(service: Service, item: str) -> int:
    with service.client() as client:
        return client.put(f"/items/{item}", json=CONTENT).status_code


@pytest.mark.parametrize("writes_after", [0, 1, 2, 3, 5])
def test_all_workers_follow_it(three_workers: Service, store: redis.Redis, writes_after: int):
    names = [f"{kind}-{writes_after}" for kind in ("kept", "phantom", "again")]
    kept, phantom, again = names
    assert put(three_workers, kept) == 201
    snapshot = saved(store)
    assert put(three_workers, phantom) == 201
    assert put(three_workers, again) == 201
    assert httpx.delete(f"{three_workers.url}/items/{kept}").status_code == 204
    assert statuses(three_workers, f"/items/{phantom}") == {200}
    assert statuses(three_workers, f"/items/{kept}") == {404}

    restore(store, snapshot)

    for number in range(writes_after):
        assert put(three_workers, f"after-{writes_after}-{number}") == 201
        assert statuses(three_workers, f"/items/after-{writes_after}-{number}") == {200}
    began = time.monotonic()
    wait_for(lambda: statuses(three_workers, f"/items/{phantom}") == {404}, "phantoms to go", 5)
    assert time.monotonic() - began < 2
    assert statuses(three_workers, f"/items/{again}") == {404}
    assert statuses(three_workers, f"/items/{kept}") == {200}
    assert put(three_workers, again) == 201
    assert statuses(three_workers, f"/items/{again}") == {200}
    found = ok(httpx.get(f"{three_workers.url}/items", params={"query": "New", "limit": 200}))
    assert phantom not in {one["item_id"] for one in found["items"]}


def test_one_that_was_emptied_is_followed_too(three_workers: Service, store: redis.Redis):
    assert put(three_workers, "emptied") == 201
    assert statuses(three_workers, "/items/emptied") == {200}

    restore(store, {})

    assert statuses(three_workers, "/items/emptied") == {404}
    assert put(three_workers, "emptied") == 201
    assert statuses(three_workers, "/items/emptied") == {200}


def test_a_catalogue_of_the_release_before_is_read(three_workers: Service, store: redis.Redis):
    restore(store, {})
    with store.pipeline(transaction=True) as pipeline:
        for number in (1, 2):
            item = f"old-{number}"
            pipeline.hset("{melu:catalogue}:items", item, '{"title":"Old","attributes":{}}')
            pipeline.zadd("{melu:catalogue}:changes", {item: number})
        pipeline.set("{melu:catalogue}:version", "0123456789abcdef:2")
        pipeline.execute()

    assert statuses(three_workers, "/items/old-1") == {200}
    assert put(three_workers, "newer") == 201
    for item in ("old-1", "old-2", "newer"):
        assert statuses(three_workers, f"/items/{item}") == {200}
