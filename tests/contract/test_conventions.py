"""Conventions: ids, errors, request ids."""

import httpx
import pytest

from tests.service.test_bad_input_changes_nothing import (  # noqa: F401
    test_a_valid_odd_id_works_from_end_to_end,
    test_an_id_with_a_slash_in_a_path,
    test_an_odd_id_in_a_path,
)
from tests.service.test_operations import (  # noqa: F401
    test_a_method_that_a_path_does_not_have_is_a_problem,
    test_a_path_that_does_not_exist_is_a_problem,
    test_every_answer_carries_a_request_id_of_its_own_otherwise,
    test_every_answer_carries_the_callers_request_id,
)
from tests.service.visitors import Visitor, assert_problem

pytestmark = pytest.mark.contract

CODES = {
    "unknown_item": ("GET", "/items/no such item", None, 404),
    "rating_out_of_range": ("POST", "/users/c/feedback", {"item_id": "0", "rating": 9}, 422),
    "unknown_attribute": ("PUT", "/users/c", {"attributes": {"shoe": 1}}, 422),
    "invalid_body": ("POST", "/users/c/feedback", {"item_id": "0"}, 422),
    "invalid_cursor": ("GET", "/users/c/feedback?cursor=x", None, 400),
    "unknown_feedback": ("DELETE", "/users/c/feedback/0", None, 404),
    "payload_too_large": ("POST", "/users/c/feedback", {"item_id": "0" * 600_000}, 413),
}


@pytest.mark.parametrize("code", CODES)
def test_a_stable_word_for_each_problem(client: httpx.Client, code: str):
    method, path, body, status = CODES[code]

    assert_problem(client.request(method, path, json=body), status, code)


def test_a_body_that_fails_names_every_fault(visitor: Visitor):
    problem = assert_problem(
        visitor.post({"events": [{"item_id": "0"}, {"rating": 3}]}), 422, "invalid_body"
    )

    assert [fault["loc"][:3] for fault in problem["errors"]] == [
        ["body", "events", 0],
        ["body", "events", 1],
    ]


def test_an_unknown_attribute_is_answered_with_those_that_there_are(visitor: Visitor):
    problem = assert_problem(visitor.put({"shoe": 1}), 422, "unknown_attribute")

    assert "city" in problem["detail"]
    assert "age" in problem["detail"]
