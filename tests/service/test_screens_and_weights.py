"""What was picked of a screen, and events that count for more or less than one."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest

from tests.running import Service
from tests.service.visitors import Json, NewVisitor, Visitor, assert_problem, ok

pytestmark = pytest.mark.contract


def told(visitor: Visitor) -> dict[str, Json]:
    return {one["item_id"]: one.get("action", one.get("rating")) for one in visitor.feedback()}


def test_picked_items_are_told_from_those_passed(visitor: Visitor):
    answer = visitor.tell({"shown": ["0", "2", "4"], "picked": ["2"]})

    assert (answer["accepted"], answer["ignored"], answer["support_size"]) == (3, 0, 0)
    assert told(visitor) == {"0": "passed", "2": "picked", "4": "passed"}


def test_a_screen_may_stand_for_the_body(visitor: Visitor):
    answer = ok(visitor.post({"shown": ["0", "2"], "picked": []}))
    assert answer["accepted"] == 2


def test_a_screen_sent_twice_changes_nothing(visitor: Visitor):
    screen = {"shown": ["0", "2", "4"], "picked": ["2"], "event_id": "screen 1"}
    first = visitor.tell(screen)

    again = visitor.tell(screen)

    assert (again["accepted"], again["ignored"]) == (0, 3)
    assert again["support_version"] == first["support_version"]


def test_what_was_passed_is_not_asked_again_and_may_be_recommended(visitor: Visitor):
    visitor.tell({"shown": ["0", "2", "4"], "picked": ["2"]})

    assert not {"0", "2", "4"} & {one["item_id"] for one in visitor.onboarding(limit=200)}
    assert {"0", "4"} <= set(visitor.recommended(limit=200))
    assert "2" not in visitor.recommended(limit=200)


@pytest.mark.parametrize("screen_first", [False, True])
@pytest.mark.parametrize("at", [None, "2020-01-01T00:00:00Z"])
def test_what_was_passed_never_takes_the_place_of_an_answer(
    visitor: Visitor, screen_first: bool, at: str | None
):
    screen = {"shown": ["0", "2"], "picked": []}
    rating = {"item_id": "0", "rating": 5} | ({} if at is None else {"at": at})
    for event in [screen, rating] if screen_first and at is None else [rating, screen]:
        visitor.tell(event)

    assert told(visitor) == {"0": 5, "2": "passed"}


def test_nor_in_one_request_nor_when_users_merge(visitor: Visitor, new_visitor: NewVisitor):
    visitor.tell({"item_id": "0", "rating": 5}, {"shown": ["0", "2"], "picked": []})
    assert told(visitor) == {"0": 5, "2": "passed"}
    anonymous = new_visitor("anonymous")
    anonymous.tell({"shown": ["0", "4"], "picked": []}, {"item_id": "2", "rating": 1})

    ok(visitor.client.post(f"{visitor.path}/merge", json={"from_user_id": anonymous.user_id}))

    assert told(visitor) == {"0": 5, "2": 1, "4": "passed"}


def test_a_screen_teaches_what_is_chosen_and_not_what_is_rated(
    visitor: Visitor, new_visitor: NewVisitor
):
    nobody = new_visitor("nobody")
    visitor.tell({"shown": ["0", "30", "31"], "picked": ["0"]})

    answer = visitor.recommendations(limit=200)

    assert (answer["strategy"], answer["support_size"]) == ("adapted", 0)
    assert visitor.scores() == nobody.scores()
    before, after = nobody.values("relevance"), visitor.values("relevance")
    risen = {item for item in after if after[item] > before[item]}
    comedies = {str(item) for item in range(30)}
    assert len(risen & comedies) > len(risen - comedies)


@pytest.mark.parametrize(
    "event",
    [
        {"shown": ["0"]},
        {"picked": ["0"]},
        {"shown": [], "picked": []},
        {"shown": ["0"], "picked": [], "item_id": "0"},
        {"shown": ["0"], "picked": [], "rating": 5},
        {"shown": ["0"], "picked": [], "weight": 2},
        {"shown": [str(item) for item in range(101)], "picked": []},
        {"item_id": "0"},
        {"rating": 5},
        {"item_id": "0", "action": "Like"},
        {"item_id": "0", "rating": 5, "weight": 0},
        {"item_id": "0", "rating": 5, "weight": -1},
        {"item_id": "0", "rating": 5, "weight": 1001},
        {"item_id": "0", "rating": 5, "weight": "2"},
        {"item_id": "0", "rating": 5, "source": "elsewhere"},
        {"shown": ["0"], "picked": [], "source": "onboarding"},
    ],
    ids=str,
)
def test_what_does_not_fit_stores_nothing(visitor: Visitor, event: dict[str, Json]):
    visitor.tell({"item_id": "30", "rating": 3})

    assert_problem(
        visitor.post({"events": [{"item_id": "2", "rating": 1}, event]}), 422, "invalid_body"
    )

    assert told(visitor) == {"30": 3}


def test_what_was_picked_was_shown(visitor: Visitor):
    answer = visitor.post({"events": [{"shown": ["0"], "picked": ["2"]}]})

    assert_problem(answer, 422, "invalid_screen")
    assert "'2' was picked" in answer.json()["detail"]
    assert visitor.feedback() == []


def test_unknown_items_of_a_screen_are_named(visitor: Visitor):
    answer = visitor.post({"events": [{"shown": ["0", "gone"], "picked": ["0"]}]})

    assert_problem(answer, 422, "unknown_item")
    assert "'gone'" in answer.json()["detail"]
    assert visitor.feedback() == []


def test_screens_that_name_too_many_items_are_refused(visitor: Visitor):
    screen = {"shown": [str(item) for item in range(60)], "picked": []}

    answer = visitor.post({"events": [screen] * 9})

    assert_problem(answer, 422, "invalid_screen")
    assert "500 are the most" in answer.json()["detail"]


def test_an_unknown_action_is_told_what_there_is(visitor: Visitor):
    answer = visitor.post({"events": [{"item_id": "0", "action": "adore"}]})

    assert_problem(answer, 422, "unknown_action")
    assert "like, dislike, click, skip, unseen, passed, picked" in answer.json()["detail"]
    assert answer.json()["errors"][0]["loc"] == ["body", "events", 0, "action"]


def test_a_weight_counts_for_what_is_chosen_and_not_for_what_is_rated(
    visitor: Visitor, new_visitor: NewVisitor
):
    other = new_visitor("other")
    visitor.tell({"item_id": "0", "rating": 5, "weight": 20}, {"item_id": "31", "rating": 4})
    other.tell({"item_id": "0", "rating": 5}, {"item_id": "31", "rating": 4})

    assert visitor.scores() == other.scores()
    assert visitor.values("relevance") != other.values("relevance")
    assert {one["item_id"]: one.get("weight") for one in visitor.feedback()} == {
        "0": 20,
        "31": None,
    }


def test_answers_to_questions_tell_where_they_come_from(visitor: Visitor):
    visitor.tell(
        {"item_id": "0", "rating": 5, "source": "onboarding"},
        {"item_id": "2", "action": "like", "weight": 2, "source": "onboarding"},
        {"item_id": "4", "rating": 4},
    )

    assert {one["item_id"]: one.get("source") for one in visitor.feedback()} == {
        "0": "onboarding",
        "2": "onboarding",
        "4": None,
    }
    assert told(visitor) == {"0": 5, "2": "like", "4": 4}


def test_what_is_liked_of_what_was_asked_is_a_choice(visitor: Visitor, new_visitor: NewVisitor):
    named = new_visitor("named")
    unseen = [{"item_id": item, "action": "unseen"} for item in ("30", "31", "32")]
    named.tell({"item_id": "0", "rating": 5}, *unseen)
    visitor.tell({"item_id": "0", "rating": 5, "source": "onboarding"}, *unseen)

    assert visitor.scores() == named.scores()
    mine, other = visitor.values("relevance"), named.values("relevance")
    rise = {item: mine[str(item)] - other[str(item)] for item in range(60)}
    # What was not known loses to what was liked, and what is like it too.
    assert max(rise[item] for item in (30, 31, 32)) < 0
    assert sum(rise[item] for item in range(1, 30)) > sum(rise[item] for item in range(33, 60))


def test_one_who_likes_all_that_was_asked_chose_nothing(visitor: Visitor, new_visitor: NewVisitor):
    named = new_visitor("named")
    events = [{"item_id": item, "rating": 5} for item in ("0", "30")]
    named.tell(*events)
    visitor.tell(*({**one, "source": "onboarding"} for one in events))

    assert visitor.values("relevance") == named.values("relevance")


def test_another_weight_is_another_event(visitor: Visitor):
    first = visitor.tell({"item_id": "0", "action": "like", "weight": 2.5})
    same = visitor.tell({"item_id": "0", "action": "like", "weight": 2.5})
    other = visitor.tell({"item_id": "0", "action": "like", "weight": 3})

    assert [one["accepted"] for one in (first, same, other)] == [1, 0, 1]
    assert visitor.feedback()[0]["weight"] == 3


@pytest.fixture(scope="module")
def with_actions(
    bundle_of: Callable[[str], Path], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[httpx.Client]:
    actions = {
        "play": {"positive": True, "weight": 2},
        "hide": {"positive": False},
        "group": {"positive": True},
        "buy": {"place": 1},
        "skip": {"place": 0.25},
    }
    service = Service(
        bundle_of("default"),
        tmp_path_factory.mktemp("actions"),
        {"MELU_ACTIONS": json.dumps(actions)},
    ).start()
    with service.client() as client:
        yield client
    service.stop()


def test_actions_of_your_own(with_actions: httpx.Client):
    def after(**event: Json) -> Json:
        user = f"u-{event['action']}"
        ok(with_actions.post(f"/users/{user}/feedback", json={"item_id": "0", **event}))
        return ok(with_actions.get(f"/users/{user}/recommendations?limit=200&exclude_seen=false"))

    def relevance(answer: Json) -> dict[str, float]:
        return {one["item_id"]: one["relevance"] for one in answer["items"]}

    nobody = ok(with_actions.get("/users/nobody/recommendations?limit=200"))
    play, hide, buy, skip = (after(action=name) for name in ("play", "hide", "buy", "skip"))

    assert [one["support_size"] for one in (play, hide, buy, skip)] == [0, 0, 1, 1]
    assert all(one["strategy"] == "adapted" for one in (play, hide, buy, skip))
    for answer in (play, buy):
        lifted = {one["item_id"] for one in answer["items"] if one["lift"] > 0}
        assert "2" in lifted
    assert relevance(play) != relevance(buy)
    assert relevance(hide) != relevance(nobody)


def test_an_action_may_have_any_name_that_is_one(with_actions: httpx.Client):
    ok(with_actions.post("/users/g/feedback", json={"item_id": "0", "action": "group"}))

    (listed,) = ok(with_actions.get("/users/g/feedback"))["items"]
    assert (listed["item_id"], listed["action"]) == ("0", "group")


@pytest.mark.parametrize("more", [{"weight": 2}, {"source": "onboarding"}], ids=str)
def test_what_was_passed_is_passed_however_it_is_told(
    visitor: Visitor, new_visitor: NewVisitor, more: dict[str, object]
):
    visitor.rate({0: 5})
    visitor.tell({"item_id": "0", "action": "passed"} | more)
    assert visitor.ratings() == {"0": 5}

    other = new_visitor("passes")
    other.tell({"item_id": "0", "action": "passed"} | more)
    ok(visitor.client.post(f"{visitor.path}/merge", json={"from_user_id": other.user_id}))
    assert visitor.ratings() == {"0": 5}
