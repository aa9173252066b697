"""Items as they are read: what holds of one service holds of many."""

import httpx
import pytest

from tests.service.visitors import ok

pytestmark = pytest.mark.contract


def test_an_item_has_these_fields(client: httpx.Client):
    page = ok(client.get("/items", params={"query": "comedy", "limit": 3}))

    assert set(page) == {"items", "next_cursor"}
    assert len(page["items"]) == 3
    for item in page["items"]:
        assert set(item) == {"item_id", "title", "attributes"}
        assert ok(client.get(f"/items/{item['item_id']}")) == item
