"""Which of two, and points over groups of items: asked, told, listed, and taken back."""

import httpx
import pytest

from tests.service.visitors import Json, NewVisitor, Visitor, assert_problem, ok

pytestmark = pytest.mark.contract

COMEDIES = {str(item) for item in range(30)}


def groups_of(visitor: Visitor) -> list[dict[str, Json]]:
    groups: list[dict[str, Json]] = visitor.asked(mode="groups")["groups"]
    return groups


def comedy_groups(visitor: Visitor) -> list[str]:
    """Groups that are shown by comedies alone."""
    return [
        one["group_id"]
        for one in groups_of(visitor)
        if {item["item_id"] for item in one["items"]} <= COMEDIES
    ]


def risen_comedies(visitor: Visitor, nobody: Visitor) -> float:
    """Mean rise in relevance of comedies, less that of the other items."""
    before, after = nobody.values("relevance"), visitor.values("relevance")
    rise = {item: after[item] - before[item] for item in after}
    comedies = [rise[item] for item in rise if item in COMEDIES]
    others = [rise[item] for item in rise if item not in COMEDIES]
    return sum(comedies) / len(comedies) - sum(others) / len(others)


def test_a_pair_is_two_items_with_one_gain(visitor: Visitor):
    answer = visitor.asked(mode="pair")

    first, second = answer["items"]
    assert first["item_id"] != second["item_id"]
    assert first["gain"] == second["gain"] > 0
    assert "groups" not in answer
    assert answer["progress"]["answers"] == 0


@pytest.mark.parametrize("strategy", ["adaptive", "static", "evidence", "popularity"])
def test_every_strategy_has_a_pair(visitor: Visitor, strategy: str):
    assert len(visitor.asked(mode="pair", strategy=strategy, limit=7)["items"]) == 2


def test_no_item_of_a_pair_is_asked_in_another(visitor: Visitor):
    seen: set[str] = set()
    for _ in range(6):
        first, second = (one["item_id"] for one in visitor.asked(mode="pair")["items"])
        assert not {first, second} & seen
        seen |= {first, second}
        visitor.tell({"preferred": first, "over": second})
    assert visitor.asked(mode="pair")["progress"]["answers"] == 6


@pytest.mark.parametrize(("preferred", "over"), [("0", "30"), ("30", "0")])
def test_what_is_preferred_brings_more_of_its_kind(
    visitor: Visitor, new_visitor: NewVisitor, preferred: str, over: str
):
    nobody = new_visitor("nobody")
    visitor.tell({"preferred": preferred, "over": over})

    answer = visitor.recommendations()

    assert (answer["strategy"], answer["support_size"]) == ("adapted", 0)
    assert visitor.scores() == nobody.scores()
    assert (risen_comedies(visitor, nobody) > 0) == (preferred == "0")
    assert {"0", "30"} <= set(visitor.recommended(limit=200))


def test_a_pair_is_listed_changed_and_taken_back(visitor: Visitor):
    first = visitor.tell({"preferred": "30", "over": "4"})
    again = visitor.tell({"preferred": "30", "over": "4"})
    assert [one["accepted"] for one in (first, again)] == [1, 0]
    assert [one | {"at": None} for one in visitor.feedback()] == [
        {"preferred": "30", "over": "4", "at": None}
    ]

    visitor.tell({"preferred": "4", "over": "30"})
    assert [(one["preferred"], one["over"]) for one in visitor.feedback()] == [("4", "30")]

    taken_back = visitor.client.delete(f"{visitor.path}/feedback/pairs/30/4")
    assert taken_back.status_code == 204
    assert visitor.feedback() == []
    assert_problem(
        visitor.client.delete(f"{visitor.path}/feedback/pairs/30/4"), 404, "unknown_feedback"
    )


def test_groups_have_names_and_three_items_each(visitor: Visitor):
    answer = visitor.asked(mode="groups")

    assert answer["items"] == []
    groups = answer["groups"]
    assert 2 <= len(groups) <= 12
    for one in groups:
        assert one["label"]
        assert len({item["item_id"] for item in one["items"]}) == 3
        for item in one["items"]:
            assert item == ok(visitor.client.get(f"/items/{item['item_id']}"))
    for field in ("group_id", "label"):
        assert len({one[field] for one in groups}) == len(groups)
    assert any("comedy" in one["label"] for one in groups)


def test_points_bring_more_of_a_group(visitor: Visitor, new_visitor: NewVisitor):
    nobody = new_visitor("nobody")
    chosen = comedy_groups(visitor)
    assert chosen
    answer = visitor.tell({"groups": dict.fromkeys(chosen, 2)})

    assert answer["accepted"] == len(groups_of(visitor))
    assert answer["support_size"] == 0
    assert visitor.recommendations(limit=1)["strategy"] == "adapted"
    assert risen_comedies(visitor, nobody) > 0
    assert visitor.asked()["progress"]["answers"] == 1


