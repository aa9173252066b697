from datetime import UTC, datetime, timedelta

import pytest

from tests.service.visitors import NewVisitor, Visitor, assert_problem, ok

pytestmark = pytest.mark.contract


def test_a_single_event_may_stand_in_for_the_list(visitor: Visitor):
    told = ok(visitor.post({"item_id": "4", "rating": 4.5}))

    assert told == {
        "user_id": visitor.user_id,
        "accepted": 1,
        "ignored": 0,
        "support_size": 1,
        "support_version": 1,
    }
    assert visitor.ratings() == {"4": 4.5}


def test_events_may_be_a_single_object(visitor: Visitor):
    assert ok(visitor.post({"events": {"item_id": "4", "rating": 4}}))["accepted"] == 1

    assert visitor.ratings() == {"4": 4}


def test_a_list_of_ratings_and_actions(visitor: Visitor):
    told = visitor.tell(
        {"item_id": "0", "rating": 5},
        {"item_id": "1", "action": "like"},
        {"item_id": "2", "action": "skip"},
        {"item_id": "3", "action": "unseen"},
    )

    given = {one["item_id"]: one for one in visitor.feedback()}
    assert (told["accepted"], told["ignored"]) == (4, 0)
    assert told["support_size"] == 2
    assert told["support_version"] == 1
    assert given["0"]["rating"] == 5
    assert [given[item]["action"] for item in "123"] == ["like", "skip", "unseen"]
    assert "action" not in given["0"]
    assert "rating" not in given["1"]


@pytest.mark.parametrize("rating", [1, 1.0, 3.7, 4.999999, 5])
def test_a_rating_anywhere_on_the_scale_is_kept_exactly(visitor: Visitor, rating: float):
    visitor.tell({"item_id": "0", "rating": rating})

    assert visitor.ratings() == {"0": rating}


def test_a_time_comes_back_in_utc_to_the_microsecond(visitor: Visitor):
    visitor.tell({"item_id": "0", "rating": 5, "at": "2024-02-29T23:30:00.123457+05:30"})

    at = visitor.feedback()[0]["at"]

    assert at == "2024-02-29T18:00:00.123457Z"


def test_an_event_without_a_time_happened_now(visitor: Visitor):
    before = datetime.now(UTC)
    visitor.rate({0: 5})
    after = datetime.now(UTC)

    assert before <= datetime.fromisoformat(visitor.feedback()[0]["at"]) <= after


def test_a_full_request_is_accepted(visitor: Visitor):
    events = [{"item_id": str(i % 60), "rating": 1 + i % 5} for i in range(500)]

    told = visitor.tell(*events)

    assert (told["accepted"], told["ignored"], told["support_size"]) == (60, 440, 60)


@pytest.mark.parametrize("order", [(0, 1), (1, 0)], ids=["older first", "newer first"])
def test_the_newest_event_wins_in_whatever_order_they_come(
    visitor: Visitor, order: tuple[int, int]
):
    events = [
        {"item_id": "0", "rating": 1, "at": "2024-01-01T00:00:00.000001Z"},
        {"item_id": "0", "action": "like", "at": "2024-01-01T00:00:00.000002Z"},
    ]

    told = [visitor.tell(events[index]) for index in order]

    assert visitor.feedback() == [
        {"item_id": "0", "action": "like", "at": "2024-01-01T00:00:00.000002Z"}
    ]
    assert told[0]["accepted"] == 1
    assert told[1]["accepted"] == order[1]
    assert visitor.support_version() == 1 + order[1]


@pytest.mark.parametrize("order", [(0, 1), (1, 0)], ids=["older first", "newer first"])
def test_the_newest_event_wins_within_one_request(visitor: Visitor, order: tuple[int, int]):
    events = [
        {"item_id": "0", "rating": 1, "at": "2024-01-01T00:00:00Z"},
        {"item_id": "0", "rating": 4, "at": "2024-01-01T01:00:00+00:30"},
    ]

    told = visitor.tell(*(events[index] for index in order))

    assert visitor.ratings() == {"0": 4}
    assert (told["accepted"], told["ignored"]) == (1, 1)


def test_of_equal_events_without_a_time_the_last_of_a_request_wins(visitor: Visitor):
    told = visitor.tell({"item_id": "0", "rating": 1}, {"item_id": "0", "rating": 4})

    assert visitor.ratings() == {"0": 4}
    assert (told["accepted"], told["ignored"]) == (1, 1)


@pytest.mark.parametrize("named", [False, True], ids=["", "with event ids"])
def test_at_the_same_time_what_comes_later_wins_and_a_retry_changes_nothing(
    visitor: Visitor, named: bool
):
    at = "2024-01-01T00:00:00Z"
    first, second = (
        {"item_id": "0", "rating": rating, "at": at}
        | ({"event_id": f"id {rating}"} if named else {})
        for rating in (1, 4)
    )
    assert [visitor.tell(one)["accepted"] for one in (first, second)] == [1, 1]
    assert visitor.ratings() == {"0": 4}

    assert [visitor.tell(one)["accepted"] for one in (first, second, first)] == [0, 0, 0]
    assert visitor.ratings() == {"0": 4}


