"""Recommendations: what holds of one service holds of many."""

import pytest

from tests.service.visitors import Visitor

pytestmark = pytest.mark.contract


def test_the_answer_has_the_promised_fields(visitor: Visitor):
    visitor.rate({0: 5, 30: 1})

    answer = visitor.recommendations(limit=3)

    assert {
        "user_id",
        "strategy",
        "support_size",
        "support_version",
        "local_steps",
        "model_version",
        "items",
    } <= set(answer)
    assert answer["local_steps"] > 0
    assert [item["rank"] for item in answer["items"]] == [1, 2, 3]
    assert {"item_id", "rank", "score", "title", "attributes"} <= set(answer["items"][0])


def test_all_workers_rank_alike(visitor: Visitor):
    visitor.rate({0: 5, 1: 4, 30: 1})

    answers = [visitor.recommendations(limit=60)["items"] for _ in range(8)]

    assert answers == [answers[0]] * 8
    assert len(answers[0]) == 57


def test_a_tag_is_the_same_everywhere_until_something_changes(visitor: Visitor):
    visitor.rate({0: 5})
    tags = {visitor.get("recommendations").headers["etag"] for _ in range(8)}
    assert len(tags) == 1
    held = {"If-None-Match": tags.pop()}
    path = f"{visitor.path}/recommendations"
    for _ in range(6):
        assert visitor.client.get(path, headers=held).status_code == 304

    visitor.put({"city": "Rome"})

    for _ in range(6):
        assert visitor.client.get(path, headers=held).status_code == 200
