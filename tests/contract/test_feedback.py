"""Feedback: what holds of one service holds of many."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.service.visitors import Visitor, assert_problem, ok

pytestmark = pytest.mark.contract


def test_the_answer_has_these_fields(visitor: Visitor):
    answer = visitor.tell({"item_id": "0", "rating": 5})

    assert set(answer) == {"user_id", "accepted", "ignored", "support_size", "support_version"}


@pytest.mark.parametrize("action", ["like", "dislike", "click", "skip", "unseen"])
def test_every_action_is_taken_and_shown(visitor: Visitor, action: str):
    visitor.tell({"item_id": "0", "action": action, "at": "2024-01-01T00:00:00Z"})

    assert visitor.feedback() == [{"item_id": "0", "action": action, "at": "2024-01-01T00:00:00Z"}]


def test_five_hundred_events_are_taken_and_one_more_is_not(visitor: Visitor):
    events = [
        {"item_id": str(i % 60), "rating": 3, "at": f"2024-01-01T{i // 60:02}:00:{i % 60:02}Z"}
        for i in range(501)
    ]

    assert_problem(visitor.post({"events": events}), 422, "invalid_body")
    assert visitor.feedback() == []
    told = ok(visitor.post({"events": events[:500]}))
    assert told["accepted"] + told["ignored"] == 500
    assert told["support_size"] == 60


def test_the_next_get_sees_it_every_time(visitor: Visitor):
    for turn in range(1, 31):
        visitor.rate({turn: 1 + turn % 5})
        assert visitor.recommendations(limit=1)["support_size"] == turn


def test_a_retry_that_arrives_elsewhere_is_harmless(visitor: Visitor):
    event = {"item_id": "0", "rating": 5, "at": "2024-01-01T00:00:00Z", "event_id": "once"}

    told = [visitor.tell(event) for _ in range(5)]

    assert [one["accepted"] for one in told] == [1, 0, 0, 0, 0]
    assert [one["ignored"] for one in told] == [0, 1, 1, 1, 1]
    assert {one["support_version"] for one in told} == {1}


def test_of_many_at_once_the_newest_wins(visitor: Visitor):
    def tell(second: int) -> None:
        visitor.tell(
            {"item_id": "7", "rating": 1 + second % 5, "at": f"2024-01-01T00:00:{second:02}Z"}
        )

    with ThreadPoolExecutor(8) as threads:
        list(threads.map(tell, [*range(0, 40, 2), *range(39, 0, -2)]))

    assert visitor.feedback() == [{"item_id": "7", "rating": 5.0, "at": "2024-01-01T00:00:39Z"}]
