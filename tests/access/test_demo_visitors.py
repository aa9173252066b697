"""`MELU_DEMO`: what visitors of the demo page of a guarded service may do, and nobody else."""

import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.access.credentials import KEY, TOKEN_SECRET, bearer, token
from tests.running import Service
from tests.service.visitors import Json, assert_problem, ok

OWN_PAGE = {"Sec-Fetch-Site": "same-origin"}
MONTH = 30 * 86_400


@pytest.fixture(scope="module")
def open_demo(bundle: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    environment = {"MELU_API_KEYS": KEY, "MELU_TOKEN_SECRET": TOKEN_SECRET, "MELU_DEMO": "true"}
    service = Service(bundle, tmp_path_factory.mktemp("demo"), environment).start()
    yield service
    service.stop()


@pytest.fixture
def demo(open_demo: Service) -> Iterator[httpx.Client]:
    with open_demo.client() as client:
        yield client


def admitted(demo: httpx.Client, earlier: str | None = None) -> Json:
    body = {} if earlier is None else {"token": earlier}
    return ok(demo.post("/demo/visitor", json=body, headers=OWN_PAGE))


def test_a_visitor_can_do_all_that_the_page_does(demo: httpx.Client):
    answer = demo.post("/demo/visitor", json={}, headers=OWN_PAGE)
    visitor = ok(answer)
    demo.headers.update(bearer(visitor["token"]))
    own = f"/users/{visitor['user_id']}"

    assert answer.headers["cache-control"] == "no-store"
    assert visitor["user_id"].startswith("demo-")
    assert ok(demo.get("/model"))["items"] == 60
    assert ok(demo.get("/onboarding/items", params={"user_id": visitor["user_id"]}))["items"]
    event = {"item_id": "0", "rating": 5}
    assert ok(demo.post(f"{own}/feedback", json=event))["accepted"] == 1
    assert ok(demo.get(f"{own}/recommendations"))["strategy"] == "adapted"
    assert ok(demo.post("/recommendations", json={"feedback": [event]}))["strategy"] == "adapted"
    assert demo.delete(own).status_code == 204


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/users/ann"),
        ("GET", "/users/ann/recommendations"),
        ("PUT", "/items/0"),
        ("POST", "/items"),
        ("GET", "/metrics"),
        ("POST", "/admin/model/reload"),
        ("POST", "/users/ann/token"),
        ("GET", "/recommendations"),
        ("PUT", "/model"),
    ],
)
def test_and_nothing_else(demo: httpx.Client, method: str, path: str):
    visitor = admitted(demo)

    refused = demo.request(method, path, headers=bearer(visitor["token"]))

    assert_problem(refused, 403, "forbidden")


def test_nobody_is_given_the_same_visitor_twice_or_one_that_they_name(demo: httpx.Client):
    given = {admitted(demo)["user_id"] for _ in range(5)}
    named = ok(demo.post("/demo/visitor", json={"user_id": "ann"}, headers=OWN_PAGE))

    assert len(given | {named["user_id"]}) == 6


def test_a_visitor_who_comes_back_is_the_same_one(demo: httpx.Client):
    visitor = admitted(demo)
    now = int(time.time())
    ended = token(visitor["user_id"], demo=True, iat=now - 86_400, exp=now - 1)
    too_old = token(visitor["user_id"], demo=True, iat=now - MONTH - 60, exp=now - MONTH)

    assert_problem(demo.get("/model", headers=bearer(ended)), 401, "unauthorised")
    assert admitted(demo, visitor["token"])["user_id"] == visitor["user_id"]
    assert admitted(demo, ended)["user_id"] == visitor["user_id"]
    assert admitted(demo, too_old)["user_id"] != visitor["user_id"]


def test_a_users_own_token_makes_no_visitor_of_them(demo: httpx.Client):
    assert admitted(demo, token("ann"))["user_id"] != "ann"
    assert admitted(demo, token("ann", demo=True, secret="x" * 32))["user_id"] != "ann"
    assert_problem(demo.get("/model", headers=bearer(token("ann"))), 403, "forbidden")


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Sec-Fetch-Site": "none"},
        {"Origin": "https://elsewhere.example"},
        {"Origin": "null"},
        {"Origin": "http://[::1"},
    ],
    ids=str,
)
def test_pages_of_other_sites_get_no_visitor(demo: httpx.Client, headers: dict[str, str]):
    assert_problem(demo.post("/demo/visitor", json={}, headers=headers), 403, "forbidden")


def test_our_page_on_a_plain_network_gets_one(open_demo: Service, demo: httpx.Client):
    answer = demo.post("/demo/visitor", json={}, headers={"Origin": open_demo.url})

    assert ok(answer)["user_id"].startswith("demo-")


def test_without_the_setting_there_are_no_visitors_and_their_tokens_are_over(
    client: httpx.Client,
):
    refused = client.post("/demo/visitor", json={}, headers=OWN_PAGE)
    assert_problem(refused, 401, "unauthorised")
    assert_problem(
        client.post("/demo/visitor", json={}, headers=OWN_PAGE | bearer(KEY)), 404, "not_found"
    )
    over = bearer(token("demo-1", demo=True))
    assert_problem(client.get("/users/demo-1/recommendations", headers=over), 401, "unauthorised")


def test_the_page_says_whether_it_needs_a_token(demo: httpx.Client, client: httpx.Client):
    assert 'name="melu-demo-tokens"' in demo.get("/").text
    assert "melu-demo-tokens" not in client.get("/").text


@pytest.fixture
def crowded(bundle: Path, tmp_path: Path) -> Iterator[Service]:
    service = Service(bundle, tmp_path, {"MELU_API_KEYS": KEY, "MELU_DEMO": "true"}).start()
    yield service
    service.stop()


def test_visitors_and_their_requests_are_limited(crowded: Service):
    with crowded.client() as client:
        answers = [
            client.post("/demo/visitor", json={}, headers=OWN_PAGE).status_code for _ in range(70)
        ]

    assert answers[:50] == [200] * 50
    assert 429 in answers
