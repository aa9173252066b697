"""An anonymous visitor signs up: what was told before counts for the user."""

import pytest

from tests.service.visitors import Json, NewVisitor, Visitor, assert_problem, ok

pytestmark = pytest.mark.contract


@pytest.fixture
def anonymous(new_visitor: NewVisitor) -> Visitor:
    return new_visitor("anonymous")


def merge(user: Visitor, other: Visitor) -> Json:
    return ok(user.client.post(f"{user.path}/merge", json={"from_user_id": other.user_id}))


def test_what_the_visitor_told_counts_for_the_user_at_once(visitor: Visitor, anonymous: Visitor):
    anonymous.rate({0: 5, 1: 5, 30: 1})
    as_anonymous = anonymous.recommended(limit=200)
    ok(visitor.put({}), 201)

    told = merge(visitor, anonymous)

    assert told == {
        "user_id": visitor.user_id,
        "from_user_id": anonymous.user_id,
        "merged": 3,
        "accepted": 3,
        "ignored": 0,
        "attributes_filled": [],
        "support_size": 3,
        "support_version": 1,
    }
    assert visitor.ratings() == {"0": 5, "1": 5, "30": 1}
    assert visitor.recommended(limit=200) == as_anonymous


def test_the_newest_event_of_each_item_wins(visitor: Visitor, anonymous: Visitor):
    times = [f"2024-01-0{day}T00:00:00Z" for day in (1, 2, 3)]
    visitor.tell(*({"item_id": str(i), "rating": 1, "at": times[1]} for i in range(2)))
    anonymous.tell(
        {"item_id": "0", "rating": 4, "at": times[0]},
        {"item_id": "1", "action": "like", "at": times[2]},
        {"item_id": "2", "action": "unseen", "at": times[0]},
    )

    told = merge(visitor, anonymous)

    assert (told["merged"], told["accepted"], told["ignored"]) == (3, 2, 1)
    assert visitor.feedback() == [
        {"item_id": "1", "action": "like", "at": times[2]},
        {"item_id": "0", "rating": 1, "at": times[1]},
        {"item_id": "2", "action": "unseen", "at": times[0]},
    ]


def test_attributes_fill_gaps(visitor: Visitor, anonymous: Visitor):
    ok(visitor.put({"city": "Rome"}), 201)
    ok(anonymous.put({"city": "Oslo", "age": 30}), 201)

    told = merge(visitor, anonymous)

    assert told["attributes_filled"] == ["age"]
    assert visitor.stored()["attributes"] == {"city": "Rome", "age": 30}


def test_the_visitor_is_erased_for_every_worker(visitor: Visitor, anonymous: Visitor):
    anonymous.put({"city": "Oslo"})
    anonymous.rate({0: 5})
    anonymous.recommendations()

    merge(visitor, anonymous)

    for _ in range(6):
        assert_problem(visitor.client.get(anonymous.path), 404, "unknown_user")
        assert anonymous.feedback() == []
        assert anonymous.recommendations()["strategy"] == "prior"
        assert visitor.recommendations()["strategy"] == "adapted"


def test_the_next_list_is_that_of_a_user_with_all_the_feedback(
    visitor: Visitor, anonymous: Visitor, new_visitor: NewVisitor
):
    twin = new_visitor("twin")
    events = [
        {"item_id": "0", "rating": 5, "at": "2024-01-01T00:00:00Z"},
        {"item_id": "30", "rating": 1, "at": "2024-01-02T00:00:00Z"},
    ]
    anonymous.tell(events[0])
    visitor.tell(events[1])
    twin.tell(*events)

    merge(visitor, anonymous)

    assert visitor.scores() == twin.scores()


def test_repeated_it_changes_nothing(visitor: Visitor, anonymous: Visitor):
    visitor.rate({1: 1})
    anonymous.rate({0: 5})
    merge(visitor, anonymous)
    before = visitor.stored(), visitor.feedback()

    again = merge(visitor, anonymous)

    assert (again["merged"], again["accepted"], again["ignored"]) == (0, 0, 0)
    assert (again["support_size"], again["support_version"]) == (2, 2)
    assert (visitor.stored(), visitor.feedback()) == before


def test_nobody_comes_of_two_users_never_seen(visitor: Visitor, anonymous: Visitor):
    told = merge(visitor, anonymous)

    assert (told["merged"], told["support_size"], told["support_version"]) == (0, 0, 0)
    assert_problem(visitor.client.get(visitor.path), 404, "unknown_user")


def test_a_user_cannot_be_merged_with_itself(visitor: Visitor):
    visitor.rate({0: 5})

    response = visitor.client.post(f"{visitor.path}/merge", json={"from_user_id": visitor.user_id})

    problem = assert_problem(response, 422, "same_user")
    assert problem["errors"][0]["loc"] == ["body", "from_user_id"]
    assert visitor.ratings() == {"0": 5}


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"from_user_id": ""},
        {"from_user_id": "a/b"},
        {"from_user_id": 7},
        {"from_user_id": "a", "x": 1},
        [],
        None,
    ],
)
def test_whoever_goes_must_be_named(visitor: Visitor, body: Json):
    response = visitor.client.post(f"{visitor.path}/merge", json=body)

    assert_problem(response, 422, "invalid_body")
