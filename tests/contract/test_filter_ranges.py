"""Filters on numbers by range."""

import httpx
import pytest

from tests.service.visitors import Visitor, ok

pytestmark = pytest.mark.contract


@pytest.mark.parametrize(
    ("text", "low", "high"),
    [
        ("year:1960..1979", 1960, 1979),
        ("year:1970..1970", 1970, 1970),
        ("year:1980..", 1980, 3000),
        ("year:..1969", 0, 1969),
    ],
)
def test_a_range_keeps_what_lies_in_it_ends_included(
    visitor: Visitor, client: httpx.Client, text: str, low: int, high: int
):
    every = ok(client.get("/items?limit=200"))["items"]
    expected = {item["item_id"] for item in every if low <= item["attributes"]["year"] <= high}

    assert set(visitor.recommended(limit=200, filter=text)) == expected
    found = ok(client.get("/items", params={"filter": text, "limit": 200}))["items"]
    assert {item["item_id"] for item in found} == expected


@pytest.mark.parametrize("text", ["year:1990..1980", "year:a..b", "genre:a..b..c"])
def test_a_range_that_holds_nothing_gives_an_empty_list_or_is_refused(visitor: Visitor, text: str):
    answer = visitor.get("recommendations", filter=text)

    assert answer.status_code in (200, 422)
    if answer.status_code == 200:
        assert answer.json()["items"] == []
