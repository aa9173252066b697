import gzip
import json
import socket
from http.client import HTTPResponse

import httpx
import pytest

from tests.running import Service
from tests.service.visitors import assert_problem, ok

READABLE = [
    "/",
    "/docs",
    "/openapi.json",
    "/static/app.js",
    "/healthz",
    "/readyz",
    "/model",
    "/items",
    "/items/0",
    "/onboarding/items",
    "/users/a reader/recommendations",
    "/users/a reader/feedback",
]
METHODS = {
    "/users/a": "DELETE, GET, HEAD, OPTIONS, PUT",
    "/users/a/feedback": "GET, HEAD, OPTIONS, POST",
    "/users/a/feedback/1": "DELETE, OPTIONS",
    "/users/a/recommendations": "GET, HEAD, OPTIONS",
    "/metrics": "GET, HEAD, OPTIONS",
    "/static/app.js": "GET, HEAD, OPTIONS",
}
VARYING = {"date", "x-request-id", "server-timing"}


def lasting(response: httpx.Response) -> dict[str, str]:
    """Headers that do not change from one request to the next."""
    return {name: value for name, value in response.headers.items() if name not in VARYING}


@pytest.mark.parametrize("coding", ["identity", "gzip"])
@pytest.mark.parametrize("path", READABLE)
def test_head_is_get_without_the_body(client: httpx.Client, path: str, coding: str):
    headers = {"Accept-Encoding": coding}
    got, head = client.get(path, headers=headers), client.head(path, headers=headers)

    assert head.status_code == got.status_code == 200
    assert head.content == b""
    assert lasting(head) == lasting(got)


@pytest.mark.parametrize("path", [*READABLE, "/admin/model", "/admin/onboarding", "/metrics"])
def test_no_cache_has_to_guess_how_long_an_answer_holds_good(client: httpx.Client, path: str):
    said = client.get(path).headers["cache-control"]

    assert {"no-cache", "no-store"} & set(said.split(", "))
    assert not path.startswith("/users/") or "private" in said


def test_head_of_what_is_not_there(client: httpx.Client):
    response = client.head("/items/no such item")

    assert response.status_code == 404
    assert response.headers["content-type"] == "application/problem+json"
    assert response.content == b""


@pytest.mark.parametrize(("path", "methods"), METHODS.items())
def test_options_names_the_methods(client: httpx.Client, path: str, methods: str):
    response = client.options(path)

    assert response.status_code == 204
    assert response.headers["allow"] == methods


@pytest.mark.parametrize(("path", "methods"), METHODS.items())
def test_a_wrong_method_is_told_all_the_right_ones(client: httpx.Client, path: str, methods: str):
    response = client.request("PATCH", path)

    assert_problem(response, 405, "method_not_allowed")
    assert response.headers["allow"] == methods


def test_head_where_nothing_can_be_got(client: httpx.Client):
    response = client.head("/users/a/feedback/1")

    assert response.status_code == 405
    assert response.headers["allow"] == "DELETE, OPTIONS"


def test_options_of_a_path_that_does_not_exist(client: httpx.Client):
    assert_problem(client.options("/nothing"), 404, "not_found")


@pytest.mark.parametrize(
    "path", ["/items/", "/users/a/", "/healthz/", "//items", "/users/a/recommendations/"]
)
def test_a_slash_too_many_is_another_path_and_leads_nowhere(client: httpx.Client, path: str):
    # The whole URL, because a path of two slashes would be taken for a host.
    response = client.get(str(client.base_url).rstrip("/") + path, headers={"Host": "localhost:9"})

    assert_problem(response, 404, "not_found")
    assert "location" not in response.headers


def plain(client: httpx.Client, path: str, accepted: str) -> httpx.Response:
    return client.get(path, headers={"Accept-Encoding": accepted})


