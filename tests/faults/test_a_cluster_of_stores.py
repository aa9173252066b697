"""A cluster: whole journeys, and a primary that is killed under load."""

import itertools
import re
import signal
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from uuid import uuid4

import httpx
import pytest
import redis
from redis.crc import key_slot

from tests.faults.load import Load
from tests.running import Service, run_melu, wait_for
from tests.service.visitors import Visitor, assert_problem, ok
from tests.topologies import FAILOVER_SECONDS, Cluster, running_cluster

pytestmark = [pytest.mark.clock, pytest.mark.patient]

KEY = "a-key-for-tests-of-several-servers"

HEADERS = {"Authorization": f"Bearer {KEY}"}


REQUESTS_OF_A_USER = 30


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    with running_cluster(tmp_path_factory.mktemp("cluster"), replicated=True) as cluster:
        yield cluster


@pytest.fixture(scope="module")
def on_cluster(
    cluster: Cluster, bundle: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Service]:
    service = _on_cluster(bundle, tmp_path_factory.mktemp("on-cluster"), cluster).start()
    yield service
    service.stop()


@pytest.fixture(scope="module")
def replica_on_cluster(
    cluster: Cluster, bundle: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Service]:
    service = _on_cluster(bundle, tmp_path_factory.mktemp("replica-on-cluster"), cluster).start()
    yield service
    service.stop()


def _on_cluster(bundle: Path, folder: Path, cluster: Cluster) -> Service:
    limits = {
        "MELU_KEY_RATE_LIMIT": "1000000/minute",
        "MELU_RATE_LIMIT": f"{REQUESTS_OF_A_USER}/hour",
    }
    return Service(
        bundle, folder, {"MELU_API_KEYS": KEY} | limits, arguments=("--store", cluster.url)
    )


@pytest.fixture
def client(on_cluster: Service) -> Iterator[httpx.Client]:
    with on_cluster.client() as client:
        client.headers.update(HEADERS)
        yield client


@pytest.fixture
def other_client(replica_on_cluster: Service) -> Iterator[httpx.Client]:
    with replica_on_cluster.client() as client:
        client.headers.update(HEADERS)
        yield client


