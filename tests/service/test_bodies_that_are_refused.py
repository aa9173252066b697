"""`POST /recommendations` refuses what feedback, a profile or a query would be refused for."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest

from app.schemas.values import MAX_EVENTS, MAX_NAMED
from tests.running import Service
from tests.service.bodies import ITEMS, LIKED, PATH, ids, ranked
from tests.service.test_bad_input_changes_nothing import JSON, REFUSED_EVENTS
from tests.service.visitors import Json, Visitor, assert_problem

SCREEN = {"shown": ITEMS, "picked": []}
BAD_EVENTS: dict[str, list[Json]] = {
    **{name: [LIKED[0], event] for name, (event, _) in REFUSED_EVENTS.items()},
    "picked and not shown": [{"shown": ["0", "1"], "picked": ["2"]}],
    "shown and unknown": [{"shown": ["0", "x"], "picked": []}],
    "nothing shown": [{"shown": [], "picked": []}],
    "too much shown": [{"shown": ["0"] * 101, "picked": []}],
    "too many items of screens": [SCREEN] * (MAX_EVENTS // len(ITEMS) + 1),
    "half a pair": [{"preferred": "0"}],
    "a pair of one": [{"preferred": "0", "over": "0"}],
    "a pair with an unknown item": [{"preferred": "0", "over": "x"}],
    "a rated pair": [{"preferred": "0", "over": "1", "rating": 3}],
    "an unknown group": [{"groups": {"g": 1}}],
    "no points": [{"groups": {"g": 0}}],
    "negative points": [{"groups": {"g": -1}}],
    "a weight of nothing": [{"item_id": "0", "rating": 3, "weight": 0}],
    "another source": [{"item_id": "0", "rating": 3, "source": "elsewhere"}],
    "too many events": [{"item_id": "0", "rating": 3}] * (MAX_EVENTS + 1),
    "many faults": [{"item_id": "0"}] * 30,
    "no event": [None],
}


@pytest.mark.parametrize("events", BAD_EVENTS.values(), ids=BAD_EVENTS)
def test_a_bad_event_is_refused_as_feedback_is(visitor: Visitor, events: list[Json]):
    # Escapes, because half a surrogate pair has no UTF-8.
    sent = {"content": json.dumps({"feedback": events}), "headers": JSON}
    answer = visitor.client.post(PATH, **sent)
    told = {"content": json.dumps({"events": events}), "headers": JSON}
    expected = visitor.client.post(f"{visitor.path}/feedback", **told)

    problem = assert_problem(answer, 422, expected.json()["code"])

    assert expected.status_code == 422
    assert problem == json.loads(
        expected.text.replace('"events"', '"feedback"').replace("body.events", "body.feedback")
    )
    assert len(problem.get("errors", [])) <= 20


BAD_BODIES = {
    "misspelt field": ({"feedbak": []}, "invalid_body"),
    "a cursor": ({"cursor": "x"}, "invalid_body"),
    "a user": ({"user_id": "ann"}, "invalid_body"),
    "a single event": ({"item_id": "0", "rating": 5}, "invalid_body"),
    "no list": ({"feedback": None}, "invalid_body"),
    "a list": ([], "invalid_body"),
    "limit of nothing": ({"limit": 0}, "invalid_body"),
    "limit as text": ({"limit": "20"}, "invalid_body"),
    "long list of the catalogue": ({"limit": 201}, "invalid_body"),
    "long list with reasons": (
        {"limit": 201, "candidates": ITEMS, "explain": True},
        "invalid_body",
    ),
    "too long a list": ({"limit": MAX_NAMED + 1, "candidates": ["0"]}, "invalid_body"),
    "truth as text": ({"explain": "true"}, "invalid_body"),
    "truth as number": ({"exclude_seen": 0}, "invalid_body"),
    "number as text": ({"diversity": "0.5"}, "invalid_body"),
    "beyond one": ({"explore": 1.5}, "invalid_body"),
    "another order": ({"order": "title"}, "invalid_body"),
    "one filter": ({"filter": "genre:comedy"}, "invalid_body"),
    "a filter without a value": ({"filter": ["genre"]}, "invalid_filter"),
    "a filter on nothing": ({"filter": ["shoe:1"]}, "unknown_attribute"),
    "an id with a slash": ({"exclude": ["a/b"]}, "invalid_body"),
    "a candidate that is a number": ({"candidates": [1]}, "invalid_body"),
    "an unknown attribute": ({"attributes": {"shoe": 1}}, "unknown_attribute"),
    "a value of another kind": ({"attributes": {"age": "young"}}, "invalid_attribute"),
    "nested attributes": ({"attributes": {"age": {"years": 3}}}, "invalid_body"),
}


@pytest.mark.parametrize(("body", "code"), BAD_BODIES.values(), ids=BAD_BODIES)
def test_a_bad_body_is_refused(client: httpx.Client, body: Json, code: str):
    assert_problem(client.post(PATH, json=body), 422, code)


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", "/recommendations", '{"limit": 1, "limit": 2}'),
        ("POST", "/users/{user}/feedback", '{"item_id": "0", "rating": 5, "rating": 1}'),
        (
            "POST",
            "/users/{user}/feedback",
            '{"events": [{"item_id": "0", "rating": 5}, {"item_id": "1", "rating": 2, '
            '"\\u0072ating": 2}]}',
        ),
        ("PUT", "/users/{user}", '{"attributes": {"age": 20, "age": 30}}'),
        ("PUT", "/items/odd", '{"title": "A", "attributes": {}, "title": "B"}'),
        ("POST", "/users/{user}/feedback", '{"events": [], "\\ud800": 1, "\\ud800": 2}'),
    ],
)
def test_a_body_that_names_something_twice_is_refused(
    visitor: Visitor, method: str, path: str, body: str
):
    path = path.format(user=visitor.path.removeprefix("/users/"))
    sent = {"content": body, "headers": JSON}

    problem = assert_problem(visitor.client.request(method, path, **sent), 422, "invalid_body")

    assert problem["errors"][0]["loc"] == ["body"]
    assert "more than once" in problem["detail"]
    assert visitor.client.get("/items/odd").status_code == 404
    assert visitor.client.get(visitor.path).status_code == 404


def test_attributes_are_refused_as_a_profile_is(visitor: Visitor):
    for attributes in ({"shoe": 1}, {"age": "young"}, {"city": [1]}):
        answer = visitor.client.post(PATH, json={"attributes": attributes})
        assert answer.status_code == 422
        assert answer.json() == visitor.put(attributes).json()


ANY_OTHER = "an attribute is a text, a number, a list of texts, or null"
NO_ATTRIBUTES = {
    "true": ANY_OTHER,
    '{"a": 1}': ANY_OTHER,
    "{}": ANY_OTHER,
    '["a", 7]': "entry 1 of the list is no text",
    '["a", "\\ud800"]': "the text holds half of a surrogate pair",
    json.dumps(["a"] * 1001): "a list has at most 1,000 entries",
    '"\\ud800"': "the text holds half of a surrogate pair",
    f'"{"x" * 10_001}"': "a text has at most 10,000 characters",
    "1e999": "a number is finite",
    "-Infinity": "a number is finite",
    "NaN": "a number is finite",
    "9" * 400: "a number is finite",
}


@pytest.mark.parametrize("value", NO_ATTRIBUTES, ids=lambda value: value[:12])
@pytest.mark.parametrize(
    ("method", "path", "body", "place"),
    [
        ("PUT", "/users/{user}", '{{"attributes":{{"city":{0}}}}}', ["attributes", "city"]),
        ("POST", PATH, '{{"attributes":{{"city":{0}}}}}', ["attributes", "city"]),
        ("PUT", "/items/odd", '{{"title":"A","attributes":{{"x":{0}}}}}', ["attributes", "x"]),
        (
            "POST",
            "/items",
            '{{"items":[{{"item_id":"odd","title":"A","attributes":{{"x":{0}}}}}]}}',
            ["items", 0, "attributes", "x"],
        ),
    ],
)
def test_what_no_attribute_can_be_is_told_once_and_where(
    visitor: Visitor, method: str, path: str, body: str, place: list[str | int], value: str
):
    path = path.format(user=visitor.path.removeprefix("/users/"))
    sent = {"content": body.format(value), "headers": JSON}

    problem = assert_problem(visitor.client.request(method, path, **sent), 422, "invalid_body")

    told = {"loc": ["body", *place], "message": NO_ATTRIBUTES[value]}
    assert problem["errors"] == [told]


def test_the_largest_attributes_are_taken(visitor: Visitor):
    for value in (2**63 - 1, -(2**63) + 1, 1e308, "x" * 10_000, None):
        stored = visitor.put({"city": value}).json()["attributes"]
        assert stored == {"city": value}
    assert visitor.put({"city": 10**30}).json()["attributes"] == {"city": 1e30}


@pytest.fixture(scope="module")
def by_rating(
    bundle_of: Callable[[str], Path], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[httpx.Client]:
    """A service of the preset that knows predicted ratings alone."""
    service = Service(bundle_of("melu"), tmp_path_factory.mktemp("melu")).start()
    with service.client() as client:
        yield client
    service.stop()


def test_what_a_preset_can_not_do_is_a_fault_of_the_body(by_rating: httpx.Client):
    answer = ranked(by_rating, feedback=LIKED, candidates=["2", "3"], explain=True)
    assert answer["strategy"] == "adapted"
    assert sorted(ids(answer)) == ["2", "3"]

    for body in ({"order": "lift"}, {"explore": 0.5}):
        problem = assert_problem(by_rating.post(PATH, json=body), 422, "invalid_body")
        assert problem["detail"].startswith(f"body, {next(iter(body))}: ")
