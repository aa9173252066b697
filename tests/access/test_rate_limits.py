import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest
import redis

from tests.access.credentials import KEY, OTHER_KEY, bearer, issued_token
from tests.running import RedisServer, Service, start_all
from tests.service.visitors import assert_problem

USER_LIMIT = 5
KEY_LIMIT = 30
ENVIRONMENT = {
    "MELU_API_KEYS": f"{KEY},{OTHER_KEY}",
    "MELU_RATE_LIMIT": f"{USER_LIMIT}/minute",
    "MELU_KEY_RATE_LIMIT": f"{KEY_LIMIT}/minute",
}


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedisServer]:
    """Every test leaves it running."""
    server = RedisServer(tmp_path_factory.mktemp("redis")).start()
    yield server
    server.stop()


@pytest.fixture(scope="module")
def services(
    bundle: Path, tmp_path_factory: pytest.TempPathFactory, store: RedisServer
) -> Iterator[list[Service]]:
    folder = tmp_path_factory.mktemp("replicas")
    services = start_all(
        *(
            Service(bundle, folder / name, ENVIRONMENT, arguments=("--store", store.url))
            for name in ("one", "two")
        )
    )
    yield services
    for service in services:
        service.stop()


@pytest.fixture
def replicas(services: list[Service], store: RedisServer) -> list[Service]:
    """Two services on one store that has counted nothing yet."""
    with redis.Redis.from_url(store.url) as client:
        client.flushall()
    return services


def ask(service: Service, path: str, credential: str) -> httpx.Response:
    return httpx.get(service.url + path, headers=bearer(credential), verify=False)


def test_replicas_count_together_and_each_caller_alone(replicas: list[Service], store: RedisServer):
    with replicas[0].client() as client:
        ann, bob = (issued_token(client, user) for user in ("ann", "bob"))
    asked = [replicas[number % 2] for number in range(4 * USER_LIMIT)]

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda s: ask(s, "/users/ann/recommendations", ann), asked))

    refused = [answer for answer in answers if answer.status_code != 200]
    assert len(answers) - len(refused) == USER_LIMIT
    for answer in refused:
        assert_problem(answer, 429, "rate_limited")
        assert 1 <= int(answer.headers["retry-after"]) <= 60
    assert ask(replicas[0], "/users/bob/recommendations", bob).status_code == 200
    # To be refused does not open another window, and a new token is no way around.
    with replicas[1].client() as client:
        again = issued_token(client, "ann")
    assert ask(replicas[1], "/users/ann/recommendations", again).status_code == 429
    # Another limit, of which the three tokens took part.
    statuses = [ask(replicas[0], "/model", KEY).status_code for _ in range(KEY_LIMIT)]
    assert statuses == [200] * (KEY_LIMIT - 3) + [429] * 3
    assert ask(replicas[0], "/model", OTHER_KEY).status_code == 200
    assert ask(replicas[0], "/healthz", KEY).status_code == 200
    with redis.Redis.from_url(store.url, decode_responses=True) as client:
        names = list(client.scan_iter())
    assert names
    assert not [name for name in names if "ann" in name or "bob" in name or KEY in name]


@pytest.mark.clock
@pytest.mark.patient
def test_without_the_store_nobody_passes_and_nobody_hangs(
    replicas: list[Service], store: RedisServer
):
    assert ask(replicas[0], "/items", KEY).status_code == 200
    store.stop()

    started = time.monotonic()
    answer = ask(replicas[0], "/items", KEY)

    assert_problem(answer, 503, "store_unavailable")
    assert answer.headers["retry-after"]
    assert time.monotonic() - started < 2
    store.start()
    replicas[0].wait_until(200)
    assert ask(replicas[0], "/items", KEY).status_code == 200


def test_a_window_passes_also_on_the_embedded_store(bundle: Path, tmp_path: Path):
    limit = {"MELU_API_KEYS": KEY, "MELU_KEY_RATE_LIMIT": "2/second"}
    service = Service(bundle, tmp_path, limit).start()
    try:
        statuses = [ask(service, "/model", KEY).status_code for _ in range(20)]
        assert 429 in statuses
        # What the store forgets when it restarts is no reason to fail.
        with service.store() as store:
            store.script_flush()
        time.sleep(2.1)
        assert ask(service, "/model", KEY).status_code == 200
    finally:
        service.stop()
