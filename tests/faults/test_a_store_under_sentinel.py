"""A primary under Sentinel: no write without its replica, and a kill under load."""

import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
import redis

from tests.faults.load import Load
from tests.running import Service, wait_for
from tests.service.visitors import Visitor, assert_problem
from tests.topologies import FAILOVER_SECONDS, Watched, running_sentinel

pytestmark = [pytest.mark.clock, pytest.mark.patient]


@pytest.fixture(scope="module")
def watched(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Watched]:
    with running_sentinel(tmp_path_factory.mktemp("sentinel")) as watched:
        yield watched


@pytest.fixture(scope="module")
def on_sentinel(
    watched: Watched, bundle: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Service]:
    service = Service(
        bundle,
        tmp_path_factory.mktemp("on-sentinel"),
        {"MELU_STORE_WAIT_REPLICAS": "1"},
        arguments=("--store", watched.url),
    ).start()
    yield service
    service.stop()


def test_a_write_that_no_replica_has_is_not_acknowledged(watched: Watched, on_sentinel: Service):
    with on_sentinel.client() as client:
        visitor = Visitor(client, "waits for the replica")
        visitor.rate({0: 5})
        assert watched.replica.process is not None
        watched.replica.process.send_signal(signal.SIGSTOP)
        try:
            assert_problem(visitor.post({"item_id": "1", "rating": 4}), 503, "store_unavailable")
            assert visitor.recommendations()["strategy"] == "adapted"
        finally:
            watched.replica.process.send_signal(signal.SIGCONT)
        wait_for(
            lambda: visitor.post({"item_id": "1", "rating": 4}).status_code == 200,
            "the replica to follow",
        )
        assert visitor.ratings() == {"0": 5, "1": 4}


def test_a_primary_that_is_killed_under_sentinel(watched: Watched, on_sentinel: Service):
    load = Load(on_sentinel)
    with load.running(), on_sentinel.client() as client:
        wait_for(lambda: len(load.answers) > 50, "some load")
        watched.primary.kill()
        wait_for(lambda: 503 in load.seen("write"), "the failure to show", FAILOVER_SECONDS)
        with redis.Redis(port=watched.replica.port) as promoted:
            wait_for(
                lambda: promoted.info("replication")["role"] == "master",
                "the replica to be promoted",
                FAILOVER_SECONDS,
            )
        # As a replica, for without one no write is acknowledged.
        watched.primary.options = ("--replicaof", f"127.0.0.1 {watched.replica.port}")
        watched.primary.start()
        visitor = Visitor(client, "outlives")
        wait_for(
            lambda: visitor.post({"item_id": "0", "rating": 5}).status_code == 200,
            "writes to be acknowledged again",
            FAILOVER_SECONDS,
        )
    load.assert_harmless()
    assert "Traceback" not in on_sentinel.log
