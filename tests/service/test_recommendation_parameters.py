import re

import httpx
import pytest

from tests.service.visitors import Json, Visitor, assert_problem, ok

pytestmark = pytest.mark.contract


def genres_of(answer: dict) -> set[str]:
    return {genre for item in answer["items"] for genre in item["attributes"]["genre"]}


# Each with the field that shows what the list goes by.
ORDERS = {"relevance": "relevance", "rating": "score", "lift": "lift"}


def test_items_come_best_first_on_the_scale(visitor: Visitor):
    visitor.rate({0: 5, 1: 5, 2: 5, 30: 1, 31: 1, 32: 1})

    for order, field in ORDERS.items():
        items = visitor.recommendations(limit=200, order=order)["items"]

        assert [item["rank"] for item in items] == list(range(1, 55))
        values = [item[field] for item in items]
        assert values == sorted(values, reverse=True)
        assert all(1 <= item["score"] <= 5 for item in items)
        assert all(0 <= item["relevance"] <= 1 for item in items)
        assert all(-1 <= item["lift"] <= 1 for item in items)
        scores = [item["score"] for item in items]
        assert max(scores) - min(scores) > 1


def test_every_order_tells_the_same_of_an_item(visitor: Visitor):
    visitor.rate({0: 5, 1: 5, 30: 1})

    def told(**parameters: str) -> dict[str, Json]:
        items = visitor.recommendations(limit=200, **parameters)["items"]
        return {item["item_id"]: item | {"rank": None} for item in items}

    assert told() == told(order="relevance") == told(order="rating") == told(order="lift")
    assert visitor.recommended(limit=200) == visitor.recommended(limit=200, order="relevance")


def test_a_user_without_feedback_has_no_lift(visitor: Visitor):
    items = visitor.recommendations(limit=200, order="lift")["items"]

    assert len(items) == 60
    assert {item["lift"] for item in items} == {0}
    assert [item["item_id"] for item in items] == visitor.recommended(limit=200)


def test_what_a_user_likes_is_lifted_and_the_rest_is_not(visitor: Visitor):
    visitor.rate({0: 5, 1: 5, 2: 5})

    lift = {item["item_id"]: item["lift"] for item in visitor.recommendations(limit=200)["items"]}

    assert min(lift[str(comedy)] for comedy in range(3, 30)) >= 0
    assert max(lift[str(horror)] for horror in range(30, 60)) <= 0


def test_an_order_that_the_model_does_not_have_names_those_that_it_has(visitor: Visitor):
    assert visitor.client.get("/model").json()["orders"] == list(ORDERS)

    problem = assert_problem(
        visitor.get("recommendations", order="newest"), 422, "invalid_parameter"
    )

    assert all(order in problem["detail"] for order in ORDERS)


@pytest.mark.parametrize(
    "empty", ["limit=", "order=", "diversity=", "explain=", "exclude=", "filter=", "cursor="]
)
def test_an_empty_parameter_is_an_absent_one(visitor: Visitor, empty: str):
    visitor.rate({0: 5})

    answer = visitor.client.get(f"{visitor.path}/recommendations?{empty}")

    assert answer.json()["items"] == visitor.recommendations()["items"]


def test_an_item_has_title_and_attributes(visitor: Visitor):
    item = visitor.recommendations(limit=1)["items"][0]

    assert re.fullmatch(r"(Comedy|Horror) Night \d+", item["title"])
    assert item["title"].endswith(f" {item['item_id']}")
    assert item["attributes"]["genre"] in (["comedy"], ["horror"])
    assert isinstance(item["attributes"]["year"], int)


def test_a_shorter_list_is_the_head_of_a_longer_one(visitor: Visitor):
    visitor.rate({0: 5, 31: 2})

    whole = visitor.recommended(limit=58)

    for limit in (1, 2, 17, 57):
        assert visitor.recommended(limit=limit) == whole[:limit]


def test_twenty_items_unless_asked_otherwise(visitor: Visitor):
    assert len(visitor.recommended()) == 20


def test_a_limit_beyond_the_catalogue_gives_the_catalogue(visitor: Visitor):
    assert len(visitor.recommended(limit=200)) == 60


@pytest.mark.parametrize("limit", ["0", "201", "-1", "many", "1.5", "1e2", "9" * 30])
def test_a_limit_out_of_bounds_is_refused(visitor: Visitor, limit: str):
    problem = assert_problem(visitor.get("recommendations", limit=limit), 422, "invalid_parameter")

    assert problem["errors"][0]["loc"] == ["query", "limit"]


