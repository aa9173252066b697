"""One journey from sign-up to erasure, with live items, on a service of each preset."""

from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest

from tests.conftest import QUICK_PRESETS
from tests.running import Service
from tests.service.visitors import Json, NewVisitor, Visitor, assert_problem, ok


@pytest.fixture(scope="module", params=QUICK_PRESETS)
def served(
    request: pytest.FixtureRequest,
    bundle_of: Callable[[str], Path],
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[httpx.Client]:
    """A service of one preset, with items put, changed and deleted since training."""
    service = Service(bundle_of(request.param), tmp_path_factory.mktemp(request.param)).start()
    with service.client() as client:
        comedy = {"genre": ["comedy"], "year": 1990}
        for item_id, status in {"new-comedy": 201, "newer-comedy": 201, "3": 200}.items():
            put = client.put(f"/items/{item_id}", json={"title": item_id, "attributes": comedy})
            ok(put, status)
        assert client.delete("/items/12").status_code == 204
        yield client
    service.stop()


@pytest.fixture
def client(served: httpx.Client) -> httpx.Client:
    return served


@pytest.fixture
def comedian(visitor: Visitor) -> Visitor:
    """Loves comedies, those put since too, and hates horror."""
    visitor.rate({0: 5, 1: 5, 30: 1, 31: 1})
    visitor.tell({"item_id": "new-comedy", "rating": 5}, {"item_id": "3", "rating": 4})
    return visitor


def items_of(visitor: Visitor, **parameters: Json) -> list[Json]:
    items = visitor.recommendations(limit=200, **parameters)["items"]
    assert items
    return items


def test_every_order_that_the_model_names_is_served_and_no_other(comedian: Visitor):
    orders = comedian.client.get("/model").json()["orders"]

    for order in ("relevance", "rating", "lift"):
        answer = comedian.get("recommendations", order=order, explain=True, diversity=0.3)
        if order in orders:
            assert ok(answer)["items"]
        else:
            problem = assert_problem(answer, 422, "invalid_parameter")
            assert ", ".join(orders) in problem["detail"]
    tells_relevance = "relevance" in orders
    for item in items_of(comedian):
        assert (item["relevance"] is not None) == (item["lift"] is not None) == tells_relevance
    assert comedian.get("recommendations", explore=0.5).status_code == (
        200 if tells_relevance else 422
    )


def test_the_profile_and_the_questions(visitor: Visitor):
    ok(visitor.put({"city": "Rome"}), 201)

    asked = [item["item_id"] for item in visitor.onboarding(limit=200)]

    assert len(asked) == len(set(asked)) >= 58
    assert "12" not in asked


def test_the_list_is_personal_and_has_the_live_items(comedian: Visitor):
    answer = comedian.recommendations(limit=10)

    assert answer["strategy"] == "adapted"
    assert [item["attributes"]["genre"] for item in answer["items"]] == [["comedy"]] * 10
    ids = {item["item_id"] for item in items_of(comedian)}
    assert "newer-comedy" in ids
    assert "12" not in ids


def test_reasons_agree_with_really_deleting_the_feedback(comedian: Visitor):
    before = items_of(comedian, exclude_seen=False, explain=True)
    field = "score" if before[0]["relevance"] is None else "relevance"
    reasons = {
        (item["item_id"], reason["item_id"]): (item[field], reason["effect"])
        for item in before
        for reason in item["because"]
    }
    assert ("newer-comedy", "new-comedy") in reasons

    comedian.client.delete(f"{comedian.path}/feedback/new-comedy")

    without = comedian.values(field)
    compared = {item: found for (item, piece), found in reasons.items() if piece == "new-comedy"}
    assert compared
    for item_id, (score, effect) in compared.items():
        if field != "score" or {score, without[item_id]}.isdisjoint({1, 5}):
            assert effect == pytest.approx(score - without[item_id], abs=2e-4)


def test_variety_filters_and_exclusions(comedian: Visitor):
    plain = [item["item_id"] for item in items_of(comedian)]

    varied = [item["item_id"] for item in items_of(comedian, diversity=0.9)]
    filtered = items_of(comedian, filter=["genre:comedy", "year:..1995"])
    excluded = [item["item_id"] for item in items_of(comedian, exclude=["newer-comedy"])]

    assert set(varied) == set(plain)
    assert varied != plain
    assert {item["attributes"]["genre"][0] for item in filtered} == {"comedy"}
    assert "newer-comedy" in {item["item_id"] for item in filtered}
    assert excluded == [item_id for item_id in plain if item_id != "newer-comedy"]


def test_pages_hold_still(comedian: Visitor):
    whole = [item["item_id"] for item in items_of(comedian, diversity=0.5, explain=True)]
    page = comedian.recommendations(limit=25, diversity=0.5, explain=True)
    shown = [item["item_id"] for item in page["items"]]

    comedian.rate({45: 5})
    while page["next_cursor"]:
        page = ok(
            comedian.get(
                "recommendations",
                limit=25,
                diversity=0.5,
                explain=True,
                cursor=page["next_cursor"],
            )
        )
        shown += [item["item_id"] for item in page["items"]]

    assert shown == whole


def test_an_unchanged_list_is_not_sent_again(comedian: Visitor):
    tag = comedian.get("recommendations").headers["etag"]
    path = f"{comedian.path}/recommendations"

    assert comedian.client.get(path, headers={"If-None-Match": tag}).status_code == 304
    comedian.rate({40: 2})
    assert comedian.client.get(path, headers={"If-None-Match": tag}).status_code == 200


def test_signing_up_and_leaving(visitor: Visitor, new_visitor: NewVisitor):
    anonymous = new_visitor("anonymous")
    anonymous.rate({0: 5, 30: 1})
    anonymous.tell({"item_id": "newer-comedy", "action": "like"})
    expected = anonymous.recommended(limit=200)

    ok(visitor.client.post(f"{visitor.path}/merge", json={"from_user_id": anonymous.user_id}))

    assert visitor.recommended(limit=200) == expected
    assert visitor.client.delete(visitor.path).status_code == 204
    assert_problem(visitor.client.get(visitor.path), 404, "unknown_user")
    assert visitor.recommendations()["strategy"] == "prior"
