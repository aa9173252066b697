"""However a body of the largest size is made, to refuse it takes little time, and few words."""

import json
import time

import pytest

from tests.service.visitors import Visitor, assert_problem

pytestmark = pytest.mark.clock

SIZE = 500_000


def object_of(value: str) -> str:
    entries = SIZE // (len(value) + 10)
    return "{" + ",".join(f'"a{at}":{value}' for at in range(entries)) + "}"


def object_of_few(value: str) -> str:
    return "{" + ",".join(f'"a{at}":{value}' for at in range(90)) + "}"


def array_of(value: str) -> str:
    return "[" + ",".join([value] * (SIZE // (len(value) + 1))) + "]"


def list_of(value: str) -> str:
    return "[" + ",".join([value] * 900) + "]"


FIELDS = [
    *("item_id", "rating", "action", "weight", "source", "shown", "picked", "preferred", "over"),
    *("groups", "at", "event_id"),
]
BODIES = {
    "unknown fields": object_of("1"),
    "a name as long as a body": '{"' + "x" * SIZE + '":1}',
    "events that are numbers": f'{{"events":{array_of("1")}}}',
    "empty events": f'{{"events":{array_of("{}")}}}',
    "an event of unknown fields": f'{{"events":[{object_of("1")}]}}',
    "events of unknown fields": f'{{"events":[{",".join([object_of_few("1")] * 450)}]}}',
    "a long screen": f'{{"events":[{{"picked":[],"shown":{array_of("1")}}}]}}',
    "many groups": f'{{"events":[{{"groups":{object_of(chr(34) + "x" + chr(34))}}}]}}',
    "attributes that are objects": f'{{"title":"x","attributes":{object_of("{}")}}}',
    "a list of objects": f'{{"title":"x","attributes":{{"genre":{array_of("{}")}}}}}',
    "lists of objects": f'{{"title":"x","attributes":{object_of_few(list_of("{}"))}}}',
    "lists of numbers": f'{{"title":"x","attributes":{object_of_few(list_of("1"))}}}',
    "groups of events that are none": '{"events":['
    + ",".join(['{"groups":{' + ",".join(f'"/{at}":-1' for at in range(24)) + "}}"] * 500)
    + "]}",
    "events of which all is wrong": '{"events":['
    + ",".join([json.dumps({key: {"/": -1} for key in FIELDS})] * 450)
    + "]}",
    "items that are numbers": f'{{"items":{array_of("1")}}}',
    "empty items": f'{{"items":{array_of("{}")}}}',
    "a deep one": '{"events":' + "[" * 100_000 + "]" * 100_000 + "}",
    "a long number": '{"events":[{"item_id":"0","rating":' + "9" * SIZE + "}]}",
    "no JSON": "{" * SIZE,
}


@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES)
def test_a_bad_body_is_refused_soon_and_shortly(visitor: Visitor, body: str):
    client = visitor.client
    calls = [
        ("POST", f"{visitor.path}/feedback"),
        ("PUT", visitor.path),
        ("POST", f"{visitor.path}/merge"),
        ("PUT", "/items/new"),
        ("POST", "/items"),
        ("POST", "/recommendations"),
    ]
    for method, path in calls:
        took = []
        for _ in range(3):
            began = time.perf_counter()
            answer = client.request(
                method, path, content=body, headers={"Content-Type": "application/json"}
            )
            took.append(time.perf_counter() - began)
        problem = assert_problem(answer, 422, "invalid_body")
        assert len(answer.content) < 8_000
        assert len(problem["errors"]) <= 20
        # To send and to read half a megabyte takes its time too, and the machine may be busy.
        assert min(took) < 0.15, (method, path, took)
    assert client.get(f"{visitor.path}").status_code == 404


def test_bad_events_are_named(visitor: Visitor):
    good = {"item_id": "0", "rating": 5}
    answer = visitor.post({"events": [good, good | {"rating": "5"}, good | {"item_id": 7}]})

    errors = assert_problem(answer, 422, "invalid_body")["errors"]
    assert [one["loc"][:3] for one in errors] == [["body", "events", 1], ["body", "events", 2]]
    assert json.loads(answer.content)["detail"].startswith("body.events.1")
