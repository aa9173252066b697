"""Told to stop, the service finishes what it has begun and takes on no more."""

import signal
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest

from tests.faults.slow_proxy import SlowProxy
from tests.running import RedisServer, Service, wait_for
from tests.service.visitors import Visitor, ok

STORE_SECONDS = 0.6


@pytest.fixture
def server(tmp_path: Path) -> Iterator[RedisServer]:
    server = RedisServer(tmp_path / "redis").start()
    yield server
    server.stop()


@pytest.mark.clock
def test_requests_in_flight_are_answered_and_new_ones_refused(
    bundle: Path, tmp_path: Path, server: RedisServer
):
    with SlowProxy(server.port).running() as proxy, ThreadPoolExecutor(8) as pool:
        service = Service(
            bundle,
            tmp_path,
            {"MELU_STORE_TIMEOUT_SECONDS": "5"},
            arguments=("--store", f"redis://127.0.0.1:{proxy.port}/0"),
        ).start()

        def rate(number: int, client: httpx.Client) -> int:
            return Visitor(client, f"user {number}").rate({0: 5})["accepted"]

        clients = [service.client() for _ in range(8)]
        assert list(pool.map(rate, range(8), clients)) == [1] * 8  # connected, to the store too
        proxy.delay_seconds = STORE_SECONDS
        in_flight = [
            pool.submit(
                lambda client=client, number=number: ok(
                    Visitor(client, f"user {number}").post({"item_id": "1", "rating": 4})
                )
            )
            for number, client in enumerate(clients)
        ]
        time.sleep(STORE_SECONDS / 3)
        assert service.process is not None
        service.process.send_signal(signal.SIGTERM)
        wait_for(lambda: is_refused(service), "new connections to be refused", STORE_SECONDS)
        assert not any(one.done() for one in in_flight)

        assert [one.result()["accepted"] for one in in_flight] == [1] * 8
        proxy.delay_seconds = 0
        assert service.process.wait(timeout=10) == 0
        assert "Traceback" not in service.log
        for client in clients:
            client.close()

        service.start()
        with service.client() as client:
            for number in range(8):
                assert Visitor(client, f"user {number}").ratings() == {"0": 5, "1": 4}
        service.stop()


def test_lists_whose_cursors_were_given_out_are_kept(
    bundle: Path, other_bundle: Path, tmp_path: Path, server: RedisServer
):
    """The answer does not wait for the write of the list, but the end of the service does."""
    with SlowProxy(server.port).running() as proxy, ThreadPoolExecutor(4) as pool:
        service = Service(
            bundle,
            tmp_path,
            {"MELU_STORE_TIMEOUT_SECONDS": "5"},
            arguments=("--store", f"redis://127.0.0.1:{proxy.port}/0"),
        ).start()
        with service.client() as client:
            visitors = [Visitor(client, f"pages {number}") for number in range(4)]
            for visitor in visitors:
                visitor.rate({0: 5})
            # Lists that come while one is being written wait for their turn.
            proxy.delay_seconds = 2 * STORE_SECONDS
            pages = list(pool.map(lambda one: one.recommendations(limit=5), visitors))
            assert service.process is not None
            service.process.send_signal(signal.SIGTERM)
        assert service.process.wait(timeout=10) == 0

        # Another model could not compute them again.
        successor = Service(
            other_bundle, tmp_path, arguments=("--store", server.url), port=service.port
        ).start()
        with successor.client() as client:
            for page, before in zip(pages, visitors, strict=True):
                visitor = Visitor(client, before.user_id)
                more = visitor.recommendations(limit=5, cursor=page["next_cursor"])
                assert more["list_id"] == page["list_id"]
        successor.stop()


def is_refused(service: Service) -> bool:
    try:
        httpx.get(f"{service.url}/healthz", timeout=1, verify=False)
    except httpx.TransportError:
        return True
    return False
