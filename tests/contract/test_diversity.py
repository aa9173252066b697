"""Variety for score."""

import pytest

from tests.service.visitors import Visitor, assert_problem


def genres(visitor: Visitor, diversity: float) -> list[str]:
    answer = visitor.recommendations(limit=10, diversity=diversity)
    return [item["attributes"]["genre"][0] for item in answer["items"]]


@pytest.fixture
def devoted(visitor: Visitor) -> Visitor:
    """Loves comedy and nothing else."""
    visitor.rate({0: 5, 1: 5, 2: 5, 30: 1, 31: 1, 32: 1})
    return visitor


def test_none_is_pure_score_order(devoted: Visitor):
    plain = devoted.recommendations(limit=60)["items"]

    assert devoted.recommendations(limit=60, diversity=0)["items"] == plain
    scores = [item["score"] for item in plain]
    assert scores == sorted(scores, reverse=True)


def test_much_brings_variety(devoted: Visitor):
    assert set(genres(devoted, 0)) == {"comedy"}

    assert set(genres(devoted, 1)) == {"comedy", "horror"}


def test_the_best_item_stays_first(devoted: Visitor):
    best = devoted.recommended(limit=1)

    for diversity in (0.1, 0.5, 0.9):
        assert devoted.recommended(limit=5, diversity=diversity)[:1] == best


def test_no_item_is_named_twice_and_ranks_count_up(devoted: Visitor):
    items = devoted.recommendations(limit=200, diversity=0.5)["items"]

    assert len({item["item_id"] for item in items}) == len(items) == 54
    assert [item["rank"] for item in items] == list(range(1, 55))


def test_scores_stay_the_predicted_ratings(devoted: Visitor):
    scores = devoted.scores()

    for item in devoted.recommendations(limit=20, diversity=0.7)["items"]:
        assert item["score"] == scores[item["item_id"]]


@pytest.mark.parametrize("value", ["-0.1", "1.1", "much", "NaN"])
def test_out_of_bounds_is_refused(visitor: Visitor, value: str):
    assert_problem(visitor.get("recommendations", diversity=value), 422, "invalid_parameter")


def test_another_diversity_is_another_answer(devoted: Visitor):
    tags = {
        devoted.get("recommendations", diversity=value).headers["etag"] for value in (0, 0.3, 0.6)
    }

    assert len(tags) == 3
