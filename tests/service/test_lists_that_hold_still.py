"""Pages of a ranking never repeat or skip an item, whatever happens between them."""

import time
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable
from pathlib import Path

import httpx
import orjson
import pytest

from app.schemas.recommendations import Recommendations
from app.store.ranking_snapshots import LISTS_A_USER
from tests.running import Service
from tests.service.conftest import LIST_ITEMS
from tests.service.visitors import Json, NewVisitor, Parameter, Visitor, assert_problem, ok


def pages(
    visitor: Visitor, between: Callable[[], object] = lambda: None, **parameters: Parameter
) -> list[Json]:
    """All pages of a ranking; something happens between each and the next."""
    found = [visitor.recommendations(**parameters)]
    while (cursor := found[-1]["next_cursor"]) is not None:
        between()
        found.append(visitor.recommendations(**parameters, cursor=cursor))
    return found


def items_of(pages: list[Json]) -> list[Json]:
    return [item for page in pages for item in page["items"]]


@pytest.fixture
def reader(visitor: Visitor) -> Visitor:
    visitor.rate({0: 5, 1: 4, 31: 2})
    return visitor


@pytest.mark.parametrize(
    "parameters",
    [
        {},
        {"exclude_seen": False},
        {"exclude": ["3", "40"]},
        {"filter": "genre:horror"},
        {"filter": "year:1960..1985"},
        {"diversity": 0.7},
        {"explain": True},
    ],
    ids=str,
)
def test_pages_are_the_list_in_pieces(reader: Visitor, parameters: dict[str, Parameter]):
    whole = reader.recommendations(limit=200, **parameters)

    found = pages(reader, limit=7, **parameters)

    assert items_of(found) == whole["items"]
    assert whole["next_cursor"] is None
    assert all(len(page["items"]) == 7 for page in found[:-1])


def test_every_page_tells_the_same_of_its_list(reader: Visitor):
    found = pages(reader, lambda: reader.rate({5: 1 + time.time_ns() % 4}), limit=9)

    assert len(found) > 1
    for page in found:
        assert Recommendations.model_validate(page)
        assert [page[key] for key in page if key not in ("items", "next_cursor")] == [
            found[0][key] for key in found[0] if key not in ("items", "next_cursor")
        ]


def test_feedback_between_pages_moves_nothing(reader: Visitor):
    whole = reader.recommendations(limit=200)["items"]
    horror = iter(range(33, 60))

    found = pages(reader, lambda: reader.rate({next(horror): 5}), limit=6)

    assert items_of(found) == whole
    assert reader.recommendations(limit=200)["items"] != whole


def test_reasons_on_later_pages_are_those_of_the_list(reader: Visitor):
    whole = reader.recommendations(limit=200, explain=True)["items"]

    def forget_and_rate() -> None:
        reader.client.delete(f"{reader.path}/feedback/0")
        reader.rate({50: 5})

    found = pages(reader, forget_and_rate, limit=20, explain=True)

    assert items_of(found) == whole


def test_a_page_may_be_longer_or_shorter_than_the_one_before(reader: Visitor):
    whole = reader.recommended(limit=200)
    first = reader.recommendations(limit=5)
    second = reader.recommendations(limit=50, cursor=first["next_cursor"])
    third = reader.recommendations(limit=2, cursor=second["next_cursor"])

    assert [item["item_id"] for item in items_of([first, second, third])] == whole


def test_the_same_page_again_is_the_same(reader: Visitor):
    cursor = reader.recommendations(limit=5)["next_cursor"]
    page = reader.get("recommendations", limit=5, cursor=cursor)
    reader.rate({9: 1})
    again = reader.get("recommendations", limit=5, cursor=cursor)

    assert again.content == page.content
    assert again.headers["etag"] == page.headers["etag"]
    held = reader.client.get(
        f"{reader.path}/recommendations",
        params={"limit": 5, "cursor": cursor},
        headers={"If-None-Match": page.headers["etag"]},
    )
    assert held.status_code == 304


def test_a_list_that_ends_with_its_page_has_no_next_one(reader: Visitor):
    assert reader.recommendations(limit=57)["next_cursor"] is None
    assert reader.recommendations(limit=56)["next_cursor"] is not None
    assert reader.recommendations(filter="genre:opera")["next_cursor"] is None