def test_a_retry_that_tells_the_time_of_another_place_changes_nothing(visitor: Visitor):
    first = {"item_id": "0", "rating": 1, "at": "2024-01-01T00:00:00Z"}
    visitor.tell(first)
    visitor.tell(first | {"rating": 4})

    told = visitor.tell(first | {"at": "2024-01-01T05:30:00+05:30"})

    assert (told["accepted"], told["ignored"]) == (0, 1)
    assert visitor.ratings() == {"0": 4}


def test_of_equal_times_in_one_request_the_last_wins(visitor: Visitor):
    at = "2024-01-01T00:00:00Z"
    visitor.tell(*({"item_id": "0", "rating": rating, "at": at} for rating in (1, 5, 3)))

    assert visitor.ratings() == {"0": 3}


@pytest.mark.parametrize("second", ["23:59:60Z", "23:59:60.5Z", "18:59:60-05:00"])
def test_a_leap_second_is_a_time(visitor: Visitor, second: str):
    visitor.tell({"item_id": "0", "rating": 4, "at": f"2016-12-31T{second}"})

    assert visitor.feedback()[0]["at"].startswith("2016-12-31T23:59:59")


@pytest.mark.parametrize("time", ["23:60:00Z", "24:00:00Z", "23:59:61Z"])
def test_other_numbers_beyond_a_clock_are_none(visitor: Visitor, time: str):
    event = {"item_id": "0", "rating": 4, "at": f"2016-12-31T{time}"}

    assert_problem(visitor.post({"events": [event]}), 422, "invalid_body")


def test_a_change_of_mind_without_a_time_counts(visitor: Visitor):
    visitor.rate({0: 5})
    told = visitor.rate({0: 2})

    assert (told["accepted"], told["support_size"], told["support_version"]) == (1, 1, 2)
    assert visitor.ratings() == {"0": 2}


@pytest.mark.parametrize(
    "event",
    [
        {"rating": 4},
        {"rating": 3.7, "at": "2024-01-01T00:00:00.5Z"},
        {"rating": 2, "event_id": "an event"},
        {"action": "like", "at": "2024-01-01T00:00:00Z", "event_id": "ein Ereignis \u2014 \u0394"},
        {"action": "unseen"},
        {"rating": 5, "at": "2999-01-01T00:00:00Z"},
    ],
    ids=["no time", "time", "event id", "time and event id", "unseen", "far future"],
)
def test_the_same_request_sent_again_changes_nothing(visitor: Visitor, event: dict):
    request = [{"item_id": item, **event} for item in ("0", "1")]
    first = visitor.tell(*request)
    before = visitor.feedback(), visitor.stored()

    again = [visitor.tell(*request) for _ in range(3)]

    assert (first["accepted"], first["ignored"]) == (2, 0)
    assert all((one["accepted"], one["ignored"]) == (0, 2) for one in again)
    assert all(one["support_version"] == 1 for one in again)
    assert (visitor.feedback(), visitor.stored()) == before


def test_a_late_retry_does_not_undo_a_newer_answer(visitor: Visitor):
    delayed = {"item_id": "0", "rating": 5, "event_id": "the delayed one"}
    visitor.tell(delayed)
    visitor.rate({0: 2})

    assert visitor.tell(delayed)["ignored"] == 1

    assert visitor.ratings() == {"0": 2}
    assert visitor.support_version() == 2


def test_an_event_id_names_an_event_of_one_item_only(visitor: Visitor):
    told = visitor.tell(
        {"item_id": "0", "rating": 5, "event_id": "same"},
        {"item_id": "1", "rating": 4, "event_id": "same"},
    )

    assert told["accepted"] == 2
    assert visitor.ratings() == {"0": 5, "1": 4}


def test_a_clock_that_runs_ahead_does_not_block_later_feedback(visitor: Visitor):
    visitor.tell({"item_id": "0", "rating": 5, "at": "2999-01-01T00:00:00Z"})

    stored_at = datetime.fromisoformat(visitor.feedback()[0]["at"])
    later = datetime.now(UTC)
    with_time = visitor.tell({"item_id": "0", "rating": 3, "at": later.isoformat()})
    without_time = visitor.tell({"item_id": "0", "rating": 1})

    assert stored_at <= later
    assert (with_time["accepted"], without_time["accepted"]) == (1, 1)
    assert visitor.ratings() == {"0": 1}


def test_unseen_neither_trains_nor_hides_but_is_not_asked_again(visitor: Visitor):
    prior = visitor.scores()
    question = visitor.onboarding()[0]["item_id"]

    told = visitor.tell({"item_id": question, "action": "unseen"})

    assert (told["accepted"], told["support_size"]) == (1, 0)
    assert visitor.scores() == prior
    assert question in visitor.recommended(limit=200)
    assert question not in {item["item_id"] for item in visitor.onboarding(limit=200)}


