import os
import shutil
import signal
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Event
from uuid import uuid4

import httpx
import pytest

from tests.running import Service, is_running, processes_in, wait_for
from tests.service.visitors import Visitor, assert_problem, ok

PATIENCE_SECONDS = 2.5
"""The store's timeout, and room for a busy machine."""


@pytest.fixture(scope="module")
def service_of_this_file(
    bundle: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Service]:
    service = Service(bundle, tmp_path_factory.mktemp("killed"))
    yield service
    service.stop()


@pytest.fixture
def own_service(service_of_this_file: Service) -> Service:
    """A running service that a test may kill."""
    process = service_of_this_file.process
    if process is None or process.poll() is not None:
        service_of_this_file.start()
    return service_of_this_file


def write_much(service: Service) -> dict[str, dict[str, float]]:
    """Write feedback of several users; return what was acknowledged."""
    acknowledged: dict[str, dict[str, float]] = {}
    with service.client() as client:
        for number in range(20):
            visitor = Visitor(client, f"writer {number} {uuid4()}")
            ratings = {item: 1 + (item + number) % 5 for item in range(number, number + 10)}
            assert visitor.rate(ratings)["accepted"] == 10
            ok(visitor.put({"city": "Rome", "age": number}))
            acknowledged[visitor.user_id] = {str(i): float(r) for i, r in ratings.items()}
    return acknowledged


def assert_all_there(service: Service, acknowledged: dict[str, dict[str, float]]) -> None:
    with service.client() as client:
        for user_id, ratings in acknowledged.items():
            assert Visitor(client, user_id).ratings() == ratings


def test_when_service_and_store_are_killed(own_service: Service):
    acknowledged = write_much(own_service)
    with own_service.client() as client:
        before = {user: Visitor(client, user).stored() for user in acknowledged}
        ranking = Visitor(client, next(iter(before))).recommendations(limit=200)
    store = own_service.store_pid()

    # The service first: it would start its store again.
    own_service.kill()
    os.kill(store, signal.SIGKILL)
    wait_for(lambda: not is_running(store), "the store to end")
    own_service.start()

    assert_all_there(own_service, acknowledged)
    with own_service.client() as client:
        assert {user: Visitor(client, user).stored() for user in acknowledged} == before
        assert Visitor(client, next(iter(before))).recommendations(limit=200) == ranking


def test_when_only_the_service_is_killed_its_store_is_taken_over(own_service: Service):
    acknowledged = write_much(own_service)
    orphan = own_service.store_pid()
    own_service.kill()
    assert is_running(orphan)

    own_service.start()

    assert own_service.store_pid() != orphan
    assert not is_running(orphan)
    assert len(processes_in(own_service.folder / "store")) == 1
    assert_all_there(own_service, acknowledged)


def test_when_the_store_is_in_a_folder_with_a_long_name(bundle: Path, tmp_path: Path):
    """Its socket must be elsewhere, and be found there by the next service."""
    service = Service(bundle, tmp_path / ("a-long-name-" * 10)).start()
    store_folder = service.folder / "store"
    (orphan,) = processes_in(store_folder)
    try:
        acknowledged = write_much(service)
        service.kill()

        service.start()

        assert not is_running(orphan)
        assert len(processes_in(store_folder)) == 1
        assert_all_there(service, acknowledged)
        assert service.stop() == 0
        assert processes_in(store_folder) == set()
    finally:
        service.kill()
        for process in processes_in(store_folder):
            os.kill(process, signal.SIGKILL)
        shutil.rmtree((store_folder / "socket-folder").read_text())


class Load:
    """Clients that write, read and rank until told to stop, and note how it went."""

    def __init__(self, service: Service) -> None:
        self.service = service
        self.acknowledged: dict[str, dict[str, float]] = {}
        self.statuses: Counter[int] = Counter()
        self.stopping = Event()
        self.slowest = 0.0

    def run(self, writer: int) -> None:
        with self.service.client() as client:
            number = 0
            while not self.stopping.is_set():
                number += 1
                visitor = Visitor(client, f"load {writer} {number} {uuid4()}")
                rating = 1 + number % 5
                written = self.timed(visitor.post, {"item_id": "0", "rating": rating})
                if written.status_code == 200:
                    self.acknowledged[visitor.user_id] = {"0": rating}
                self.timed(visitor.get, "recommendations")

    def timed(self, call: Callable[..., httpx.Response], *arguments: object) -> httpx.Response:
        started = time.perf_counter()
        response = call(*arguments)
        self.slowest = max(self.slowest, time.perf_counter() - started)
        self.statuses[response.status_code] += 1
        if response.status_code != 200:
            assert_problem(response, 503, "store_unavailable")
            assert int(response.headers["retry-after"]) >= 1
            # A client that does what Retry-After says does not hammer.
            self.stopping.wait(0.05)
        return response


@pytest.mark.clock
@pytest.mark.patient
@pytest.mark.parametrize("blow", [signal.SIGKILL, signal.SIGSTOP], ids=["killed", "hung"])
def test_when_the_store_fails_under_load(own_service: Service, blow: signal.Signals):
    load = Load(own_service)
    before = write_much(own_service)
    store = own_service.store_pid()
    with ThreadPoolExecutor(4) as pool, own_service.client() as client:
        writers = [pool.submit(load.run, writer) for writer in range(4)]
        try:
            wait_for(lambda: len(load.acknowledged) > 20, "some load")
            os.kill(store, blow)
            wait_for(lambda: client.get("/readyz").status_code == 503, "the failure to show")
            down = load.statuses[200]
            started = time.perf_counter()
            assert_problem(client.get("/readyz"), 503, "store_unavailable")
            for path in ("/users/x/recommendations", "/onboarding/items?user_id=x"):
                answer = client.get(path)
                # A store that was killed is started again, and may be back by now; a hung one not.
                is_back = blow is signal.SIGKILL and client.get("/readyz").status_code == 200
                if not (is_back and answer.status_code == 200):
                    assert_problem(answer, 503, "store_unavailable")
            assert time.perf_counter() - started < 3 * PATIENCE_SECONDS
            # What needs no store goes on.
            assert client.get("/healthz").status_code == 200
            assert client.get("/items?query=com").status_code == 200
            assert client.get("/onboarding/items").status_code == 200
            assert client.get("/model").status_code == 200
            own_service.wait_until(200)
            wait_for(lambda: load.statuses[200] > down + 20, "load that succeeds again")
        finally:
            load.stopping.set()
        for writer in writers:
            writer.result()

    assert set(load.statuses) == {200, 503}
    assert load.slowest < PATIENCE_SECONDS
    assert own_service.store_pid() != store
    assert not is_running(store)
    assert_all_there(own_service, before | load.acknowledged)
