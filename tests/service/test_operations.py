import re
from collections.abc import Iterator

import httpx
import pytest

from tests.service.visitors import Json, assert_problem, ok

PATHS = {
    "/users/{user_id}/merge": {"post"},
    "/users/{user_id}": {"put", "get", "delete"},
    "/users/{user_id}/token": {"post"},
    "/users/{user_id}/feedback": {"post", "get"},
    "/users/{user_id}/feedback/{item_id}": {"delete"},
    "/users/{user_id}/feedback/pairs/{preferred}/{over}": {"delete"},
    "/users/{user_id}/feedback/groups/{group_id}": {"delete"},
    "/users/{user_id}/recommendations": {"get"},
    "/recommendations": {"post"},
    "/onboarding/items": {"get"},
    "/items": {"get", "post"},
    "/items/{item_id}": {"get", "put", "delete"},
    "/healthz": {"get"},
    "/readyz": {"get"},
    "/model": {"get"},
    "/metrics": {"get"},
    "/admin/model": {"get"},
    "/admin/model/reload": {"post"},
    "/admin/onboarding": {"get"},
}


def test_a_running_service_is_alive_and_ready(client: httpx.Client):
    model = ok(client.get("/model"))

    assert ok(client.get("/healthz")) == {"status": "ok"}
    assert ok(client.get("/readyz")) == {
        "status": "ready",
        "store": "ok",
        "model": model["version"],
    }


def test_the_model_describes_itself(client: httpx.Client):
    model = ok(client.get("/model"))

    assert model["dataset"] == "two-tastes"
    assert model["rating_scale"] == [1, 5]
    assert model["items"] == 60
    assert model["item_noun"] == {"one": "film", "many": "films"}
    assert model["version"].startswith(f"two-tastes-{model['preset']}-")
    assert model["user_features"]["city"] == {
        "kind": "category",
        "values": ["Lima", "Oslo", "Rome"],
    }
    assert model["user_features"]["age"]["kind"] == "number"
    assert 18 <= model["user_features"]["age"]["minimum"] < 25
    assert set(model["item_features"]) == {"genre", "colour", "year"}
    assert isinstance(model["metrics"], dict)


def test_what_the_model_describes_can_be_sent(client: httpx.Client, user: str):
    """A form built from /model alone makes a profile without warnings."""
    features = ok(client.get("/model"))["user_features"]
    attributes = {
        name: feature["values"][0] if "values" in feature else feature["minimum"]
        for name, feature in features.items()
    }

    response = client.put("/users/of a form", json={"attributes": attributes})

    assert ok(response, 201)["warnings"] == []


def test_the_description_lists_every_path(client: httpx.Client):
    described = ok(client.get("/openapi.json"))

    assert {path: set(calls) for path, calls in described["paths"].items()} == PATHS


def references(part: Json) -> Iterator[str]:
    if isinstance(part, dict):
        if isinstance(part.get("$ref"), str):
            yield part["$ref"]
        for value in part.values():
            yield from references(value)
    elif isinstance(part, list):
        for value in part:
            yield from references(value)


def test_every_reference_of_the_description_leads_somewhere(client: httpx.Client):
    described = ok(client.get("/openapi.json"))
    found = set(references(described))

    assert len(found) > 10
    for reference in found:
        place = described
        for step in reference.removeprefix("#/").split("/"):
            assert step in place, reference
            place = place[step]


def test_problems_are_described_where_they_occur(client: httpx.Client):
    paths = ok(client.get("/openapi.json"))["paths"]

    responses = paths["/users/{user_id}/feedback"]["post"]["responses"]

    assert {"200", "413", "422", "503"} <= set(responses)
    assert "rating_out_of_range" in responses["422"]["description"]
    assert "application/problem+json" in responses["422"]["content"]


@pytest.mark.parametrize("path", ["/docs", "/admin", "/"])
def test_there_are_pages_for_people(client: httpx.Client, path: str):
    response = client.get(path)

    assert response.status_code == 200
    assert response.headers["content-type"].startswith("text/html")


@pytest.mark.parametrize("path", ["/nothing", "/users", "/users/a/b", "/users//feedback", "/v1"])
def test_a_path_that_does_not_exist_is_a_problem(client: httpx.Client, path: str):
    assert_problem(client.get(path), 404, "not_found")


@pytest.mark.parametrize(
    ("method", "path"),
    [("PUT", "/items"), ("DELETE", "/healthz"), ("PATCH", "/users/a"), ("PUT", "/model")],
)
def test_a_method_that_a_path_does_not_have_is_a_problem(
    client: httpx.Client, method: str, path: str
):
    response = client.request(method, path)

    assert_problem(response, 405, "method_not_allowed")
    assert response.headers["allow"]


CALLS = {
    "answer": ("GET", "/healthz", 200),
    "user": ("GET", "/users/requested/recommendations", 200),
    "no such path": ("GET", "/nothing", 404),
    "no such user": ("GET", "/users/requested", 404),
    "no such method": ("PATCH", "/items", 405),
    "bad parameter": ("GET", "/items?limit=0", 422),
    "bad body": ("POST", "/users/requested/feedback", 422),
    "head": ("HEAD", "/users/requested/recommendations", 200),
    "options": ("OPTIONS", "/users/requested/recommendations", 204),
    "bad query": ("GET", "/items?query=%FF", 422),
    "slash": ("GET", "/users/a%2Fb", 422),
    "nothing to say": ("DELETE", "/users/requested", 204),
}


@pytest.mark.parametrize(("method", "path", "status"), CALLS.values(), ids=CALLS)
def test_every_answer_carries_the_callers_request_id(
    client: httpx.Client, method: str, path: str, status: int
):
    response = client.request(method, path, headers={"X-Request-ID": "from the caller-1"})

    assert response.status_code == status
    assert response.headers.get_list("x-request-id") == ["from the caller-1"]


@pytest.mark.parametrize(("method", "path", "status"), CALLS.values(), ids=CALLS)
def test_every_answer_carries_a_request_id_of_its_own_otherwise(
    client: httpx.Client, method: str, path: str, status: int
):
    ids = {client.request(method, path).headers["x-request-id"] for _ in range(2)}

    assert len(ids) == 2
    assert all(re.fullmatch("[0-9a-f]{32}", one) for one in ids)


def test_a_body_too_large_carries_the_callers_request_id(client: httpx.Client):
    response = client.post(
        "/users/a/feedback", content=b" " * 600_000, headers={"X-Request-ID": "large"}
    )

    assert_problem(response, 413, "payload_too_large")
    assert response.headers["x-request-id"] == "large"


@pytest.mark.parametrize("sent", ["x" * 129, "tab\there", "\x80"], ids=repr)
def test_a_request_id_that_could_break_a_log_is_replaced(client: httpx.Client, sent: str):
    response = client.get("/healthz", headers={"X-Request-ID": sent.encode("latin-1")})

    assert re.fullmatch("[0-9a-f]{32}", response.headers["x-request-id"])


def test_the_page_and_its_parts_are_checked_again_by_browsers(client: httpx.Client):
    for path in ("/", "/static/app.js"):
        answer = client.get(path)
        assert answer.status_code == 200
        assert answer.headers["cache-control"] == "no-cache"
        assert client.get(path, headers={"If-None-Match": answer.headers["etag"]}).status_code in (
            200,
            304,
        )
