"""Reasons: what a recommendation would be without one piece of feedback."""

import random

import pytest

from tests.service.visitors import NewVisitor, Visitor

ROUNDING = 0.011  # effects and scores are rounded


def test_reasons_are_given_only_when_asked_for(visitor: Visitor):
    visitor.rate({0: 5, 30: 1})

    assert all(not item.get("because") for item in visitor.recommendations()["items"])
    assert all(item["because"] for item in visitor.recommendations(explain="true")["items"])


def test_a_reason_names_the_feedback(visitor: Visitor):
    visitor.rate({0: 5, 30: 1})

    because = visitor.recommendations(explain="true", limit=1)["items"][0]["because"]

    assert {reason["item_id"]: reason["rating"] for reason in because} == {"0": 5, "30": 1}
    for reason in because:
        assert set(reason) == {"item_id", "title", "rating", "effect"}
        assert reason["title"].endswith(f"Night {reason['item_id']}")


def test_the_largest_effect_comes_first(visitor: Visitor):
    visitor.rate({0: 5, 1: 4, 2: 3, 30: 1, 31: 2})

    for item in visitor.recommendations(explain="true")["items"]:
        sizes = [abs(reason["effect"]) for reason in item["because"]]
        assert sizes == sorted(sizes, reverse=True)


def test_a_prior_has_no_reasons(visitor: Visitor):
    assert all(not item["because"] for item in visitor.recommendations(explain="true")["items"])


@pytest.mark.parametrize("seed", range(4))
def test_an_effect_is_what_deleting_that_feedback_takes_away(new_visitor: NewVisitor, seed: int):
    chance = random.Random(seed)
    visitor = new_visitor(f"explained {seed}")
    rated = chance.sample(range(60), chance.randint(2, 6))
    visitor.tell(
        *(
            {"item_id": str(i), "rating": chance.randint(1, 5), "at": f"2024-01-01T00:00:{n:02}Z"}
            for n, i in enumerate(rated)
        )
    )
    explained = visitor.recommendations(explain="true", limit=200)["items"]
    taken = str(chance.choice(rated))

    visitor.client.delete(f"{visitor.path}/feedback/{taken}")
    without = visitor.scores()

    for item in explained:
        effects = {reason["item_id"]: reason["effect"] for reason in item["because"]}
        change = item["score"] - without[item["item_id"]]
        if taken not in effects:
            continue  # only the largest effects need be told
        # Scores are cut to the scale; effects need not be.
        if 1 < item["score"] < 5 and 1 < without[item["item_id"]] < 5:
            assert effects[taken] == pytest.approx(change, abs=ROUNDING)
            assert effects[taken] * change >= -(ROUNDING**2)
