import httpx
import pytest

from tests.service.visitors import Json, NewVisitor, Visitor, assert_problem, ok

pytestmark = pytest.mark.contract


def test_the_best_candidates_come_first(client: httpx.Client):
    items = ok(client.get("/onboarding/items", params={"limit": 200}))["items"]

    scores = [item["score"] for item in items]
    assert [item["rank"] for item in items] == list(range(1, 61))
    assert scores == sorted(scores, reverse=True)
    assert len(set(scores)) > 30


def test_the_score_is_discrimination_times_popularity(client: httpx.Client):
    items = ok(client.get("/onboarding/items", params={"limit": 200}))["items"]

    for item in items:
        product = item["discrimination"] * item["popularity"]
        assert item["score"] == pytest.approx(product, abs=3e-6)
        assert 0 <= item["discrimination"] <= 1
        assert 0 <= item["popularity"] <= 1
    assert max(item["popularity"] for item in items) == 1


def test_twelve_items_unless_asked_otherwise(client: httpx.Client):
    whole = ok(client.get("/onboarding/items", params={"limit": 200}))["items"]

    assert ok(client.get("/onboarding/items"))["items"] == whole[:12]
    assert ok(client.get("/onboarding/items", params={"limit": 1}))["items"] == whole[:1]


def test_an_item_has_title_and_attributes(client: httpx.Client):
    item = ok(client.get("/onboarding/items", params={"limit": 1}))["items"][0]

    shown = ok(client.get(f"/items/{item['item_id']}"))
    assert {name: item[name] for name in ("item_id", "title", "attributes")} == shown


def test_named_items_are_left_out(client: httpx.Client):
    first, second, third = ok(client.get("/onboarding/items", params={"limit": 3}))["items"]

    without = ok(
        client.get(
            "/onboarding/items",
            params={"limit": 1, "exclude": [first["item_id"], second["item_id"], "gone"]},
        )
    )

    assert without["items"][0]["item_id"] == third["item_id"]
    assert without["items"][0]["rank"] == 1


@pytest.mark.parametrize(
    "answer",
    [{"rating": 5}, {"action": "like"}, {"action": "skip"}, {"action": "unseen"}],
    ids=lambda answer: str(next(iter(answer.values()))),
)
def test_what_is_answered_is_not_asked_again(visitor: Visitor, answer: dict):
    question = visitor.onboarding()[0]["item_id"]

    visitor.tell({"item_id": question, **answer})

    asked = [item["item_id"] for item in visitor.onboarding(limit=200)]
    assert question not in asked
    assert len(asked) == 59


def test_what_is_asked_follows_from_what_was_answered(visitor: Visitor, new_visitor: NewVisitor):
    other = new_visitor("other")
    before = {item["item_id"]: item["discrimination"] for item in visitor.onboarding(limit=200)}

    visitor.rate({0: 5, 30: 1})
    other.rate({10: 5, 11: 4})

    after = {item["item_id"]: item["discrimination"] for item in visitor.onboarding(limit=200)}
    others = {item["item_id"]: item["discrimination"] for item in other.onboarding(limit=200)}
    assert any(abs(after[item] - before[item]) > 0.01 for item in after)
    assert any(abs(after[item] - others[item]) > 0.01 for item in after.keys() & others.keys())


def test_scores_of_a_known_user_are_products_too(visitor: Visitor):
    visitor.rate({0: 5, 30: 1, 31: 2})

    items = visitor.onboarding(limit=200)

    scores = [item["score"] for item in items]
    assert len(scores) == 57
    assert scores == sorted(scores, reverse=True)
    for item in items:
        product = item["discrimination"] * item["popularity"]
        assert item["score"] == pytest.approx(product, abs=3e-6)


def test_when_everything_is_answered_nothing_is_asked(visitor: Visitor):
    visitor.rate(dict.fromkeys(range(60), 3))

    assert visitor.onboarding() == []
    assert visitor.recommended() == []
    assert len(visitor.recommended(exclude_seen=False, limit=200)) == 60


@pytest.mark.parametrize(
    "query", ["limit=0", "limit=201", "user_id=", "user_id=a%2Fb", "user_id=%00", "user=1"]
)
def test_bad_parameters_are_refused(client: httpx.Client, query: str):
    assert_problem(client.get(f"/onboarding/items?{query}"), 422, "invalid_parameter")


@pytest.mark.parametrize("attributes", [{}, {"city": "Rome", "age": 30}])
def test_a_profile_alone_changes_no_question(visitor: Visitor, attributes: dict[str, Json]):
    before = visitor.client.get("/onboarding/items?limit=200").json()["items"]

    ok(visitor.put(attributes), 201)
    visitor.tell({"item_id": "5", "action": "unseen"})

    asked = visitor.onboarding(limit=200)
    unanswered = [item for item in before if item["item_id"] != "5"]
    assert [item | {"rank": 0} for item in asked] == [item | {"rank": 0} for item in unanswered]
