"""The OpenAPI description is whole: a client can be generated from it without surprises."""

import re
from pathlib import Path
from typing import Any

import pytest

from app.main import create_app
from app.routes import routers
from app.routes.json_bodies import NamedOnceRoute
from app.settings import Settings

METHODS = ("get", "put", "post", "delete")
PROBLEM = "application/problem+json"


@pytest.fixture(scope="module")
def document(bundle: Path) -> dict[str, Any]:
    return create_app(Settings(model=bundle, store_url="unix:///nowhere")).openapi()


@pytest.fixture(scope="module")
def operations(document: dict[str, Any]) -> dict[str, Any]:
    """`METHOD path` → operation."""
    return {
        f"{method.upper()} {path}": operation
        for path, item in document["paths"].items()
        for method, operation in item.items()
        if method in METHODS
    }


def test_every_operation_has_a_name_that_reads_well_in_a_client(operations: dict[str, Any]):
    names = [operation["operationId"] for operation in operations.values()]

    assert len(set(names)) == len(names)
    for name in names:
        assert re.fullmatch("[a-z]+(_[a-z]+)*", name), name


def test_every_operation_is_summarised_explained_and_in_a_known_group(
    document: dict[str, Any], operations: dict[str, Any]
):
    groups = {tag["name"] for tag in document["tags"]}
    assert operations
    for call, operation in operations.items():
        assert operation["summary"], call
        assert operation["description"], call
        assert set(operation["tags"]) <= groups, call
        assert operation["tags"], call


def test_every_operation_tells_what_may_go_wrong(operations: dict[str, Any]):
    assert operations
    for call, operation in operations.items():
        responses = operation["responses"]
        expected = {"default"}
        if operation.get("parameters"):
            expected |= {"422"}
        if "requestBody" in operation:
            expected |= {"413", "415", "422"}
        if call != "GET /healthz" and call != "GET /metrics":
            expected |= {"503"}
        assert expected <= set(responses), call
        for status, response in responses.items():
            if status == "default" or int(status) >= 400:
                assert set(response["content"]) == {PROBLEM}, (call, status)


def test_every_answer_carries_a_request_id(operations: dict[str, Any]):
    assert operations
    for call, operation in operations.items():
        for status, response in operation["responses"].items():
            assert "X-Request-ID" in response["headers"], (call, status)


def test_every_body_has_an_example(document: dict[str, Any], operations: dict[str, Any]):
    schemas = document["components"]["schemas"]
    assert operations
    for call, operation in operations.items():
        if "requestBody" in operation:
            reference = operation["requestBody"]["content"]["application/json"]["schema"]["$ref"]
            schema = schemas[reference.rpartition("/")[2]]
            found = schema.get("examples") or [
                example for field in schema["properties"].values() for example in field["examples"]
            ]
            assert found, call


def test_every_body_is_refused_that_names_something_twice():
    routes = [route for router in routers for route in router.routes]
    with_body = [one for one in routes if getattr(one, "body_field", None) is not None]

    assert with_body
    assert all(isinstance(one, NamedOnceRoute) for one in with_body)
