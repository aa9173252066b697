"""The examples of the description are values of the catalogue as it is now."""

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.running import Service
from tests.service.visitors import Json, ok


@pytest.fixture
def own_client(bundle: Path, tmp_path: Path) -> Iterator[httpx.Client]:
    """Of a service of its own, whose catalogue a test may take apart."""
    service = Service(bundle, tmp_path / "service").start()
    with service.client() as http:
        yield http
    service.stop()


def example_item(client: httpx.Client) -> str:
    document: Json = ok(client.get("/openapi.json"))
    parameters = document["paths"]["/items/{item_id}"]["get"]["parameters"]
    item_id: str = parameters[0]["example"]
    return item_id


def test_an_item_that_was_deleted_is_no_example_any_more(own_client: httpx.Client):
    before = example_item(own_client)
    assert own_client.get(f"/items/{before}").status_code == 200

    assert own_client.delete(f"/items/{before}").status_code == 204
    assert own_client.get(f"/items/{before}").status_code == 404
    after = example_item(own_client)

    assert after != before
    assert own_client.get(f"/items/{after}").status_code == 200


def test_a_catalogue_with_one_item_and_one_without_any_are_described(own_client: httpx.Client):
    ids = [one["item_id"] for one in ok(own_client.get("/items", params={"limit": 200}))["items"]]
    last = ids.pop()
    assert ids
    for item_id in ids:
        assert own_client.delete(f"/items/{item_id}").status_code == 204

    assert len(ok(own_client.get("/items"))["items"]) == 1
    assert example_item(own_client) == last

    assert own_client.delete(f"/items/{last}").status_code == 204
    assert ok(own_client.get("/items"))["items"] == []
    assert own_client.get("/openapi.json").status_code == 200
