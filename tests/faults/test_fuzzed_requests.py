"""20,000 hostile requests: each gets an orderly answer, and memory stays where it was."""

import contextlib
import http.client
import json
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from random import Random

import pytest

from app.main import create_app
from app.settings import Settings
from tests.access.credentials import KEY, TOKEN_SECRET, token
from tests.faults.hostile_requests import Attacker, HostileRequest
from tests.running import Service

REQUESTS = 10_000
WARM_UP = 4_000
THREADS = 4
PATIENCE_SECONDS = 5
CALLS = [
    (method.upper(), path)
    for path, calls in create_app(Settings()).openapi()["paths"].items()
    for method in calls
]
GOOD_TOKEN = token("ann")
GUARDED = {
    "MELU_API_KEYS": KEY,
    "MELU_TOKEN_SECRET": TOKEN_SECRET,
    "MELU_CORS_ORIGINS": "https://shop.example",
}
CREDENTIALS = (
    *(None, "Bearer", "Bearer wrong", f"Basic {KEY}", f"Bearer {KEY}x", "Bearer \xff"),
    *(f"Bearer {GOOD_TOKEN[:-3]}", f"Bearer {GOOD_TOKEN[:20]}x{GOOD_TOKEN[20:]}", "Bearer a.b.c"),
    *[f"Bearer {GOOD_TOKEN}"] * 4,
    *[f"Bearer {KEY}"] * 8,
)


@pytest.fixture(params=[("open", "default"), ("guarded", "melu")], ids=" ".join)
def attacked(
    request: pytest.FixtureRequest, bundle_of: Callable[[str], Path], tmp_path: Path
) -> Iterator[tuple[Service, tuple[str | None, ...]]]:
    """A service, and what its attackers present; its memory for rankings is soon full."""
    access, preset = request.param
    guarded, bundle = access == "guarded", bundle_of(preset)
    environment = {"MELU_CACHE_MEGABYTES": "1", "MELU_LOG_REQUESTS": "false"}
    # Every write to the disk would make this a test of the disk.
    environment |= {"MELU_STORE_FSYNC": "everysec", **(GUARDED if guarded else {})}
    # From nothing: what a fork has imported beside would make growth a smaller part of its memory.
    service = Service(bundle, tmp_path, environment, is_fresh=True).start()
    yield service, (CREDENTIALS if guarded else (None,))
    service.stop()


class Connection:
    """A keep-alive connection that is made again where the service closes it."""

    def __init__(self, port: int) -> None:
        self._http = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE_SECONDS)

    def send(self, hostile: HostileRequest) -> tuple[http.client.HTTPResponse, bytes]:
        if self._http.sock is None:
            self._http.connect()
        # A body may be refused before all of it was sent; the answer stands there to be read.
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            self._http.sock.sendall(hostile.encoded())
        answer = http.client.HTTPResponse(self._http.sock, method=hostile.method)
        answer.begin()
        content = answer.read()
        if answer.will_close:
            self._http.close()
        return answer, content


def assert_orderly(hostile: HostileRequest, answer: http.client.HTTPResponse, body: bytes) -> None:
    what = (answer.status, hostile.method, hostile.target[:200], hostile.headers, body[:500])
    assert answer.status < 500 or answer.status == 503, what
    if answer.status < 400 or hostile.method == "HEAD":
        return
    assert answer.getheader("content-type") == "application/problem+json", what
    problem = json.loads(body)
    assert problem["status"] == answer.status, what
    assert problem["code"] != "internal_error", what
    assert problem["detail"], what


def attack(service: Service, attacker: Attacker, count: int) -> Counter[int]:
    """Send requests one after the other; return how often each status came back."""
    connection = Connection(service.port)
    statuses: Counter[int] = Counter()
    for _ in range(count):
        hostile = attacker.request()
        started = time.monotonic()
        answer, body = connection.send(hostile)
        seconds = time.monotonic() - started
        assert seconds < PATIENCE_SECONDS, (hostile.method, hostile.target, seconds)
        assert_orderly(hostile, answer, body)
        statuses[answer.status] += 1
    return statuses


def attack_at_once(service: Service, attackers: list[Attacker], count: int) -> Counter[int]:
    with ThreadPoolExecutor(len(attackers)) as pool:
        parts = [pool.submit(attack, service, one, count // len(attackers)) for one in attackers]
        return sum((part.result() for part in parts), Counter())


def resident_kilobytes(service: Service) -> int:
    assert service.process is not None
    status = Path(f"/proc/{service.process.pid}/status").read_text()
    return int(status.partition("VmRSS:")[2].split()[0])


def test_every_answer_is_orderly_and_memory_stays(
    attacked: tuple[Service, tuple[str | None, ...]],
):
    service, credentials = attacked
    attackers = [Attacker(CALLS, credentials, Random(seed)) for seed in range(THREADS)]

    statuses = attack_at_once(service, attackers, WARM_UP)
    warm = resident_kilobytes(service)
    statuses += attack_at_once(service, attackers, REQUESTS - WARM_UP)
    grown = resident_kilobytes(service) / warm

    assert statuses.total() == REQUESTS
    assert statuses[200] > REQUESTS / 20  # they met data and a model, not closed doors alone
    assert {201, 204, 400, 404, 405, 413, 415, 422} <= set(statuses), statuses
    assert grown < 1.1, f"resident memory is {grown:.2f} times what it was"
    with service.client() as client:
        assert client.get("/readyz").status_code == 200
    assert "Traceback" not in service.log
