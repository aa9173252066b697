"""Bodies of `POST /recommendations`."""

import httpx

from tests.service.visitors import Json, ok

PATH = "/recommendations"
ITEMS = [str(number) for number in range(60)]
ORDERS = [None, "relevance", "rating", "lift"]
ONLY_OF_STORED = {"user_id", "support_version", "next_cursor"}
LIKED = [{"item_id": "0", "rating": 5}, {"item_id": "1", "rating": 4}]


def ranked(client: httpx.Client, **body: Json) -> Json:
    return ok(client.post(PATH, json=body))


def ids(answer: Json) -> list[str]:
    return [item["item_id"] for item in answer["items"]]
