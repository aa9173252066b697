"""Clients that say little or nothing: every phase of a connection has an end."""

import json
import socket
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, suppress
from pathlib import Path

import httpx
import pytest

from tests.access.credentials import TOKEN_SECRET
from tests.access.raw_http import HOST, answers, post, statuses, talk
from tests.running import Service


@pytest.fixture(scope="module")
def impatient(bundle: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """Waits for a second only, and takes few connections."""
    service = Service(
        bundle,
        tmp_path_factory.mktemp("impatient"),
        {"MELU_SILENT_SECONDS": "1", "MELU_MAX_CONNECTIONS": "30", "MELU_KEEP_ALIVE_SECONDS": "2"},
    ).start()
    yield service
    service.stop()


SILENT: dict[str, tuple[bytes, list[int]]] = {
    "nothing": (b"", []),
    "empty lines": (b"\r\n" * 5, []),
    "empty lines behind": (
        b"GET /healthz HTTP/1.1\r\n" + HOST + b"\r\n" + b"\r\n" * 5,
        [200],
    ),
    "half a line": (b"GET /healthz HT", [408]),
    "half a head": (b"GET /healthz HTTP/1.1\r\n" + HOST, [408]),
    "no body": (post("/users/a/feedback", chunked=False)[0], [408]),
    "half a chunk": (post("/users/a/feedback", chunked=True)[0] + b"5\r\nab", [408]),
}
"""What a connection says before it says nothing more, and what it is answered."""


@pytest.fixture(scope="module")
def left_silent(impatient: Service) -> dict[str, tuple[list[int], float]]:
    """What each of `SILENT` was answered, and after how many seconds; they wait side by side."""

    def wait(sent: bytes) -> tuple[list[int], float]:
        began = time.monotonic()
        return statuses(talk(impatient.port, sent)), time.monotonic() - began

    with ThreadPoolExecutor(len(SILENT)) as pool:
        found = pool.map(wait, (sent for sent, _ in SILENT.values()))
        return dict(zip(SILENT, found, strict=True))


@pytest.mark.clock
@pytest.mark.patient
@pytest.mark.parametrize("said", SILENT)
def test_a_connection_that_says_nothing_is_closed(
    left_silent: dict[str, tuple[list[int], float]], said: str
):
    answered, seconds = left_silent[said]

    assert answered == SILENT[said][1]
    assert 0.9 < seconds < 3


def drip(port: int) -> None:
    drops = [b"GET /healthz HTTP/1.1\r\n", *[b"X-Drop: 1\r\n"] * 20]

    began = time.monotonic()
    assert statuses(talk(port, *drops, pause=0.2)) in ([408], [])
    assert time.monotonic() - began < 6


def rest_between_requests(port: int) -> None:
    with socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
        request = b"GET /healthz HTTP/1.1\r\n" + HOST + b"\r\n"
        for _ in range(2):
            connection.sendall(request)
            received = b""
            while b'{"status":"ok"}' not in received:
                received += connection.recv(4096)
            assert received.startswith(b"HTTP/1.1 200")
            time.sleep(1.4)  # longer than silence within a request may last
        time.sleep(1.5)
        assert connection.recv(4096) == b""


def take_no_answer(port: int) -> None:
    with socket.socket() as connection:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        connection.settimeout(10)
        connection.connect(("127.0.0.1", port))
        request = b"GET /openapi.json HTTP/1.1\r\n" + HOST + b"\r\n"
        connection.sendall(request * 60)
        time.sleep(4)
        received = b""
        # Whatever was on its way comes first.
        with suppress(ConnectionError):
            while part := connection.recv(65536):
                received += part
        assert received.count(b"HTTP/1.1 200") < 60


@pytest.fixture(scope="module")
def slow_clients(impatient: Service) -> dict[Callable[[int], None], Future[None]]:
    """What became of clients that let the service wait for seconds; they do so side by side."""
    clients = (drip, rest_between_requests, take_no_answer)
    with ThreadPoolExecutor(len(clients)) as pool:
        return {one: pool.submit(one, impatient.port) for one in clients}


@pytest.mark.clock
@pytest.mark.patient
def test_a_head_that_drips_is_closed_too(slow_clients: dict[Callable[[int], None], Future[None]]):
    slow_clients[drip].result()


@pytest.mark.clock
@pytest.mark.patient
def test_a_connection_between_requests_may_rest_as_long_as_is_set(
    slow_clients: dict[Callable[[int], None], Future[None]],
):
    slow_clients[rest_between_requests].result()


@pytest.mark.clock
@pytest.mark.patient
def test_who_takes_no_answer_is_let_go(slow_clients: dict[Callable[[int], None], Future[None]]):
    slow_clients[take_no_answer].result()


@pytest.mark.clock
@pytest.mark.patient
def test_too_many_connections_are_turned_away_and_others_go_on(impatient: Service):
    with ExitStack() as stack, impatient.client() as known:
        assert known.get("/healthz").status_code == 200
        for _ in range(29):
            stack.enter_context(socket.create_connection(("127.0.0.1", impatient.port)))
        refused = answers(talk(impatient.port, b""))
        assert [status for status, _ in refused] == [503]
        assert json.loads(refused[0][1])["code"] == "overloaded"
        assert known.get("/healthz").status_code == 200
    assert httpx.get(f"{impatient.url}/healthz").status_code == 200


def test_a_body_half_sent_is_told_that_the_service_stops(bundle: Path, tmp_path: Path):
    service = Service(bundle, tmp_path / "stops", {"MELU_TOKEN_SECRET": TOKEN_SECRET}).start()
    try:
        head, body = post("/users/a/feedback", chunked=False)
        with socket.create_connection(("127.0.0.1", service.port), timeout=20) as connection:
            connection.sendall(head + body[:5])
            time.sleep(0.3)
            assert service.process is not None
            service.process.terminate()
            received = b""
            while part := connection.recv(4096):
                received += part
        assert statuses(received) == [503]
        assert b"Retry-After: 1" in received or b"retry-after: 1" in received
    finally:
        service.stop()
