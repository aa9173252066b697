"""`explain=true` tells what would happen without a piece of feedback; here it happens."""

from itertools import pairwise
from random import Random

import pytest

from app.services.recommendations.explanations import MOST_REASONS
from tests.service.visitors import Json, NewVisitor, Visitor

pytestmark = pytest.mark.contract

ROUNDING = 2e-4


# What a list goes by, and the field that shows it.
SHOWN = {"relevance": "relevance", "lift": "lift", "rating": "score"}


def explained(visitor: Visitor, **parameters: str) -> dict[str, Json]:
    answer = visitor.recommendations(limit=200, exclude_seen=False, explain=True, **parameters)
    return {item["item_id"]: item for item in answer["items"]}


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("order", SHOWN)
def test_reasons_agree_with_really_deleting_the_feedback(visitor: Visitor, order: str, seed: int):
    random = Random(seed)
    count = random.choice([1, 2, 4, 7, 12])
    visitor.put({"age": random.randint(18, 80)})
    visitor.rate({item: random.randint(1, 5) for item in random.sample(range(60), count)})
    before = explained(visitor, order=order)
    field = SHOWN[order]
    told = 0

    for rated, rating in visitor.ratings().items():
        visitor.client.delete(f"{visitor.path}/feedback/{rated}")
        without = visitor.values(field)
        visitor.rate({int(rated): rating})
        for item_id, item in before.items():
            for reason in item["because"]:
                if reason["item_id"] == rated:
                    told += 1
                    moved = item[field] - without[item_id]
                    # A predicted rating beyond the scale is shown clipped; its reasons are not.
                    if field != "score" or {item[field], without[item_id]}.isdisjoint({1, 5}):
                        assert reason["effect"] == pytest.approx(moved, abs=ROUNDING)
                    assert reason["rating"] == rating
                    assert reason["title"].endswith(f"Night {rated}")

    assert told == 60 * min(count, MOST_REASONS)


def test_the_strongest_come_first_and_are_not_all_of_one_sign(visitor: Visitor):
    visitor.rate({0: 5, 1: 3, 2: 1, 30: 5, 31: 2, 32: 1, 33: 4, 34: 2})

    effects = [
        [reason["effect"] for reason in item["because"]] for item in explained(visitor).values()
    ]

    assert len(effects) == 60
    for one in effects:
        assert len(one) == MOST_REASONS
        assert all(abs(first) >= abs(second) for first, second in pairwise(one))
    assert any(effect > 0.05 for one in effects for effect in one)
    assert any(effect < -0.05 for one in effects for effect in one)


def test_a_loved_comedy_speaks_for_comedies_and_against_horror(visitor: Visitor):
    visitor.rate({0: 5})

    items = explained(visitor).values()

    assert len(items) == 60
    for item in items:
        (reason,) = item["because"]
        is_comedy = item["attributes"]["genre"] == ["comedy"]
        assert reason["effect"] > 0 if is_comedy else reason["effect"] < 0


def test_a_reason_names_the_feedback_in_these_fields(visitor: Visitor):
    visitor.rate({0: 5, 30: 1})

    because = visitor.recommendations(explain="true", limit=1)["items"][0]["because"]

    assert {reason["item_id"]: reason["rating"] for reason in because} == {"0": 5, "30": 1}
    assert [set(reason) for reason in because] == [{"item_id", "title", "rating", "effect"}] * 2


def test_only_what_counts_as_a_rating_is_a_reason(visitor: Visitor):
    visitor.rate({0: 4})
    visitor.tell(
        {"item_id": "1", "action": "like"},
        {"item_id": "2", "action": "skip"},
        {"item_id": "3", "action": "unseen"},
    )

    reasons = [
        {reason["item_id"]: reason["rating"] for reason in item["because"]}
        for item in explained(visitor).values()
    ]
    assert reasons == [{"0": 4, "1": 5}] * 60


def test_without_feedback_there_are_no_reasons(visitor: Visitor):
    assert [item["because"] for item in explained(visitor).values()] == [[]] * 60


def test_nothing_is_explained_unasked(visitor: Visitor):
    visitor.rate({0: 5})

    plain = visitor.recommendations(limit=200)
    told = visitor.recommendations(limit=200, explain=True)

    assert all(item["because"] == [] for item in plain["items"])
    assert [item | {"because": []} for item in told["items"]] == plain["items"]
    assert told["items"][0]["because"]


def test_with_more_ratings_than_are_learnt_from_the_next_older_one_steps_in(
    new_visitor: NewVisitor,
):
    """60 items can't reach the limit of 100 ratings; `tests/model` has the case itself."""
    visitor = new_visitor("many")
    visitor.rate({item: 1 + item % 5 for item in range(60)})
    before = explained(visitor)
    item = next(item for item in before.values() if item["because"][0]["effect"])
    reason = item["because"][0]

    visitor.client.delete(f"{visitor.path}/feedback/{reason['item_id']}")

    moved = item["relevance"] - visitor.values("relevance")[item["item_id"]]
    assert reason["effect"] == pytest.approx(moved, abs=ROUNDING)