def test_who_gets_to_know_an_item_can_rate_it_after_all(visitor: Visitor):
    visitor.tell({"item_id": "0", "action": "unseen"})

    told = visitor.rate({0: 4})

    assert (told["accepted"], told["support_size"]) == (1, 1)
    assert visitor.ratings() == {"0": 4}
    assert "0" not in visitor.recommended(limit=200)


@pytest.mark.parametrize(
    ("bad", "code", "field"),
    [
        ({"item_id": "no such item", "rating": 4}, "unknown_item", "item_id"),
        ({"item_id": "7", "rating": 6}, "rating_out_of_range", "rating"),
        ({"item_id": "7", "rating": "4"}, "invalid_body", "rating"),
        ({"item_id": "7", "action": "adore"}, "unknown_action", "action"),
        ({"item_id": "7"}, "invalid_body", None),
        ({"item_id": "7", "rating": 4, "at": "yesterday"}, "invalid_body", "at"),
    ],
    ids=lambda value: str(value)[:40],
)
def test_one_bad_event_refuses_all_and_is_named(
    visitor: Visitor, bad: dict, code: str, field: str | None
):
    good = [{"item_id": str(i), "rating": 4} for i in range(5)]

    response = visitor.post({"events": [*good[:3], bad, *good[3:]]})

    problem = assert_problem(response, 422, code)
    place = ["body", "events", 3] + ([field] if field else [])
    assert problem["errors"][0]["loc"] == place
    assert "3" in problem["detail"]
    assert visitor.feedback() == []
    assert visitor.client.get(visitor.path).status_code == 404


def test_feedback_can_be_taken_back_once(visitor: Visitor):
    visitor.rate({0: 5, 1: 4})

    first = visitor.client.delete(f"{visitor.path}/feedback/0")
    second = visitor.client.delete(f"{visitor.path}/feedback/0")

    assert first.status_code == 204
    assert_problem(second, 404, "unknown_feedback")
    assert visitor.ratings() == {"1": 4}
    stored = visitor.stored()
    assert (stored["support_size"], stored["support_version"]) == (1, 2)


def test_feedback_of_an_unknown_user_cannot_be_taken_back(visitor: Visitor):
    response = visitor.client.delete(f"{visitor.path}/feedback/0")

    assert_problem(response, 404, "unknown_feedback")
    assert visitor.client.get(visitor.path).status_code == 404


def test_feedback_taken_back_can_be_given_again(visitor: Visitor):
    event = {"item_id": "0", "rating": 5, "at": "2024-01-01T00:00:00Z", "event_id": "one"}
    visitor.tell(event)
    visitor.client.delete(f"{visitor.path}/feedback/0")

    assert visitor.tell(event)["accepted"] == 1
    assert visitor.support_version() == 3


def test_times_of_the_same_event_may_be_written_in_several_ways(visitor: Visitor):
    spellings = ("2024-01-01T00:00:00Z", "2024-01-01t00:00:00z", "2024-01-01T02:00:00+02:00")

    told = [visitor.tell({"item_id": "0", "rating": 5, "at": at}) for at in spellings]

    assert [one["accepted"] for one in told] == [1, 0, 0]


def test_only_the_users_own_feedback_changes(new_visitor: NewVisitor):
    one, other = new_visitor("one"), new_visitor("other")
    one.rate({0: 5})

    other.rate({0: 1})

    assert one.ratings() == {"0": 5}
    assert one.support_version() == 1


def test_updated_at_follows_the_last_change(visitor: Visitor):
    visitor.rate({0: 5})
    first = visitor.stored()
    visitor.rate({0: 5})
    retried = visitor.stored()
    visitor.rate({0: 4})
    changed = visitor.stored()

    assert retried == first
    assert changed["created_at"] == first["created_at"]
    gap = datetime.fromisoformat(changed["updated_at"]) - datetime.fromisoformat(
        first["updated_at"]
    )
    assert gap > timedelta(0)


def test_a_retry_from_a_clock_that_runs_ahead_does_not_undo_what_came_after(visitor: Visitor):
    ahead = datetime.now(UTC) + timedelta(seconds=1)
    first = {"item_id": "0", "rating": 5, "at": ahead.isoformat()}
    second = {"item_id": "0", "rating": 2, "at": (ahead + timedelta(seconds=0.2)).isoformat()}
    visitor.tell(first)
    version = visitor.tell(second)["support_version"]

    # At once, and again when the time that the events claim has come.
    again = visitor.tell(first)
    while datetime.now(UTC) < ahead + timedelta(seconds=0.3):
        pass
    late = [visitor.tell(event) for event in (first, second)]

    assert [told["accepted"] for told in (again, *late)] == [0, 0, 0]
    assert late[-1]["support_version"] == version
    assert visitor.ratings() == {"0": 2}


def test_of_two_times_to_come_in_one_request_the_later_wins(visitor: Visitor):
    ahead = datetime.now(UTC) + timedelta(hours=1)
    later = {"item_id": "0", "rating": 1, "at": (ahead + timedelta(hours=1)).isoformat()}
    visitor.tell(later, {"item_id": "0", "rating": 5, "at": ahead.isoformat()})

    assert visitor.ratings() == {"0": 1}