def server_of(key: str) -> int:
    """Number of the primary that has a key."""
    slot = key_slot(key.encode())
    return next(i for i in range(3) if slot < 16384 * (i + 1) // 3)


def users_everywhere(client: httpx.Client, word: str) -> list[Visitor]:
    """Return a user on each server."""
    found: dict[int, Visitor] = {}
    for number in range(1000):
        name = f"{word} {number}"
        found.setdefault(server_of(f"melu:user:{name}"), Visitor(client, name))
        if len(found) == 3:
            break
    return [found[i] for i in range(3)]


def test_users_of_every_server_are_served(client: httpx.Client):
    for visitor in users_everywhere(client, "served"):
        visitor.rate({0: 5, 30: 1})
        page = visitor.recommendations(limit=5)
        assert page["strategy"] == "adapted"
        more = visitor.recommendations(limit=5, cursor=page["next_cursor"])
        assert not {i["item_id"] for i in page["items"]} & {i["item_id"] for i in more["items"]}
        ok(client.put(f"{visitor.path}", json={"attributes": {}}))
        assert visitor.ratings() == {"0": 5, "30": 1}
        assert client.delete(f"{visitor.path}/feedback/0").status_code == 204
        assert client.delete(visitor.path).status_code == 204
        assert visitor.ratings() == {}
    assert ok(client.get("/readyz"))["store"] == "ok"


def test_users_of_two_servers_become_one(client: httpx.Client):
    one, two, three = users_everywhere(client, "merged")
    one.rate({0: 5})
    for other in (two, three):
        other.rate({1: 4, 2: 1})

        done = ok(client.post(f"{one.path}/merge", json={"from_user_id": other.user_id}))

        assert done["merged"] == 2
        assert other.ratings() == {}
    assert one.ratings() == {"0": 5, "1": 4, "2": 1}


def test_the_catalogue_changes_for_every_replica(client: httpx.Client, other_client: httpx.Client):
    everywhere = users_everywhere(other_client, "sees it")
    for visitor in everywhere:
        assert "put-into-a-cluster" not in visitor.recommended(limit=200)
    for title in ("Put into a cluster", "Put again"):
        item = {"title": title, "attributes": {}}
        assert client.put("/items/put-into-a-cluster", json=item).status_code in (200, 201)
        assert ok(other_client.get("/items/put-into-a-cluster"))["title"] == title
        assert {"put-into-a-cluster" in one.recommended(limit=200) for one in everywhere} == {True}
    assert client.delete("/items/put-into-a-cluster").status_code == 204
    assert {"put-into-a-cluster" in one.recommended(limit=200) for one in everywhere} == {False}
    assert_problem(other_client.get("/items/put-into-a-cluster"), 404, "unknown_item")


def test_replicas_count_a_users_requests_together(
    on_cluster: Service, replica_on_cluster: Service, client: httpx.Client
):
    everywhere = users_everywhere(client, "limited")
    assert len(everywhere) == 3
    for visitor in everywhere:
        token = ok(client.post(f"{visitor.path}/token"))["token"]
        headers = {"Authorization": f"Bearer {token}"}
        with (
            on_cluster.client() as one,
            replica_on_cluster.client() as other,
            ThreadPoolExecutor(4) as pool,
        ):
            answers = list(
                pool.map(
                    lambda http, path=visitor.path, headers=headers: http.get(
                        f"{path}/feedback", headers=headers
                    ),
                    [one, other] * REQUESTS_OF_A_USER,
                )
            )
        statuses = [answer.status_code for answer in answers]
        assert statuses.count(200) == REQUESTS_OF_A_USER
        assert statuses.count(429) == REQUESTS_OF_A_USER


def test_a_user_who_is_erased_by_one_replica_is_gone_for_the_other(
    client: httpx.Client, other_client: httpx.Client
):
    everywhere = users_everywhere(client, "erased")
    assert len(everywhere) == 3
    for visitor in everywhere:
        other = Visitor(other_client, visitor.user_id)
        visitor.rate({0: 5, 30: 1})
        page = other.recommendations(limit=5)
        assert page["strategy"] == "adapted"
        assert client.delete(visitor.path).status_code == 204
        assert other.recommendations(limit=5)["strategy"] == "prior"
        gone = other.get("recommendations", limit=5, cursor=page["next_cursor"])
        assert_problem(gone, 400, "invalid_cursor")


def test_the_whole_cluster_is_looked_after(cluster: Cluster, client: httpx.Client):
    for visitor in users_everywhere(client, "counted"):
        visitor.rate({0: 5})

    checked = run_melu("store", "check", "--store", cluster.url)
    rewritten = run_melu("store", "rewrite", "--store", cluster.url)

    found = re.search(r"users\s+\S\s+(\d+)", checked.stdout)
    assert found is not None, checked.stdout + checked.stderr
    assert int(found[1]) >= 3
    assert "bytes now" in rewritten.stdout, rewritten.stderr


def user_of(server: int) -> str:
    """A new user on a server."""
    names = (str(uuid4()) for _ in range(1000))
    return next(name for name in names if server_of(f"melu:user:{name}") == server)


class _Guarded(Service):
    def client(self) -> httpx.Client:
        client = super().client()
        client.headers.update(HEADERS)
        return client


def test_a_primary_that_is_killed(cluster: Cluster, on_cluster: Service, client: httpx.Client):
    load = Load(
        _Guarded(on_cluster.bundle, on_cluster.folder, port=on_cluster.port),
        new_user=lambda number: user_of(1) if number % 2 else str(uuid4()),
    )
    killed = cluster.primaries[1]
    everywhere = users_everywhere(client, "outlives")
    with load.running():
        wait_for(lambda: len(load.answers) > 50, "some load")
        killed.kill()
        wait_for(lambda: 503 in load.seen("write"), "the failure to show", FAILOVER_SECONDS)
        wait_for(
            lambda: (
                {one.post({"item_id": "0", "rating": 5}).status_code for one in everywhere} == {200}
            ),
            "the replica to be promoted",
            FAILOVER_SECONDS,
        )
        # It tries every server, and may have asked for the servers before the promotion.
        wait_for(
            lambda: client.get("/readyz").json().get("store") == "ok",
            "the service to be ready",
            FAILOVER_SECONDS,
        )
    load.assert_harmless()
    # Half of the clients wrote to the server that is gone, and its replica had it all.
    of_killed = {u: r for u, r in load.acknowledged.items() if server_of(f"melu:user:{u}") == 1}
    assert sum(map(len, of_killed.values())) > 10
    assert "Traceback" not in on_cluster.log
    killed.start()


def test_a_write_that_no_replica_of_a_cluster_has(cluster: Cluster, client: httpx.Client):
    """The servers' own `min-replicas-to-write`, which is there for a cluster."""
    refusing, replica = cluster.primaries[0], cluster.replicas[0]
    everywhere = users_everywhere(client, "waits")
    with redis.Redis(port=refusing.port) as admin:
        admin.config_set("min-replicas-max-lag", 1)
        admin.config_set("min-replicas-to-write", 1)
        try:
            assert {one.post({"item_id": "0", "rating": 5}).status_code for one in everywhere} == {
                200
            }
            replica.send(signal.SIGSTOP)
            # Another rating each time, for what changes nothing is no write.
            ratings = itertools.cycle((4, 5))
            wait_for(
                lambda: (
                    everywhere[0].post({"item_id": "1", "rating": next(ratings)}).status_code == 503
                ),
                "the primary to refuse",
                FAILOVER_SECONDS,
            )
            # Users of other servers are not concerned, and everybody is read.
            assert everywhere[1].rate({1: 4})["accepted"] == 1
            assert everywhere[0].recommendations()["strategy"] == "adapted"
            told = ok(client.get("/readyz"))
            assert told["store"] == "read_only"
            assert "NOREPLICAS" in told["store_refusal"] or "replicas" in told["store_refusal"]
        finally:
            replica.send(signal.SIGCONT)
            admin.config_set("min-replicas-to-write", 0)
    assert everywhere[0].rate({2: 3})["accepted"] == 1


def test_a_cluster_that_is_named_as_one_server_is_refused(cluster: Cluster, bundle: Path):
    url = f"redis://127.0.0.1:{cluster.servers[0].port}"
    done = run_melu("serve", "--model", str(bundle), "--store", url, "--port", "0")

    assert done.returncode != 0
    assert "redis+cluster://" in done.stderr + done.stdout
