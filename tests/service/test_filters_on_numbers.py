"""`filter=year:1990..1999`, with recommendations and with search alike."""

import httpx
import pytest

from tests.running import Service
from tests.service.visitors import Json, Parameter, Visitor, assert_problem, ok


@pytest.fixture(scope="module")
def years(service: Service) -> dict[str, int]:
    """Item → year."""
    with service.client() as client:
        items = ok(client.get("/items", params={"limit": 200}))["items"]
    return {item["item_id"]: item["attributes"]["year"] for item in items}


@pytest.mark.parametrize(
    ("filters", "low", "high"),
    [
        ("year:1960..1969", 1960, 1969),
        ("year:1960.0..1969.5", 1960, 1969),
        ("year:1980..", 1980, 9999),
        ("year:..1955", 0, 1955),
        ("year: 1970 .. 1975 ", 1970, 1975),
        ("year:1975..1975", 1975, 1975),
        ("year:-1e3..2e3", 0, 9999),
        ("year:2500..2600", 1, 0),
    ],
)
def test_a_range_holds_both_its_ends(
    visitor: Visitor, years: dict[str, int], filters: str, low: int, high: int
):
    expected = {item for item, year in years.items() if low <= year <= high}

    assert set(visitor.recommended(limit=200, filter=filters)) == expected
    answer = ok(visitor.client.get("/items", params={"limit": 200, "filter": filters}))
    assert {item["item_id"] for item in answer["items"]} == expected


def test_a_number_may_be_written_in_any_way(visitor: Visitor, years: dict[str, int]):
    year = years["7"]
    expected = {item for item, one in years.items() if one == year}

    for text in (f"{year}", f"{year}.0", f" {year}", f"+{year}", f"{year / 1000}e3"):
        assert set(visitor.recommended(limit=200, filter=f"year:{text}")) == expected


def test_ranges_of_one_name_are_or_and_other_names_and(visitor: Visitor, years: dict[str, int]):
    found = visitor.recommendations(
        limit=200, filter=["year:..1955", "year:1990..", "genre:comedy"]
    )["items"]

    assert {item["item_id"] for item in found} == {
        item for item, year in years.items() if (year <= 1955 or year >= 1990) and int(item) < 30
    }


@pytest.mark.parametrize(
    "text",
    [
        "1999..1990",
        "..",
        "nineties",
        "1990..then",
        "",
        "1990-1999",
        "nan",
        "inf..",
        "1_990",
        "1..2..3",
    ],
)
def test_what_is_no_number_and_no_range_is_refused(
    client: httpx.Client, visitor: Visitor, text: str
):
    parameters: dict[str, Parameter] = {"filter": f"year:{text}"}

    for answer in (
        visitor.get("recommendations", **parameters),
        client.get("/items", params=parameters),
    ):
        problem: dict[str, Json] = assert_problem(answer, 422, "invalid_filter")
        assert "1990..1999" in problem["detail"]


def test_dots_in_a_category_are_only_dots(visitor: Visitor):
    assert visitor.recommended(filter="genre:a..z") == []
