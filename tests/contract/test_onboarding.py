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
    }


def test_an_answer_given_anywhere_is_not_asked_for_again_anywhere(visitor: Visitor):
    for _ in range(12):
        asked = visitor.onboarding(limit=1)[0]["item_id"]
        visitor.tell({"item_id": asked, "action": "unseen"})
        for _ in range(3):
            assert asked not in {item["item_id"] for item in visitor.onboarding(limit=200)}
