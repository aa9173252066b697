"""Items as they are read: what holds of one service holds of many."""

import httpx

from tests.service.test_search_as_you_type import *  # noqa: F403
from tests.service.visitors import ok


def test_an_item_has_these_fields(client: httpx.Client):
    page = ok(client.get("/items", params={"query": "comedy", "limit": 3}))

    assert set(page) == {"items", "next_cursor"}
    for item in page["items"]:
        assert set(item) == {"item_id", "title", "attributes"}
        assert ok(client.get(f"/items/{item['item_id']}")) == item
