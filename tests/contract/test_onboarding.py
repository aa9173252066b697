"""Onboarding: what holds of one service holds of many."""

import pytest

from tests.service.visitors import Visitor

pytestmark = pytest.mark.contract


def test_the_items_have_these_fields(visitor: Visitor):
    item = visitor.onboarding()[0]

    assert set(item) == {
        "item_id",
        "title",
        "attributes",
        "rank",
        "score",
        "discrimination",
        "popularity",
        "familiarity",
        "gain",
    }


def test_the_answer_has_these_fields(visitor: Visitor):
    answer = visitor.asked()

    assert set(answer) == {"model_version", "strategy", "progress", "items"}
    assert set(answer["progress"]) == {"answers", "certainty", "gain", "enough"}


@pytest.mark.parametrize("strategy", ["adaptive", "static", "evidence", "popularity"])
@pytest.mark.parametrize("mode", ["items", "grid", "pair", "groups"])
def test_every_strategy_is_the_same_everywhere(visitor: Visitor, strategy: str, mode: str):
    visitor.tell({"item_id": "0", "action": "like"}, {"shown": ["3", "4"], "picked": ["3"]})

    answers = [visitor.asked(strategy=strategy, mode=mode) for _ in range(4)]

    assert all(answer == answers[0] for answer in answers)
    assert answers[0]["strategy"] == strategy


def test_an_answer_given_anywhere_is_not_asked_for_again_anywhere(visitor: Visitor):
    for _ in range(12):
        asked = visitor.onboarding(limit=1)[0]["item_id"]
        visitor.tell({"item_id": asked, "action": "unseen"})
        for _ in range(3):
            assert asked not in {item["item_id"] for item in visitor.onboarding(limit=200)}
