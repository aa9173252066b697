"""What tests of the contract share; which deployments they meet is said in tests/conftest.py."""

from collections.abc import Callable, Iterator
from hashlib import blake2b

import httpx
import pytest

from tests.service.conftest import new_visitor, visitor
from tests.service.visitors import Json

__all__ = ["new_visitor", "visitor"]

NewItem = Callable[..., str]


@pytest.fixture
def new_item(client: httpx.Client, request: pytest.FixtureRequest) -> Iterator[NewItem]:
    """Put items that are gone after the test."""
    made: list[str] = []

    def put(word: str = "new", **attributes: Json) -> str:
        item_id = f"{word} {blake2b(request.node.nodeid.encode(), digest_size=6).hexdigest()}"
        made.append(item_id)
        body = {"title": f"The {word.title()} Film", "attributes": attributes}
        response = client.put(f"/items/{item_id}", json=body)
        assert response.status_code in (200, 201), response.text
        return item_id

    yield put
    for item_id in made:
        client.delete(f"/items/{item_id}")
