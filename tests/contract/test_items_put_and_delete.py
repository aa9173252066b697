"""Items as they come and go, with no retraining, seen by every replica at its next request."""

from urllib.parse import quote

import httpx
import pytest

from tests.contract.conftest import NewItem
from tests.service.visitors import Visitor, assert_problem, ok

pytestmark = pytest.mark.contract

COMEDY = {"genre": ["comedy"], "colour": "red", "year": 1999}


def test_put_is_201_the_first_time_and_200_after(client: httpx.Client):
    body = {"title": "Twice Put", "attributes": COMEDY}
    try:
        statuses = [client.put("/items/twice put", json=body).status_code for _ in range(3)]
    finally:
        client.delete("/items/twice put")

    assert statuses == [201, 200, 200]


def test_a_new_item_is_shown_found_and_ranked_everywhere_at_once(
    client: httpx.Client, visitor: Visitor, new_item: NewItem
):
    visitor.rate({0: 5, 1: 5, 2: 5, 30: 1, 31: 1})
    item_id = new_item("zanzibar", **COMEDY)

    for _ in range(6):
        shown = ok(client.get(f"/items/{item_id}"))
        assert shown == {"item_id": item_id, "title": "The Zanzibar Film", "attributes": COMEDY}
        found = ok(client.get("/items?query=zanzib"))["items"]
        assert [item["item_id"] for item in found] == [item_id]
        assert item_id in visitor.recommended(limit=200)


def test_a_new_item_like_loved_ones_ranks_in_the_top_tenth(visitor: Visitor, new_item: NewItem):
    # All 30 comedies are loved: nothing else could be ahead of a new one but themselves.
    visitor.rate(dict.fromkeys(range(25), 5) | dict.fromkeys(range(30, 40), 1))
    item_id = new_item("beloved", **COMEDY)

    ranked = visitor.recommended(limit=200)

    assert ranked.index(item_id) < max(len(ranked) // 10, 6)


def test_a_changed_item_is_scored_anew(visitor: Visitor, new_item: NewItem):
    visitor.rate(dict.fromkeys(range(10), 5) | dict.fromkeys(range(30, 40), 1))
    item_id = new_item("turncoat", genre=["comedy"])
    loved = visitor.scores()[item_id]

    assert new_item("turncoat", genre=["horror"]) == item_id

    for _ in range(6):
        assert visitor.scores()[item_id] < loved


def test_a_new_item_can_be_rated(visitor: Visitor, new_item: NewItem):
    item_id = new_item("rated", **COMEDY)

    for turn in range(6):
        told = visitor.tell({"item_id": item_id, "rating": 5, "at": f"2024-01-01T00:00:0{turn}Z"})
        assert told["accepted"] == 1
    assert item_id not in visitor.recommended(limit=200)


def test_a_deleted_item_is_gone_everywhere_at_once(
    client: httpx.Client, visitor: Visitor, new_item: NewItem
):
    visitor.rate({0: 5})
    item_id = new_item("vanishing", **COMEDY)
    assert item_id in visitor.recommended(limit=200)

    assert client.delete(f"/items/{item_id}").status_code == 204

    for _ in range(6):
        assert_problem(client.get(f"/items/{item_id}"), 404, "unknown_item")
        assert ok(client.get("/items?query=vanishing"))["items"] == []
        assert item_id not in visitor.recommended(limit=200)
        assert item_id not in {item["item_id"] for item in visitor.onboarding(limit=200)}
        assert_problem(visitor.post({"item_id": item_id, "rating": 5}), 422, "unknown_item")


def test_an_item_of_the_bundle_can_be_deleted_and_put_back(client: httpx.Client, visitor: Visitor):
    before = ok(client.get("/items/59"))
    assert client.delete("/items/59").status_code == 204
    try:
        for _ in range(6):
            assert_problem(client.get("/items/59"), 404, "unknown_item")
            assert "59" not in visitor.recommended(limit=200)
    finally:
        body = {"title": before["title"], "attributes": before["attributes"]}
        assert client.put("/items/59", json=body).status_code == 201
    for _ in range(6):
        assert ok(client.get("/items/59")) == before
        assert "59" in visitor.recommended(limit=200)


def test_the_tag_of_a_ranking_follows_the_catalogue(visitor: Visitor, new_item: NewItem):
    before = visitor.get("recommendations").headers["etag"]
    new_item("tagged", **COMEDY)

    path = f"{visitor.path}/recommendations"
    for _ in range(6):
        answer = visitor.client.get(path, headers={"If-None-Match": before})
        assert answer.status_code == 200


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"attributes": {}},
        {"title": ""},
        {"title": 5, "attributes": {}},
        {"title": "A Film", "attributes": []},
        {"title": "A Film", "atributes": {}},
        {"title": "A Film", "attributes": {"shoe": 1}},
    ],
    ids=str,
)
def test_a_bad_item_is_refused(client: httpx.Client, body: dict):
    response = client.put("/items/refused", json=body)

    assert response.status_code == 422
    assert_problem(client.get("/items/refused"), 404, "unknown_item")


def bulk(*item_ids: str) -> dict:
    return {
        "items": [
            {"item_id": item_id, "title": f"Bulk {item_id}", "attributes": COMEDY}
            for item_id in item_ids
        ]
    }


def test_a_bulk_of_items_is_counted(client: httpx.Client):
    try:
        assert ok(client.post("/items", json=bulk("b1", "b2"))) == {"created": 2, "updated": 0}
        assert ok(client.post("/items", json=bulk("b2", "b3"))) == {"created": 1, "updated": 1}
        for _ in range(6):
            found = ok(client.get("/items?query=bulk"))["items"]
            assert {item["item_id"] for item in found} == {"b1", "b2", "b3"}
    finally:
        for item_id in ("b1", "b2", "b3"):
            client.delete(f"/items/{item_id}")


def test_a_bulk_is_taken_whole_or_not_at_all(client: httpx.Client):
    body = bulk("whole", "bad")
    body["items"][1]["attributes"] = {"shoe": 1}

    response = client.post("/items", json=body)

    assert response.status_code == 422
    problem = response.json()
    assert "1" in problem["detail"] or any(1 in fault["loc"] for fault in problem["errors"])
    assert_problem(client.get("/items/whole"), 404, "unknown_item")


def test_a_bulk_of_a_thousand_is_taken_and_one_more_is_not(client: httpx.Client):
    ids = [f"t{i}" for i in range(1001)]
    try:
        assert client.post("/items", json=bulk(*ids)).status_code == 422
        told = ok(client.post("/items", json=bulk(*ids[:1000])))
        assert told == {"created": 1000, "updated": 0}
    finally:
        for item_id in ids:
            client.delete(f"/items/{item_id}")


@pytest.mark.parametrize("year", [1e30, -1e308, 2**53 + 2])
def test_a_number_beyond_all_measure_harms_no_ranking(
    client: httpx.Client, visitor: Visitor, user: str, year: float
):
    path = f"/items/{quote(user, safe='')}"
    try:
        content = {"title": "Of no year", "attributes": {"year": year}}
        put = ok(client.put(path, json=content), 201)
        assert put["attributes"]["year"] == year
        assert user in visitor.recommended(limit=200)
    finally:
        client.delete(path)
