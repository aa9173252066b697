from datetime import datetime

import httpx
import pytest

from tests.service.visitors import NewVisitor, Visitor, assert_problem, ok

pytestmark = pytest.mark.contract


def test_the_first_put_creates_and_the_next_replaces(visitor: Visitor):
    created = ok(visitor.put({"city": "Rome", "age": 25}), 201)
    replaced = ok(visitor.put({"age": 26}), 200)

    assert created["attributes"] == {"city": "Rome", "age": 25}
    assert created["warnings"] == []
    assert replaced["attributes"] == {"age": 26}
    assert replaced["created_at"] == created["created_at"]
    assert datetime.fromisoformat(replaced["updated_at"]) > datetime.fromisoformat(
        created["updated_at"]
    )


def test_what_was_put_can_be_read(visitor: Visitor):
    put = ok(visitor.put({"city": "Rome", "age": 25.5}), 201)

    stored = visitor.stored()

    assert stored == {name: value for name, value in put.items() if name != "warnings"}
    assert stored["user_id"] == visitor.user_id
    assert (stored["support_size"], stored["support_version"]) == (0, 0)
    assert stored["created_at"].endswith("Z")


def test_a_profile_after_feedback_is_of_a_known_user_and_keeps_the_feedback(visitor: Visitor):
    visitor.rate({0: 5, 1: 4})

    put = ok(visitor.put({"city": "Oslo"}), 200)

    assert (put["support_size"], put["support_version"]) == (2, 1)
    assert visitor.ratings() == {"0": 5, "1": 4}


def test_a_value_that_training_never_saw_is_kept_and_named(visitor: Visitor):
    put = ok(visitor.put({"city": "Atlantis", "age": 40}), 201)

    assert [warning.partition(":")[0] for warning in put["warnings"]] == ["city"]
    assert visitor.stored()["attributes"] == {"city": "Atlantis", "age": 40}


def test_a_value_that_training_never_saw_counts_as_unknown(new_visitor: NewVisitor):
    stranger, silent = new_visitor("stranger"), new_visitor("silent")
    stranger.put({"city": "Atlantis"})
    silent.put({})
    for one in (stranger, silent):
        one.rate({0: 5})

    assert stranger.scores() == silent.scores()


def test_a_number_outside_what_training_saw_is_kept_and_named(visitor: Visitor):
    put = ok(visitor.put({"age": 2000}), 201)

    assert [warning.partition(":")[0] for warning in put["warnings"]] == ["age"]
    assert put["attributes"] == {"age": 2000}
    assert visitor.recommendations()["items"]


def test_null_is_not_known_and_no_warning(visitor: Visitor):
    put = ok(visitor.put({"city": None, "age": None}), 201)

    assert put["warnings"] == []
    assert put["attributes"] == {"city": None, "age": None}
    assert visitor.recommendations()["strategy"] == "prior"


def test_a_profile_may_be_empty(visitor: Visitor):
    assert ok(visitor.client.put(visitor.path, json={}), 201)["attributes"] == {}


@pytest.mark.parametrize("city", ["Zürich", "東京", "a\x00b", "\U0001f3d9\ufe0f", 'it\'s "x"', ""])
def test_any_text_comes_back_as_it_was(visitor: Visitor, city: str):
    ok(visitor.put({"city": city}), 201)

    assert visitor.stored()["attributes"] == {"city": city}


def test_an_unknown_attribute_is_refused_and_the_known_ones_are_told(visitor: Visitor):
    problem = assert_problem(visitor.put({"shoe_size": 43}), 422, "unknown_attribute")

    assert all(name in problem["detail"] for name in ("shoe_size", "city", "age"))
    assert problem["errors"][0]["loc"] == ["body", "attributes", "shoe_size"]
    assert visitor.client.get(visitor.path).status_code == 404


@pytest.mark.parametrize(
    ("attributes", "code"),
    [
        ({"city": ["Rome", "Oslo"]}, "invalid_attribute"),
        ({"age": "old"}, "invalid_attribute"),
        ({"age": "nan"}, "invalid_attribute"),
        ({"age": "1e999"}, "invalid_attribute"),
        ({"age": [30]}, "invalid_body"),
        ({"age": True}, "invalid_body"),
        ({"city": {"name": "Rome"}}, "invalid_body"),
        ({"city": "x" * 10_001}, "invalid_body"),
        ({"x" * 1001: 1}, "invalid_body"),
        ({f"name {i}": 1 for i in range(101)}, "invalid_body"),
        (["city", "Rome"], "invalid_body"),
        (None, "invalid_body"),
        ("Rome", "invalid_body"),
    ],
    ids=lambda value: str(value)[:30] if not isinstance(value, str) else value,
)
def test_a_value_of_the_wrong_kind_is_refused(visitor: Visitor, attributes: object, code: str):
    assert_problem(visitor.put(attributes), 422, code)

    assert visitor.client.get(visitor.path).status_code == 404


@pytest.mark.parametrize(
    ("attributes", "message"),
    [
        ({"age": 30, "city": ["Rome", "Oslo"]}, "expected one text"),
        ({"city": "Rome", "age": "old"}, "expected a number"),
    ],
)
def test_it_is_told_which_attribute_has_a_value_of_the_wrong_kind(
    visitor: Visitor, attributes: dict[str, object], message: str
):
    body = {"attributes": attributes}
    wrong = list(attributes)[1]

    for answer in (visitor.put(attributes), visitor.client.post("/recommendations", json=body)):
        problem = assert_problem(answer, 422, "invalid_attribute")
        assert problem["errors"] == [{"loc": ["body", "attributes", wrong], "message": message}]
        assert problem["detail"] == f"attribute {wrong!r}: {message}."


def test_a_bad_profile_leaves_the_one_before(visitor: Visitor):
    ok(visitor.put({"city": "Rome"}), 201)
    before = visitor.stored()

    assert visitor.put({"city": "Oslo", "shoe_size": 43}).status_code == 422

    assert visitor.stored() == before


def test_a_user_of_whom_nothing_is_stored_is_not_found(visitor: Visitor, client: httpx.Client):
    assert_problem(client.get(visitor.path), 404, "unknown_user")
