"""A parameter that is sent empty is one not sent, as a form or a template sends it."""

import pytest

from tests.service.visitors import Visitor, assert_problem, ok


@pytest.mark.parametrize(
    ("path", "empty", "absent"),
    [
        ("/onboarding/items", "limit=2&user_id=&strategy=&mode=&near=&exclude=", "limit=2"),
        ("/onboarding/items", "limit=", ""),
        ("{user}/feedback", "limit=&cursor=", ""),
        (
            "{user}/recommendations",
            "limit=1&cursor=&filter=&exclude=&order=&diversity=&explain=&explore=&exclude_seen=",
            "limit=1",
        ),
        ("{user}/recommendations", "filter=&filter=genre:comedy", "filter=genre:comedy"),
        ("/items", "query=&limit=1&cursor=&filter=", "limit=1"),
        # Twice in a form, and filled in once.
        ("{user}/recommendations", "limit=&limit=6", "limit=6"),
        ("{user}/recommendations", "limit=6&limit=", "limit=6"),
        (
            "{user}/recommendations",
            "limit&diversity=&limit=6&diversity=0.5&limit",
            "limit=6&diversity=0.5",
        ),
        (
            "/onboarding/items",
            "limit=3&limit=&strategy=popularity&strategy=",
            "limit=3&strategy=popularity",
        ),
        ("/items", "query=&query=comedy&&", "query=comedy"),
        ("{user}/feedback", "limit=&limit=", ""),
    ],
)
def test_an_empty_parameter_is_none(visitor: Visitor, path: str, empty: str, absent: str):
    path = path.format(user=visitor.path)

    sent, left_out = (ok(visitor.client.get(f"{path}?{query}")) for query in (empty, absent))

    for answer in (sent, left_out):
        # Of two requests, each freezes a list of its own.
        answer.pop("list_id", None)
        answer.pop("next_cursor", None)
    assert sent == left_out


def test_two_values_of_one_parameter_are_refused(visitor: Visitor):
    response = visitor.client.get(f"{visitor.path}/recommendations?limit=6&limit=&limit=6")

    problem = assert_problem(response, 422, "invalid_parameter")

    assert problem["errors"] == [{"loc": ["query", "limit"], "message": "given more than once"}]