def test_rated_items_are_left_out_unless_asked_for(visitor: Visitor):
    visitor.rate({0: 5, 40: 1})

    assert set(visitor.recommended(limit=200)).isdisjoint({"0", "40"})
    assert set(visitor.recommended(limit=200, exclude_seen=True)).isdisjoint({"0", "40"})
    assert set(visitor.recommended(limit=200, exclude_seen=False)) == set(map(str, range(60)))


def test_skipped_items_are_left_out_but_unseen_ones_stay(visitor: Visitor):
    visitor.tell({"item_id": "1", "action": "skip"}, {"item_id": "2", "action": "unseen"})

    recommended = visitor.recommended(limit=200)

    assert "1" not in recommended
    assert "2" in recommended


def test_named_items_are_left_out(visitor: Visitor):
    unwanted = visitor.recommended(limit=3)

    rest = visitor.recommended(limit=200, exclude=[*unwanted, "an item that was removed"])

    assert len(rest) == 57
    assert set(rest).isdisjoint(unwanted)


def test_one_filter_keeps_the_items_that_have_the_value(visitor: Visitor):
    answer = visitor.recommendations(limit=200, filter="genre:horror")

    assert len(answer["items"]) == 30
    assert genres_of(answer) == {"horror"}


def test_values_of_one_name_are_or(visitor: Visitor):
    answer = visitor.recommendations(limit=200, filter=["genre:horror", "genre:comedy"])

    assert len(answer["items"]) == 60


def test_several_names_are_and(visitor: Visitor):
    everything = visitor.recommendations(limit=200)["items"]
    expected = {
        item["item_id"]
        for item in everything
        if item["attributes"]["genre"] == ["comedy"] and item["attributes"]["colour"] == "red"
    }

    found = visitor.recommended(limit=200, filter=["genre:comedy", "colour:red"])

    assert 0 < len(expected) < 30
    assert set(found) == expected


def test_a_filter_on_a_number_compares_the_number(visitor: Visitor):
    year = visitor.recommendations(limit=1)["items"][0]["attributes"]["year"]

    found = visitor.recommendations(limit=200, filter=f"year:{year}")["items"]

    assert found
    assert {item["attributes"]["year"] for item in found} == {year}


def test_a_value_that_no_item_has_gives_an_empty_list(visitor: Visitor):
    assert visitor.recommended(filter="genre:opera") == []


def test_an_unknown_filter_name_is_refused_and_the_known_ones_are_told(visitor: Visitor):
    problem = assert_problem(
        visitor.get("recommendations", filter="director:Lynch"), 422, "unknown_attribute"
    )

    assert all(name in problem["detail"] for name in ("director", "genre", "colour", "year"))


@pytest.mark.parametrize("text", ["genre", ":comedy", "comedy genre"])
def test_a_malformed_filter_is_refused(visitor: Visitor, text: str):
    problem = assert_problem(visitor.get("recommendations", filter=text), 422, "invalid_filter")

    assert "name:value" in problem["detail"]


@pytest.mark.parametrize(
    "query",
    [
        "limt=3",
        "Limit=3",
        "exclude_seen=perhaps",
        "exclude=%00",
        "exclude=a%2Fb",
        "filter=" + "x" * 1001,
        "%FF=3",
        "&".join(["exclude=0"] * 501),
        "&".join(["filter=genre:comedy"] * 201),
    ],
    ids=lambda query: query[:20],
)
def test_parameters_that_say_nothing_are_refused(visitor: Visitor, query: str):
    response = visitor.client.get(f"{visitor.path}/recommendations?{query}")

    assert_problem(response, 422, "invalid_parameter")


def test_five_hundred_exclusions_are_allowed(visitor: Visitor):
    assert visitor.recommended(limit=200, exclude=["0"] * 499 + ["1"]) == [
        item for item in visitor.recommended(limit=200) if item not in {"0", "1"}
    ]


def test_the_answer_tells_where_the_time_went(visitor: Visitor):
    visitor.rate({0: 5})

    header = visitor.get("recommendations").headers["server-timing"]

    parts = dict(part.split(";dur=") for part in header.split(", "))
    assert set(parts) == {"store", "local_update", "ranking"}
    assert all(0 < float(milliseconds) < 60_000 for milliseconds in parts.values())


def test_the_answer_names_the_model(visitor: Visitor, client: httpx.Client):
    assert visitor.recommendations()["model_version"] == ok(client.get("/model"))["version"]


def test_a_shared_cache_may_not_keep_what_is_personal(visitor: Visitor):
    assert "private" in visitor.get("recommendations").headers["cache-control"]
