"""A parameter that a call does not have is an error, also where the call has none at all."""

import httpx
import pytest

from tests.service.visitors import Json, Visitor, assert_problem, ok

COMEDY = {"title": "A Comedy", "attributes": {"genre": ["comedy"]}}


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("GET", "", None),
        ("PUT", "", {"attributes": {"age": 30}}),
        ("DELETE", "", None),
        ("POST", "/feedback", {"item_id": "1", "rating": 1}),
        ("DELETE", "/feedback/0", None),
        ("POST", "/merge", {"from_user_id": "somebody"}),
        ("POST", "/token", None),
        ("GET", "/recommendations", None),
    ],
)
def test_nothing_is_done_for_a_user(visitor: Visitor, method: str, path: str, body: Json):
    visitor.rate({0: 5})
    before = visitor.stored()

    answer = visitor.client.request(
        method, f"{visitor.path}{path}?dry_run=true&dry_run=false&x=1", json=body
    )

    problem = assert_problem(answer, 422, "invalid_parameter")
    assert {fault["loc"][1] for fault in problem["errors"]} >= {"dry_run"}
    assert visitor.stored() == before
    assert visitor.ratings() == {"0": 5}


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
def test_nothing_is_done_to_an_item(client: httpx.Client, user: str, method: str):
    ok(client.put(f"/items/{user}", json=COMEDY), 201)
    body = COMEDY | {"title": "Another"} if method == "PUT" else None

    answer = client.request(method, f"/items/{user}?dry_run=true", json=body)

    problem = assert_problem(answer, 422, "invalid_parameter")
    assert problem["errors"] == [
        {"loc": ["query", "dry_run"], "message": "there is no such parameter"}
    ]
    assert ok(client.get(f"/items/{user}"))["title"] == COMEDY["title"]
    # What is empty is not sent.
    assert client.delete(f"/items/{user}?dry_run=").status_code == 204


def test_no_list_is_made_for_a_body(client: httpx.Client):
    answer = client.post("/recommendations?limit=3", json={})

    assert_problem(answer, 422, "invalid_parameter")


def test_no_model_is_loaded(client: httpx.Client):
    assert_problem(client.post("/admin/model/reload?dry_run=1"), 422, "invalid_parameter")


@pytest.mark.parametrize(
    "path", ["/healthz", "/readyz", "/metrics", "/model", "/", "/docs", "/openapi.json", "/guide/"]
)
def test_probes_and_pages_may_have_any(client: httpx.Client, path: str):
    assert client.get(f"{path}?utm_source=mail&_=17").status_code == 200


@pytest.mark.parametrize("query", ["dry_run", "dry_run%3Dtrue", "dry_run&dry_run="])
def test_what_writes_takes_no_name_without_a_value(client: httpx.Client, user: str, query: str):
    item = COMEDY | {"item_id": user}

    answer = client.post(f"/items?{query}", json={"items": [item]})

    assert_problem(answer, 422, "invalid_parameter")
    assert_problem(client.get(f"/items/{user}"), 404, "unknown_item")


def test_who_erases_with_a_name_alone_is_refused(visitor: Visitor):
    visitor.rate({0: 5})

    answer = visitor.client.delete(f"{visitor.path}?dry_run")

    assert_problem(answer, 422, "invalid_parameter")
    assert visitor.ratings() == {"0": 5}
