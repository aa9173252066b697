"""An anonymous visitor signs up."""

import httpx

from tests.service.visitors import NewVisitor, Visitor, assert_problem, ok


def merge(into: Visitor, source: Visitor) -> httpx.Response:
    return into.client.post(f"{into.path}/merge", json={"from_user_id": source.user_id})


def at(second: int) -> str:
    return f"2024-01-01T00:00:{second:02}Z"


def test_feedback_moves_over(visitor: Visitor, new_visitor: NewVisitor):
    anonymous = new_visitor("anonymous")
    anonymous.rate({0: 5, 30: 1})

    assert merge(visitor, anonymous).status_code == 200

    for _ in range(6):
        assert visitor.ratings() == {"0": 5, "30": 1}
        assert visitor.recommendations()["strategy"] == "adapted"


def test_the_newest_event_of_an_item_wins(visitor: Visitor, new_visitor: NewVisitor):
    anonymous = new_visitor("anonymous")
    visitor.tell(
        {"item_id": "0", "rating": 1, "at": at(1)}, {"item_id": "1", "rating": 1, "at": at(9)}
    )
    anonymous.tell(
        {"item_id": "0", "rating": 5, "at": at(5)}, {"item_id": "1", "rating": 5, "at": at(5)}
    )

    assert merge(visitor, anonymous).status_code == 200

    assert visitor.ratings() == {"0": 5, "1": 1}
    assert {one["item_id"]: one["at"] for one in visitor.feedback()} == {"0": at(5), "1": at(9)}


def test_actions_move_over_too(visitor: Visitor, new_visitor: NewVisitor):
    anonymous = new_visitor("anonymous")
    anonymous.tell({"item_id": "3", "action": "unseen", "at": at(1)})

    assert merge(visitor, anonymous).status_code == 200

    assert visitor.feedback() == [{"item_id": "3", "action": "unseen", "at": at(1)}]


def test_the_source_is_erased(visitor: Visitor, new_visitor: NewVisitor):
    anonymous = new_visitor("anonymous")
    anonymous.put({"city": "Oslo"})
    anonymous.rate({0: 5})
    anonymous.recommendations()

    assert merge(visitor, anonymous).status_code == 200

    for _ in range(6):
        assert_problem(anonymous.client.get(anonymous.path), 404, "unknown_user")
        assert anonymous.recommendations()["strategy"] == "prior"
        assert ok(anonymous.get("feedback"))["items"] == []


def test_the_profile_of_who_signs_up_stays(visitor: Visitor, new_visitor: NewVisitor):
    anonymous = new_visitor("anonymous")
    anonymous.rate({0: 5})
    visitor.put({"city": "Rome"})

    merge(visitor, anonymous)

    assert visitor.stored()["attributes"] == {"city": "Rome"}


def test_to_repeat_a_merge_changes_nothing(visitor: Visitor, new_visitor: NewVisitor):
    anonymous = new_visitor("anonymous")
    anonymous.rate({0: 5})
    merge(visitor, anonymous)
    before = visitor.feedback()

    merge(visitor, anonymous)

    assert visitor.feedback() == before


def test_the_next_recommendation_is_that_of_the_merged_feedback(
    visitor: Visitor, new_visitor: NewVisitor
):
    anonymous, twin = new_visitor("anonymous"), new_visitor("twin")
    anonymous.tell({"item_id": "0", "rating": 5, "at": at(1)})
    visitor.tell({"item_id": "30", "rating": 1, "at": at(2)})
    twin.tell(
        {"item_id": "0", "rating": 5, "at": at(1)}, {"item_id": "30", "rating": 1, "at": at(2)}
    )

    merge(visitor, anonymous)

    assert visitor.scores() == twin.scores()


def test_a_bad_merge_is_refused(visitor: Visitor):
    visitor.rate({0: 5})
    for body in ({}, {"from_user_id": "a/b"}, {"from_user_id": 5}, {"from_user_id": "a", "x": 1}):
        response = visitor.client.post(f"{visitor.path}/merge", json=body)
        assert_problem(response, 422, "invalid_body")
    assert visitor.ratings() == {"0": 5}


def test_nobody_is_merged_into_himself(visitor: Visitor):
    visitor.rate({0: 5})

    response = visitor.client.post(f"{visitor.path}/merge", json={"from_user_id": visitor.user_id})

    assert_problem(response, 422, "same_user")
    assert visitor.ratings() == {"0": 5}
