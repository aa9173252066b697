"""`explore` shows items that the model is unsure about; off is really off."""

from collections.abc import Iterator

import httpx
import pytest

from tests.service.visitors import Json, Visitor, assert_problem, ok

NEW = {"title": "Horror of Tomorrow", "attributes": {"genre": ["horror"], "year": 1990}}


@pytest.fixture
def comedian(client: httpx.Client, user: str) -> Iterator[Visitor]:
    """Loves comedy, and three new films of horror have come."""
    names = [f"{user[-60:]} {number}" for number in range(3)]
    for name in names:
        ok(client.put(f"/items/{name}", json=NEW), 201)
    visitor = Visitor(client, user)
    visitor.rate({0: 5, 1: 5, 2: 4, 30: 1, 31: 1})
    yield visitor
    for name in names:
        client.delete(f"/items/{name}")


def explored(items: list[dict[str, Json]]) -> list[int]:
    return [item["rank"] for item in items if item["explored"]]


def test_nothing_is_explored_unasked(comedian: Visitor):
    plain = comedian.recommendations(limit=50)["items"]

    assert explored(plain) == []
    assert comedian.recommendations(limit=50, explore=0)["items"] == plain


def test_a_share_of_the_places_goes_to_new_items(comedian: Visitor):
    items = comedian.recommendations(limit=20, explore=0.1)["items"]

    assert explored(items) == [10, 20]
    assert all(item["title"] == NEW["title"] for item in items if item["explored"])
    assert len({item["item_id"] for item in items}) == 20
    assert all(0 <= item["relevance"] <= 1 for item in items)


def test_a_list_holds_still_while_it_is_read_in_pages(comedian: Visitor):
    whole = comedian.recommendations(limit=40, explore=0.2)["items"]
    assert comedian.recommendations(limit=40, explore=0.2)["items"] == whole

    first = comedian.recommendations(limit=15, explore=0.2)
    second = comedian.recommendations(limit=25, explore=0.2, cursor=first["next_cursor"])

    assert first["items"] + second["items"] == whole


def test_where_nothing_is_left_nothing_is_explored(comedian: Visitor):
    assert comedian.recommendations(filter="genre:western", explore=0.5)["items"] == []


def test_filters_and_exclusions_hold_for_what_is_explored(comedian: Visitor):
    comedies = comedian.recommendations(limit=20, explore=0.5, filter="genre:comedy")["items"]
    assert all(item["attributes"]["genre"] == ["comedy"] for item in comedies)

    items = comedian.recommendations(limit=20, explore=0.1)["items"]
    shown = [item["item_id"] for item in items if item["explored"]]
    without = comedian.recommendations(limit=20, explore=0.1, exclude=shown)["items"]
    assert {item["item_id"] for item in without}.isdisjoint(shown)


@pytest.mark.parametrize("explore", ["-0.1", "1.01", "nan", "much"])
def test_what_is_no_share_is_refused(comedian: Visitor, explore: str):
    answer = comedian.get("recommendations", explore=explore)

    assert_problem(answer, 422, "invalid_parameter")
