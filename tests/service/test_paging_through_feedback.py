from base64 import urlsafe_b64decode, urlsafe_b64encode

import httpx
import orjson
import pytest

from tests.service.visitors import NewVisitor, Visitor, assert_problem, ok

pytestmark = pytest.mark.contract


def at_minute(minute: int) -> str:
    return f"2024-01-01T00:{minute:02}:00Z"


@pytest.fixture
def reader(visitor: Visitor) -> Visitor:
    """A user with 40 ratings; every four are of one time."""
    visitor.tell(
        *({"item_id": str(i), "rating": 1 + i % 5, "at": at_minute(i // 4)} for i in range(40))
    )
    return visitor


def test_pages_show_all_feedback_once_newest_first(reader: Visitor):
    seen, cursor = [], {}
    for expected in (7, 7, 7, 7, 7, 5):
        page = ok(reader.get("feedback", limit=7, **cursor))
        assert len(page["items"]) == expected
        seen += page["items"]
        cursor = {"cursor": page["next_cursor"]}

    assert page["next_cursor"] is None
    assert seen == reader.feedback()
    assert sorted(int(one["item_id"]) for one in seen) == list(range(40))
    assert [one["at"] for one in seen] == [at_minute(9 - i // 4) for i in range(40)]


def test_feedback_that_comes_meanwhile_shifts_nothing(reader: Visitor):
    first = ok(reader.get("feedback", limit=10))
    reader.rate({50: 5, 51: 5})
    reader.client.delete(f"{reader.path}/feedback/{first['items'][0]['item_id']}")

    rest = ok(reader.get("feedback", limit=200, cursor=first["next_cursor"]))

    ids = [one["item_id"] for one in first["items"] + rest["items"]]
    assert sorted(ids, key=int) == [str(i) for i in range(40)]


def test_the_place_of_a_cursor_may_be_deleted(reader: Visitor):
    first = ok(reader.get("feedback", limit=10))
    reader.client.delete(f"{reader.path}/feedback/{first['items'][-1]['item_id']}")

    rest = ok(reader.get("feedback", limit=200, cursor=first["next_cursor"]))

    assert len(rest["items"]) == 30


def test_a_last_page_that_is_full_names_no_next_one(reader: Visitor):
    assert ok(reader.get("feedback", limit=40))["next_cursor"] is None


def test_twenty_unless_asked_otherwise(reader: Visitor):
    assert len(ok(reader.get("feedback"))["items"]) == 20


def test_a_user_with_the_longest_id_can_page(client: httpx.Client):
    """Ids count characters; in a cursor they are bytes."""
    long = Visitor(client, "\U0001f4d6" * 128)
    long.rate({0: 5, 1: 4, 2: 3})

    first = ok(long.get("feedback", limit=2))
    rest = ok(long.get("feedback", limit=2, cursor=first["next_cursor"]))

    assert sorted(one["item_id"] for one in first["items"] + rest["items"]) == ["0", "1", "2"]
    client.delete(long.path)


def test_a_cursor_of_another_user_is_refused(reader: Visitor, new_visitor: NewVisitor):
    other = new_visitor("other")
    other.rate({0: 5, 1: 4})
    cursor = ok(other.get("feedback", limit=1))["next_cursor"]

    assert_problem(reader.get("feedback", cursor=cursor), 400, "invalid_cursor")


def test_a_cursor_of_another_list_is_refused(reader: Visitor):
    cursor = ok(reader.client.get("/items", params={"limit": 1}))["next_cursor"]

    assert_problem(reader.get("feedback", cursor=cursor), 400, "invalid_cursor")


@pytest.mark.parametrize("cursor", ["x", "é", "null", "W10", "e30", "MQ", "A" * 1000])
def test_a_cursor_that_nobody_gave_out_is_refused(reader: Visitor, cursor: str):
    assert_problem(reader.get("feedback", cursor=cursor), 400, "invalid_cursor")


def test_a_damaged_cursor_is_refused(reader: Visitor):
    cursor = ok(reader.get("feedback", limit=1))["next_cursor"]

    for damaged in (cursor[:-4], cursor[4:], cursor[:10] + "A" + cursor[11:]):
        assert_problem(reader.get("feedback", cursor=damaged), 400, "invalid_cursor")


@pytest.mark.parametrize(
    "place",
    [[], ["2024-01-01T00:00:00Z"], ["yesterday", "1"], ["2024-01-01", "1"], [1, 2], [[], {}]],
    ids=str,
)
def test_a_cursor_with_another_place_in_it_is_refused(reader: Visitor, place: list):
    cursor = ok(reader.get("feedback", limit=1))["next_cursor"]
    whose, _ = orjson.loads(urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    forged = urlsafe_b64encode(orjson.dumps([whose, place])).decode().rstrip("=")

    assert_problem(reader.get("feedback", cursor=forged), 400, "invalid_cursor")


@pytest.mark.parametrize("query", ["limit=0", "limit=201", "limit=x", "offset=3"])
def test_bad_parameters_are_refused(reader: Visitor, query: str):
    response = reader.client.get(f"{reader.path}/feedback?{query}")

    assert_problem(response, 422, "invalid_parameter")