def test_a_list_has_one_name_whatever_its_pages_hold(reader: Visitor):
    names = {reader.recommendations(limit=limit)["list_id"] for limit in (1, 20, 200)}

    assert len(names) == 1
    assert reader.recommendations(diversity=0.5)["list_id"] not in names
    reader.rate({9: 1})
    assert reader.recommendations()["list_id"] not in names


def test_a_user_never_seen_can_page_too_and_give_feedback_meanwhile(visitor: Visitor):
    whole = visitor.recommendations(limit=200)["items"]
    ratings = iter(range(60))

    found = pages(visitor, lambda: visitor.rate({next(ratings): 1}), limit=13)

    assert items_of(found) == whole
    assert {page["strategy"] for page in found} == {"prior"}


def test_a_cursor_of_another_user_is_refused(reader: Visitor, new_visitor: NewVisitor):
    cursors = [reader.recommendations(limit=5)["next_cursor"]]
    cursors.append(new_visitor("never seen").recommendations(limit=5)["next_cursor"])

    for other in (new_visitor("other"), new_visitor("rating")):
        for cursor in cursors:
            answer = other.get("recommendations", limit=5, cursor=cursor)
            assert_problem(answer, 400, "invalid_cursor")
        other.rate({0: 5})


@pytest.mark.parametrize(
    "other",
    [
        {"filter": "genre:horror"},
        {"exclude": "3"},
        {"exclude_seen": False},
        {"diversity": 0.1},
        {"explain": True},
    ],
    ids=str,
)
def test_a_cursor_with_other_parameters_is_refused(reader: Visitor, other: dict[str, Parameter]):
    cursor = reader.recommendations(limit=5)["next_cursor"]

    answer = reader.get("recommendations", cursor=cursor, **other)

    assert_problem(answer, 400, "invalid_cursor")


def test_a_cursor_of_another_kind_of_list_is_refused(reader: Visitor):
    cursor = ok(reader.get("feedback", limit=1))["next_cursor"]

    assert_problem(reader.get("recommendations", cursor=cursor), 400, "invalid_cursor")


@pytest.mark.parametrize("cursor", ["x", "é", "null", "W10", "e30", "MQ", "A" * 1000])
def test_a_cursor_that_nobody_gave_out_is_refused(reader: Visitor, cursor: str):
    assert_problem(reader.get("recommendations", cursor=cursor), 400, "invalid_cursor")


def test_a_damaged_cursor_is_refused(reader: Visitor):
    cursor = reader.recommendations(limit=5)["next_cursor"]
    whose, place = orjson.loads(urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))

    def with_place(**changes: Json) -> str:
        content = orjson.dumps([whose, place | changes])
        return urlsafe_b64encode(content).decode().rstrip("=")

    assert reader.get("recommendations", cursor=with_place()).status_code == 200
    for damaged in (
        *(cursor[:-4], cursor[4:], cursor[:10] + "A" + cursor[11:]),
        with_place(list_id=place["start"], start=place["list_id"]),
        with_place(start=-5),
        with_place(until=place["until"] - 10**6),
        with_place(list_id="0" * len(place["list_id"])),
        with_place(is_anonymous=not place["is_anonymous"]),
    ):
        answer = reader.get("recommendations", cursor=damaged)
        assert_problem(answer, 400, "invalid_cursor")


def test_cursors_go_with_the_user(reader: Visitor, service: Service):
    cursor = reader.recommendations(limit=5)["next_cursor"]
    with service.store() as store:
        assert any(reader.user_id in key for key in store.scan_iter("melu:lists:*"))

        reader.client.delete(reader.path)

        assert not any(reader.user_id in key for key in store.scan_iter("*"))
    answer = reader.get("recommendations", limit=5, cursor=cursor)
    assert_problem(answer, 400, "invalid_cursor")


