"""A whole run's log, at its most talkative."""

import json
import logging
import re
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest
from asgi_correlation_id import correlation_id

from app.logs.format import StructuredFormatter
from tests.access.credentials import KEY, bearer, issued_token
from tests.running import Service, wait_for
from tests.service.visitors import Visitor, ok

USER = "user-who-must-not-be-named"
QUERY = "what-was-searched-for"
CITY = "city-that-nobody-needs-to-know"
EVENT = "event-id-that-tells-a-story"
SALT = "salt-of-this-file"
RATED = "59"
RATING = 3.625
WRONG_KEY = "a-key-that-somebody-mistyped-badly"
LINE = re.compile(r"^\S+ [A-Z]+ +request (.*)$", re.MULTILINE)


FORMATS = ("text", "json")
Run = tuple[Service, list[str]]
"""A service after its run, and what its log must not have."""


@pytest.fixture(scope="module")
def runs(bundle: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Run]:
    """A run for each format of the log."""

    def run(style: str) -> Run:
        environment = {
            "MELU_API_KEYS": KEY,
            "MELU_LOG_LEVEL": "debug",
            "MELU_LOG_FORMAT": style,
            "MELU_LOG_SALT": SALT,
            "MELU_RATE_LIMIT": "1000/minute",
            "PYTHONASYNCIODEBUG": "1",
        }
        service = Service(bundle, tmp_path_factory.mktemp(f"talkative-{style}"), environment)
        service.start()
        try:
            secrets = live(service)
        finally:
            service.stop()
        return service, secrets

    with ThreadPoolExecutor() as pool:
        return dict(zip(FORMATS, pool.map(run, FORMATS), strict=True))


@pytest.fixture(params=FORMATS)
def talkative(request: pytest.FixtureRequest, runs: dict[str, Run]) -> Run:
    return runs[request.param]


def live(service: Service) -> list[str]:
    """Do all that a user does, and some that goes wrong; return what must not be logged."""
    with service.client() as client:
        token = issued_token(client, USER)
        client.headers.update(bearer(token))
        visitor = Visitor(client, USER)
        ok(visitor.put({"city": CITY}), 201)
        visitor.tell({"item_id": RATED, "rating": RATING, "event_id": EVENT})
        visitor.recommendations(exclude=["7"])
        visitor.recommendations(exclude=["7"])
        visitor.onboarding()
        visitor.stored()
        visitor.feedback()
        ok(client.get("/items", params={"query": QUERY}))
        assert visitor.post({"item_id": RATED, "rating": 987.125}).status_code == 422
        assert visitor.post(f'{{"{CITY}').status_code == 422
        assert visitor.put({CITY: "x"}).status_code == 422
        assert client.get(f"/users/{USER}x/recommendations").status_code == 403
        assert client.get(f"/{USER}").status_code == 403
        assert client.get("/items", headers=bearer(WRONG_KEY)).status_code == 401
        bad_id = {"X-Request-ID": f"{USER}/{CITY}"}
        assert client.get("/items", headers=bad_id).status_code == 200
        assert client.delete(f"{visitor.path}/feedback/{RATED}").status_code == 204
        # The store goes away in the middle.
        with service.store() as store:
            store.execute_command("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "no")
        client.get(f"{visitor.path}/recommendations")
        assert client.delete(visitor.path).status_code == 204
    told = [USER, QUERY, CITY, EVENT, "987.125", str(RATING), WRONG_KEY, "exclude"]
    return [*told, KEY, token, SALT]


def test_the_log_of_a_run_tells_nothing_of_users_keys_and_tokens(talkative: Run):
    service, secrets = talkative

    assert service.log.count("request_id") >= 20
    for secret in secrets:
        assert secret not in service.log
    assert not re.search(r"\b59\b.*rating|/users/[^{]", service.log)


def test_the_log_tells_what_an_operator_needs(talkative: Run):
    service, _ = talkative
    lines = [line for line in requests_in(service) if line["route"] == "/users/{user_id}/feedback"]
    assert [(line["method"], line["status"]) for line in lines] == [
        ("POST", "200"),
        ("GET", "200"),
        ("POST", "422"),
        ("POST", "422"),
    ]
    assert len({line["user"] for line in lines}) == 1
    assert re.fullmatch("[0-9a-f]{16}", lines[0]["user"])
    assert len({line["request_id"] for line in lines}) == 4
    assert all(0 < float(line["ms"]) < 5000 for line in lines)


def requests_in(service: Service) -> list[dict[str, str]]:
    if service.environment.get("MELU_LOG_FORMAT", "text") == "text":
        pairs = [re.findall(r"(\w+)=(\S*)", line) for line in LINE.findall(service.log)]
        return [dict(line) for line in pairs]
    objects = [json.loads(line) for line in service.log.splitlines() if line.startswith("{")]
    return [
        {name: str(value) for name, value in line.items()}
        for line in objects
        if line["message"] == "request"
    ]


def test_a_salt_makes_users_known_again_and_none_makes_them_new(
    runs: dict[str, Run], guarded: Service
):
    def pseudonyms(service: Service) -> list[str]:
        lines = requests_in(service)
        return [line["user"] for line in lines if line["route"] == "/users/{user_id}/feedback"]

    (known,) = {user for service, _ in runs.values() for user in pseudonyms(service)}

    url = f"{guarded.url}/users/{USER}/feedback"
    assert httpx.get(url, headers=bearer(KEY), verify=False).status_code == 200
    wait_for(lambda: pseudonyms(guarded), "the request in the log", 5)
    assert re.fullmatch("[0-9a-f]{16}", pseudonyms(guarded)[-1])
    assert known not in pseudonyms(guarded)


def test_an_error_while_answering_is_logged_without_what_it_quotes():
    def record() -> logging.LogRecord:
        try:
            int(CITY)
        except ValueError:
            return logging.LogRecord("a", logging.ERROR, "a", 1, "failed", (), sys.exc_info())
        raise AssertionError

    formatter = StructuredFormatter("json")
    asked = correlation_id.set("a-request")
    try:
        answering = json.loads(formatter.format(record()))
    finally:
        correlation_id.reset(asked)

    assert CITY not in json.dumps(answering)
    assert "builtins.ValueError" in answering["exception"]
    assert "test_logs.py" in answering["exception"]
    assert CITY in json.loads(formatter.format(record()))["exception"]


def test_requests_need_not_be_logged(bundle: Path, tmp_path: Path):
    service = Service(bundle, tmp_path, {"MELU_LOG_REQUESTS": "false"}).start()
    assert httpx.get(f"{service.url}/items").status_code == 200

    service.stop()

    assert "startup complete" in service.log
    assert "request_id" not in service.log
