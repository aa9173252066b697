import httpx
import pytest

from tests.service.visitors import NewVisitor, Visitor, ok

pytestmark = pytest.mark.contract


def test_gets_recommendations_from_theta_as_it_is(visitor: Visitor):
    answer = visitor.recommendations()

    assert answer["user_id"] == visitor.user_id
    assert answer["strategy"] == "prior"
    assert (answer["support_size"], answer["support_version"], answer["local_steps"]) == (0, 0, 0)
    assert len(answer["items"]) == 20


def test_is_asked_what_anyone_is_asked(visitor: Visitor, client: httpx.Client):
    anyone = ok(client.get("/onboarding/items"))["items"]

    assert visitor.onboarding() == anyone


def test_has_given_no_feedback(visitor: Visitor):
    assert visitor.feedback() == []


def test_leaves_no_trace_by_asking(visitor: Visitor, client: httpx.Client):
    visitor.recommendations()
    visitor.onboarding()
    visitor.feedback()

    assert client.get(visitor.path).status_code == 404


def test_with_attributes_only_still_gets_the_prior(visitor: Visitor):
    ok(visitor.put({"city": "Rome", "age": 30}), 201)

    answer = visitor.recommendations()

    assert answer["strategy"] == "prior"
    assert (answer["support_size"], answer["support_version"], answer["local_steps"]) == (0, 0, 0)


def test_with_feedback_that_teaches_nothing_still_gets_the_prior(visitor: Visitor):
    told = visitor.tell({"item_id": "0", "action": "skip"})

    answer = visitor.recommendations()

    assert (told["accepted"], told["support_size"]) == (1, 0)
    assert (answer["strategy"], answer["support_size"]) == ("prior", 0)
    assert answer["support_version"] == told["support_version"] == 1


def test_gets_the_same_whoever_else_has_taught_the_service(new_visitor: NewVisitor):
    """θ does not change while the service runs."""
    before = new_visitor("before").scores()
    for number in range(6):
        taught = new_visitor(f"teacher {number}")
        taught.rate({item: 5 if item < 30 else 1 for item in range(number, 60, 2)})
        taught.recommendations()

    after = new_visitor("after").scores()

    assert len(before) == 60
    assert after == before