@pytest.mark.parametrize(
    "name", ["a{b}c", "{x}", "a}{b", "{}", "}{", "{{a}}", "50 % {", "/(".strip("/")]
)
def test_an_id_with_braces_is_erased_whole(client: httpx.Client, service: Service, name: str):
    visitor = Visitor(client, f"braces {name}")
    visitor.rate({0: 5})
    assert len(items_of(pages(visitor, limit=20))) == 59
    with service.store() as store:
        assert len(list(store.scan_iter("*braces*"))) == 2
        client.delete(visitor.path)
        assert list(store.scan_iter("*braces*")) == []


def test_the_newest_lists_of_a_user_are_kept(reader: Visitor, service: Service):
    cursors = []
    for year in range(1950, 1950 + LISTS_A_USER + 5):
        parameters = {"limit": 5, "filter": f"year:..{year + 40}"}
        cursors.append((parameters, reader.recommendations(**parameters)["next_cursor"]))
    with service.store() as store:
        (key,) = (key for key in store.scan_iter("melu:lists:*") if reader.user_id in key)
        assert store.hlen(key) == LISTS_A_USER + 1  # and their order
        assert 3600 - 60 < store.ttl(key) <= 2 * 3600

    # While nothing changes, a list that is gone is computed again.
    for parameters, cursor in cursors:
        assert reader.recommendations(**parameters, cursor=cursor)["items"]
    for parameters, cursor in cursors:
        assert reader.recommendations(**parameters, cursor=cursor)["items"]
    reader.rate({59: 5})
    (oldest, first), (newest, last) = cursors[0], cursors[-1]
    assert_problem(reader.get("recommendations", **oldest, cursor=first), 400, "invalid_cursor")
    assert reader.recommendations(**newest, cursor=last)["items"]


def test_answers_from_memory_have_cursors_that_hold(reader: Visitor):
    answers = [reader.get("recommendations", limit=5) for _ in range(3)]
    assert "ranking;dur=0.00" in answers[-1].headers["server-timing"]
    reader.rate({9: 1})

    for answer in answers:
        cursor = answer.json()["next_cursor"]
        assert len(reader.recommended(limit=5, cursor=cursor)) == 5


def test_any_worker_knows_the_next_page(two_workers: Service):
    # A connection stays with its worker; so many reach both.
    clients = [two_workers.client() for _ in range(8)]
    for turn in range(10):
        ann = [Visitor(client, f"ann {turn}") for client in clients]
        ann[turn % 8].rate({turn: 5})
        page = ann[(turn + 1) % 8].recommendations(limit=4)
        found = [page]
        for reader in [*ann[2:], ann[0]]:
            if page["next_cursor"] is None:
                break
            reader.rate({30 + len(found): 5})
            page = reader.recommendations(limit=4, cursor=page["next_cursor"])
            found.append(page)
        ids = [item["item_id"] for item in items_of(found)]
        assert len(set(ids)) == len(ids) == 4 * len(found) - (page["next_cursor"] is None) * 2
        assert [item["rank"] for item in items_of(found)] == list(range(1, len(ids) + 1))
    for client in clients:
        client.close()


def test_a_list_ends_where_the_settings_say(two_workers: Service):
    with two_workers.client() as client:
        bob = Visitor(client, "bob")
        bob.rate({0: 5})

        assert len(items_of(pages(bob, limit=7))) == LIST_ITEMS
        assert len(bob.recommended(limit=200)) == 59


def test_an_old_cursor_is_refused(bundle: Path, tmp_path: Path):
    service = Service(bundle, tmp_path / "brief", {"MELU_LIST_SECONDS": "1"}).start()
    try:
        with service.client() as client:
            visitor = Visitor(client, "ann")
            visitor.rate({0: 5})
            old = visitor.recommendations(limit=5)["next_cursor"]
            assert visitor.recommendations(limit=5, cursor=old)["items"]
            time.sleep(2.1)
            with service.store() as store:
                assert list(store.scan_iter("melu:lists:*")) == []
            answer = visitor.get("recommendations", limit=5, cursor=old)
            assert_problem(answer, 400, "invalid_cursor")
            # An answer from memory must not bring an old cursor.
            cursor = visitor.recommendations(limit=5)["next_cursor"]
            assert visitor.recommendations(limit=5, cursor=cursor)["items"]
    finally:
        service.stop()