@pytest.mark.parametrize("accepted", ["gzip", "br, GZIP;q=0.5", "*"])
def test_a_large_answer_is_compressed_for_whoever_asks(client: httpx.Client, accepted: str):
    path = "/users/a reader/recommendations"
    with client.stream("GET", path, headers={"Accept-Encoding": accepted}) as response:
        raw = b"".join(response.iter_raw())

    assert response.headers["content-encoding"] == "gzip"
    assert int(response.headers["content-length"]) == len(raw)
    assert response.headers["vary"] == "Accept-Encoding"
    assert gzip.decompress(raw) == plain(client, path, "identity").content


@pytest.mark.parametrize("accepted", ["identity", "br", "gzip;q=0", "gzip; q=0.000, *", ""])
def test_nobody_gets_what_they_can_not_read(client: httpx.Client, accepted: str):
    response = plain(client, "/users/a reader/recommendations", accepted)

    assert "content-encoding" not in response.headers
    assert response.headers["vary"] == "Accept-Encoding"


def test_a_small_answer_is_not_worth_it(client: httpx.Client):
    assert "content-encoding" not in plain(client, "/healthz", "gzip").headers


def test_the_tag_of_a_compressed_answer_is_weak_and_good_for_both(client: httpx.Client):
    path = "/users/a reader/recommendations"
    tags = [plain(client, path, coding).headers["etag"] for coding in ("identity", "gzip")]

    assert tags[1] == f"W/{tags[0]}"
    for tag in tags:
        for coding in ("identity", "gzip"):
            held = {"If-None-Match": tag, "Accept-Encoding": coding}
            assert client.get(path, headers=held).status_code == 304


@pytest.mark.parametrize(
    "path",
    ["/", "/docs", "/admin", "/openapi.json", "/static/app.js", "/users/a reader/recommendations"],
)
def test_whoever_holds_an_answer_with_a_tag_is_told_so_by_that_tag(client: httpx.Client, path: str):
    tag = plain(client, path, "identity").headers["etag"]

    for coding, told in (("identity", tag), ("gzip", f"W/{tag}")):
        held = {"If-None-Match": tag, "Accept-Encoding": coding}
        response = client.get(path, headers=held)
        assert response.status_code == 304
        assert response.headers["etag"] == told
        assert response.headers["vary"] == "Accept-Encoding"
        assert response.content == b""


@pytest.mark.parametrize("query", ["query=%FF", "filter=genre:%C3%28", "query=%ED%A0%80"])
def test_a_query_that_is_no_text(client: httpx.Client, query: str):
    assert_problem(client.get(f"/items?{query}"), 422, "invalid_parameter")


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("/items?limit=1&limit=2", "limit"),
        ("/items?query=a&limit=1&query=a", "query"),
        ("/users/a/recommendations?exclude_seen=true&exclude_seen=false", "exclude_seen"),
        ("/onboarding/items?user_id=a&user_id=b", "user_id"),
    ],
)
def test_a_parameter_given_twice_has_no_right_answer(client: httpx.Client, path: str, name: str):
    problem = assert_problem(client.get(path), 422, "invalid_parameter")

    assert [fault["loc"] for fault in problem["errors"]] == [["query", name]]


def test_filters_and_exclusions_may_repeat(client: httpx.Client):
    found = ok(client.get("/items?filter=genre:comedy&filter=genre:horror&limit=200"))

    assert len(found["items"]) == 60


@pytest.mark.parametrize("sent", [b"GET /items?query=%b HTTP/1.1" % (b"a" * 100_000), b"HELLO"])
def test_what_is_no_request_at_all_is_a_problem_too(service: Service, sent: bytes):
    with socket.create_connection(("127.0.0.1", service.port), timeout=10) as connection:
        connection.sendall(sent + b"\r\nHost: melu\r\n\r\n")
        answer = HTTPResponse(connection)
        answer.begin()
        body = json.loads(answer.read())

    assert (answer.status, body["status"], body["code"]) == (400, 400, "bad_request")
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["x-request-id"]
