"""Users: what holds of one service holds of many."""

from datetime import datetime

import pytest

from tests.service.visitors import Visitor, ok

pytestmark = pytest.mark.contract


def test_put_is_201_the_first_time_and_200_after_wherever_it_arrives(visitor: Visitor):
    statuses = [visitor.put({"city": "Rome", "age": 20 + i}).status_code for i in range(6)]

    assert statuses == [201, 200, 200, 200, 200, 200]


def test_a_user_is_shown_with_these_fields_and_times_in_utc(visitor: Visitor):
    visitor.put({"city": "Rome"})
    visitor.rate({0: 5})

    stored = visitor.stored()

    assert set(stored) == {
        "user_id",
        "attributes",
        "support_size",
        "support_version",
        "created_at",
        "updated_at",
    }
    assert (stored["support_size"], stored["support_version"]) == (1, 1)
    for name in ("created_at", "updated_at"):
        assert stored[name].endswith("Z")
        assert datetime.fromisoformat(stored[name])
    assert stored["created_at"] < stored["updated_at"]


def test_every_read_sees_the_write_before_it(visitor: Visitor):
    for age in range(20, 40):
        visitor.put({"age": age})
        assert visitor.stored()["attributes"] == {"age": age}


def test_deleting_is_idempotent_and_forgets_all_everywhere(visitor: Visitor):
    prior = visitor.recommended()
    visitor.put({"city": "Rome"})
    visitor.rate({0: 5, 30: 1})
    for _ in range(6):  # into every worker's memory
        assert visitor.recommendations()["strategy"] == "adapted"

    assert [visitor.client.delete(visitor.path).status_code for _ in range(3)] == [204] * 3

    for _ in range(6):
        assert visitor.client.get(visitor.path).status_code == 404
        assert visitor.recommendations()["strategy"] == "prior"
        assert visitor.recommended() == prior
        assert ok(visitor.get("feedback"))["items"] == []