def test_groups_are_listed_and_taken_back_one_by_one(visitor: Visitor):
    first, *others = groups_of(visitor)
    event = {"groups": {first["group_id"]: 2.5}, "event_id": "my groups"}
    visitor.tell(event)
    again = visitor.tell(event)

    assert again["accepted"] == 0
    points = {one["group_id"]: one["points"] for one in visitor.feedback()}
    assert points == {first["group_id"]: 2.5, **{one["group_id"]: 0 for one in others}}
    listed = {one["group_id"]: one["items"] for one in visitor.feedback()}
    assert listed[first["group_id"]] == [item["item_id"] for item in first["items"]]

    path = f"{visitor.path}/feedback/groups/{first['group_id']}"
    assert visitor.client.delete(path).status_code == 204
    assert first["group_id"] not in {one["group_id"] for one in visitor.feedback()}
    assert_problem(visitor.client.delete(path), 404, "unknown_feedback")


def test_other_points_at_the_same_time_are_a_change_of_mind(visitor: Visitor):
    first, *_others = groups_of(visitor)
    at = "2024-01-01T00:00:00Z"
    for points in (2, 3):
        visitor.tell({"groups": {first["group_id"]: points}, "at": at})

    told = {one["group_id"]: one["points"] for one in visitor.feedback()}
    assert told[first["group_id"]] == 3
    again = visitor.tell({"groups": {first["group_id"]: 2}, "at": at})
    assert again["accepted"] == 0


def test_a_screen_of_comparisons_may_stand_for_the_body(visitor: Visitor):
    (group, *_others) = groups_of(visitor)
    assert ok(visitor.post({"preferred": "0", "over": "2"}))["accepted"] == 1
    assert ok(visitor.post({"groups": {group["group_id"]: 1}}))["accepted"] > 1


def test_comparisons_move_over_when_users_merge_and_go_when_erased(
    visitor: Visitor, new_visitor: NewVisitor
):
    anonymous = new_visitor("anonymous")
    anonymous.tell({"preferred": "0", "over": "30"})
    visitor.tell({"item_id": "2", "rating": 4})

    ok(visitor.client.post(f"{visitor.path}/merge", json={"from_user_id": anonymous.user_id}))

    assert {one.get("preferred", one.get("item_id")) for one in visitor.feedback()} == {"0", "2"}
    assert visitor.client.delete(visitor.path).status_code == 204
    assert visitor.feedback() == []


def test_reasons_and_pages_go_with_comparisons(visitor: Visitor):
    visitor.tell({"preferred": "0", "over": "30"}, {"item_id": "2", "rating": 5})

    first = visitor.recommendations(limit=5, explain=True)
    second = visitor.recommendations(limit=5, explain=True, cursor=first["next_cursor"])

    shown = [one["item_id"] for page in (first, second) for one in page["items"]]
    assert len(set(shown)) == 10
    for page in (first, second):
        assert all(one["because"][0]["item_id"] == "2" for one in page["items"])


@pytest.mark.parametrize(
    "event",
    [
        {"preferred": "0"},
        {"over": "0"},
        {"preferred": "0", "over": "2", "rating": 5},
        {"preferred": "0", "over": "2", "item_id": "4"},
        {"preferred": "0", "over": "2", "weight": 2},
        {"preferred": "0", "over": "2", "shown": ["0"], "picked": []},
        {"groups": {}},
        {"groups": {"g0": -1}},
        {"groups": {"g0": 101}},
        {"groups": {"g0": "1"}},
        {"groups": {"g0": 1}, "action": "like"},
        {"groups": {f"g{at}": 1 for at in range(25)}},
        {"groups": ["g0"]},
    ],
    ids=str,
)
def test_what_does_not_fit_stores_nothing(visitor: Visitor, event: dict[str, Json]):
    visitor.tell({"item_id": "30", "rating": 3})

    assert_problem(
        visitor.post({"events": [{"item_id": "2", "rating": 1}, event]}), 422, "invalid_body"
    )

    assert [one["item_id"] for one in visitor.feedback()] == ["30"]


@pytest.mark.parametrize(
    ("event", "code", "named"),
    [
        ({"preferred": "0", "over": "gone"}, "unknown_item", "'gone'"),
        ({"preferred": "gone", "over": "0"}, "unknown_item", "'gone'"),
        ({"groups": {"gone": 1}}, "unknown_group", "'gone'"),
        ({"groups": {"gone": 0}}, "invalid_comparison", "has points"),
        ({"preferred": "0", "over": "0"}, "invalid_comparison", "over itself"),
    ],
)
def test_what_is_unknown_is_named(visitor: Visitor, event: dict[str, Json], code: str, named: str):
    answer = visitor.post({"events": [event]})

    assert_problem(answer, 422, code)
    assert named in answer.json()["detail"]
    assert visitor.feedback() == []


def test_a_deleted_item_tells_nothing_any_more(client: httpx.Client, visitor: Visitor):
    new = f"short-lived {visitor.user_id}"[:100]
    path = f"/items/{new}"
    content = {"title": "New", "attributes": {"genre": ["comedy"], "year": 1990}}
    ok(client.put(path, json=content), 201)
    visitor.tell({"preferred": new, "over": "30"})
    assert visitor.recommendations(limit=1)["strategy"] == "adapted"

    assert client.delete(path).status_code == 204

    assert visitor.recommendations(limit=1)["strategy"] == "prior"
