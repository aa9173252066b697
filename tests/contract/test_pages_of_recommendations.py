"""Lists that hold still while someone pages through them."""

import httpx
import pytest

from tests.contract.conftest import NewItem
from tests.service.visitors import Json, NewVisitor, Visitor, assert_problem, ok

pytestmark = pytest.mark.contract


def pages(visitor: Visitor, limit: int, **parameters: str | list[str]) -> list[Json]:
    found = [visitor.recommendations(limit=limit, **parameters)]
    while found[-1]["next_cursor"] is not None:
        cursor = found[-1]["next_cursor"]
        found.append(visitor.recommendations(limit=limit, cursor=cursor, **parameters))
    return found


def ids(found: list[Json]) -> list[str]:
    return [item["item_id"] for page in found for item in page["items"]]


def test_pages_are_the_one_long_list_in_parts(visitor: Visitor):
    visitor.rate({0: 5, 30: 1})
    whole = visitor.recommendations(limit=200)

    found = pages(visitor, 7)

    assert ids(found) == [item["item_id"] for item in whole["items"]]
    ranks = [item["rank"] for page in found for item in page["items"]]
    assert ranks == list(range(1, len(whole["items"]) + 1))
    assert len({page["list_id"] for page in found}) == 1
    assert whole["next_cursor"] is None


def test_feedback_between_pages_neither_repeats_nor_skips(visitor: Visitor):
    visitor.rate({0: 5, 30: 1})
    expected = visitor.recommended(limit=200)
    page = visitor.recommendations(limit=10)
    seen = ids([page])
    turn = 0
    while page["next_cursor"] is not None:
        turn += 1
        visitor.rate({31 + turn: 5, turn: 1})  # the opposite of before
        page = visitor.recommendations(limit=10, cursor=page["next_cursor"])
        seen += ids([page])

    assert seen == expected


def test_the_first_page_after_feedback_is_another_list(visitor: Visitor):
    visitor.rate({0: 5})
    before = visitor.recommendations()["list_id"]
    visitor.rate({30: 5})

    assert visitor.recommendations()["list_id"] != before


def test_pages_keep_to_the_filter(visitor: Visitor):
    found = pages(visitor, 7, filter="genre:horror")

    assert len(ids(found)) == 30
    for page in found:
        assert all(item["attributes"]["genre"] == ["horror"] for item in page["items"])


def test_a_deleted_item_is_gone_from_open_cursors(visitor: Visitor, new_item: NewItem):
    item_id = new_item("paged", genre=["comedy"])
    visitor.rate({30: 5})  # so that the comedy comes late
    page = visitor.recommendations(limit=5)
    assert item_id not in ids([page])

    visitor.client.delete(f"/items/{item_id}")

    seen = []
    while page["next_cursor"] is not None:
        page = visitor.recommendations(limit=5, cursor=page["next_cursor"])
        seen += ids([page])
    assert item_id not in seen
    assert len(seen) == len(set(seen))


def test_the_cursor_of_another_user_is_refused(visitor: Visitor, new_visitor: NewVisitor):
    visitor.rate({0: 5})
    cursor = visitor.recommendations(limit=5)["next_cursor"]

    answer = new_visitor("other").get("recommendations", limit=5, cursor=cursor)

    assert_problem(answer, 400, "invalid_cursor")


@pytest.mark.parametrize("cursor", ["x", "WyJhIl0", "%00", "a" * 1000])
def test_a_cursor_that_nobody_gave_out_is_refused(visitor: Visitor, cursor: str):
    assert_problem(visitor.get("recommendations", cursor=cursor), 400, "invalid_cursor")


def test_a_cursor_of_other_parameters_is_refused(visitor: Visitor):
    cursor = visitor.recommendations(limit=5)["next_cursor"]

    answer = visitor.get("recommendations", limit=5, filter="genre:horror", cursor=cursor)

    assert_problem(answer, 400, "invalid_cursor")


def test_the_cursor_of_an_erased_user_is_refused(visitor: Visitor, client: httpx.Client):
    visitor.rate({0: 5})
    cursor = visitor.recommendations(limit=5)["next_cursor"]
    assert client.delete(visitor.path).status_code == 204

    for _ in range(4):
        answer = visitor.get("recommendations", limit=5, cursor=cursor)
        assert_problem(answer, 400, "invalid_cursor")


def test_a_user_never_seen_can_page_too(visitor: Visitor):
    assert ids(pages(visitor, 25)) == visitor.recommended(limit=200)
    assert ok(visitor.get("recommendations"))["strategy"] == "prior"
