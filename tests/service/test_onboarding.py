import httpx
import pytest

from tests.service.visitors import Json, NewVisitor, Visitor, assert_problem, ok

pytestmark = pytest.mark.contract

STRATEGIES = ("adaptive", "static", "evidence", "popularity")


EVIDENCE = {"limit": 200, "strategy": "evidence"}


def test_the_best_candidates_come_first(client: httpx.Client):
    items = ok(client.get("/onboarding/items", params=EVIDENCE))["items"]

    scores = [item["score"] for item in items]
    assert [item["rank"] for item in items] == list(range(1, 61))
    assert scores == sorted(scores, reverse=True)
    assert len(set(scores)) > 30


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_the_score_is_discrimination_times_popularity(client: httpx.Client, strategy: str):
    asked = {"limit": 200, "strategy": strategy}
    items = ok(client.get("/onboarding/items", params=asked))["items"]

    for item in items:
        product = item["discrimination"] * item["popularity"]
        assert item["score"] == pytest.approx(product, abs=3e-6)
        assert 0 <= item["discrimination"] <= 1
        assert 0 <= item["popularity"] <= 1
    assert max(item["popularity"] for item in items) == 1


def test_twelve_items_unless_asked_otherwise(client: httpx.Client):
    whole = ok(client.get("/onboarding/items", params={"limit": 200}))["items"]

    for parameters, count in (({}, 12), ({"limit": 1}, 1)):
        items = ok(client.get("/onboarding/items", params=parameters))["items"]
        assert [one["item_id"] for one in items] == [one["item_id"] for one in whole[:count]]
        # The more candidates, the more rounding there is in what those before leave to tell.
        gains = [one["gain"] for one in whole[:count]]
        assert [one["gain"] for one in items] == pytest.approx(gains, rel=0.05)


def test_an_item_has_title_and_attributes(client: httpx.Client):
    item = ok(client.get("/onboarding/items", params={"limit": 1}))["items"][0]

    shown = ok(client.get(f"/items/{item['item_id']}"))
    assert {name: item[name] for name in ("item_id", "title", "attributes")} == shown


def test_named_items_are_left_out(client: httpx.Client):
    first, second, third = ok(client.get("/onboarding/items", params=EVIDENCE))["items"][:3]

    without = ok(
        client.get(
            "/onboarding/items",
            params={
                "limit": 1,
                "strategy": "evidence",
                "exclude": [first["item_id"], second["item_id"], "gone"],
            },
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
    before = {one["item_id"]: one["discrimination"] for one in visitor.onboarding(**EVIDENCE)}

    visitor.rate({0: 5, 30: 1})
    other.rate({10: 5, 11: 4})

    after = {one["item_id"]: one["discrimination"] for one in visitor.onboarding(**EVIDENCE)}
    others = {one["item_id"]: one["discrimination"] for one in other.onboarding(**EVIDENCE)}
    assert any(abs(after[item] - before[item]) > 0.01 for item in after)
    assert any(abs(after[item] - others[item]) > 0.01 for item in after.keys() & others.keys())


def test_scores_of_a_known_user_are_products_too(visitor: Visitor):
    visitor.rate({0: 5, 30: 1, 31: 2})

    items = visitor.onboarding(**EVIDENCE)

    scores = [item["score"] for item in items]
    assert len(scores) == 57
    assert scores == sorted(scores, reverse=True)
    for item in items:
        product = item["discrimination"] * item["popularity"]
        assert item["score"] == pytest.approx(product, abs=3e-6)


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_every_strategy_asks_about_everything_that_is_left(visitor: Visitor, strategy: str):
    visitor.rate({0: 5})
    visitor.tell({"item_id": "1", "action": "unseen"})

    answer = visitor.asked(limit=200, strategy=strategy)

    assert answer["strategy"] == strategy
    assert len({one["item_id"] for one in answer["items"]} - {"0", "1"}) == 58
    assert [one["rank"] for one in answer["items"]] == list(range(1, 59))
    for one in answer["items"]:
        assert 0 <= one["familiarity"] <= 1
        assert one["gain"] >= 0
    assert answer["progress"]["answers"] == 2


def test_gains_fall_and_the_first_is_what_progress_tells(visitor: Visitor):
    visitor.rate({0: 5})

    answer = visitor.asked(limit=20)

    gains = [one["gain"] for one in answer["items"]]
    assert answer["strategy"] == "adaptive"
    assert answer["progress"]["gain"] == gains[0] == max(gains) > 0
    assert sum(gains[10:]) < sum(gains[:10])


def test_who_has_said_nothing_is_certain_of_nothing(client: httpx.Client, visitor: Visitor):
    nobody = ok(client.get("/onboarding/items"))
    assert nobody["progress"]["answers"] == 0
    assert nobody["progress"]["certainty"] == 0
    assert not nobody["progress"]["enough"]

    visitor.rate({item: 5 if item < 30 else 1 for item in range(0, 60, 2)})
    known = visitor.asked()["progress"]
    assert known["answers"] == 30
    assert known["certainty"] > 0.5
    assert known["gain"] < nobody["progress"]["gain"]


def test_opposite_answers_lead_to_different_questions(visitor: Visitor, new_visitor: NewVisitor):
    other = new_visitor("other")

    visitor.rate({0: 5, 30: 1})
    other.rate({0: 1, 30: 5})

    def order(one: Visitor) -> list[str]:
        return [item["item_id"] for item in one.onboarding(limit=20)]

    assert order(visitor) != order(other)


def test_the_static_list_is_the_same_for_everybody(visitor: Visitor, client: httpx.Client):
    everybody = ok(client.get("/onboarding/items?strategy=static&limit=200"))["items"]
    asked = [one["item_id"] for one in everybody]
    visitor.rate({int(asked[0]): 5})
    visitor.tell({"item_id": asked[2], "action": "unseen"})

    mine = [one["item_id"] for one in visitor.onboarding(limit=200, strategy="static")]

    assert mine == [asked[1], *asked[3:]]


def test_popularity_asks_about_the_best_known(client: httpx.Client):
    items = ok(client.get("/onboarding/items?strategy=popularity&limit=60"))["items"]
    shares = [one["popularity"] for one in items]
    assert shares == sorted(shares, reverse=True)


def test_a_grid_has_twenty_four_places(client: httpx.Client):
    assert len(ok(client.get("/onboarding/items?mode=grid"))["items"]) == 24
    assert len(ok(client.get("/onboarding/items?mode=grid&limit=9"))["items"]) == 9


def test_more_like_the_one_just_picked(client: httpx.Client):
    near = ok(client.get("/onboarding/items?near=0&limit=10"))["items"]
    far = ok(client.get("/onboarding/items?near=31&limit=10"))["items"]

    assert "0" not in [one["item_id"] for one in near]

    def comedies(items: list[Json]) -> int:
        return sum(one["attributes"]["genre"] == ["comedy"] for one in items)

    assert comedies(near) >= comedies(far) + 4


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_what_is_near_is_ordered_by_any_strategy(client: httpx.Client, strategy: str):
    asked = {"near": "0", "strategy": strategy, "limit": 200}
    found = ok(client.get("/onboarding/items", params=asked))["items"]
    first = ok(client.get("/onboarding/items", params=asked | {"limit": 4}))["items"]

    assert len(found) == 24
    assert [one["item_id"] for one in first] == [one["item_id"] for one in found[:4]]


def test_more_like_what_does_not_exist_is_refused(client: httpx.Client):
    assert_problem(client.get("/onboarding/items?near=gone"), 422, "unknown_item")


def test_no_cache_keeps_questions(client: httpx.Client):
    assert client.get("/onboarding/items").headers["cache-control"] == "private, no-cache"


def test_what_is_unseen_changes_list_and_questions_and_hides_nothing(visitor: Visitor):
    visitor.rate({0: 5})
    before = visitor.recommendations(limit=200)
    asked = visitor.asked()

    for item in (2, 4, 6, 8):
        visitor.tell({"item_id": str(item), "action": "unseen"})

    after = visitor.recommendations(limit=200)
    assert after["strategy"] == "adapted"
    assert after["support_size"] == before["support_size"] == 1
    assert {one["item_id"] for one in after["items"]} == {one["item_id"] for one in before["items"]}
    assert [one["relevance"] for one in after["items"]] != [
        one["relevance"] for one in before["items"]
    ]
    assert [one["score"] for one in sorted(after["items"], key=lambda one: one["item_id"])] == [
        one["score"] for one in sorted(before["items"], key=lambda one: one["item_id"])
    ]
    assert visitor.asked()["progress"]["gain"] != asked["progress"]["gain"]


def test_who_knows_nothing_yet_gets_a_list_of_his_own(visitor: Visitor):
    visitor.tell({"item_id": "0", "action": "unseen"})

    answer = visitor.recommendations()

    assert answer["strategy"] == "adapted"
    assert answer["support_size"] == 0
    assert answer["local_steps"] >= 1


def test_not_now_teaches_nothing(visitor: Visitor):
    before = visitor.recommendations(limit=200)["items"]

    visitor.tell({"item_id": "5", "action": "skip"})

    after = visitor.recommendations(limit=200, exclude_seen=False)
    assert after["strategy"] == "prior"
    assert after["items"] == before


def test_when_everything_is_answered_nothing_is_asked(visitor: Visitor):
    visitor.rate(dict.fromkeys(range(60), 3))

    assert visitor.onboarding() == []
    assert visitor.recommended() == []
    assert len(visitor.recommended(exclude_seen=False, limit=200)) == 60


@pytest.mark.parametrize(
    "query",
    [
        "limit=0",
        "limit=201",
        "strategy=best",
        "mode=list",
        "user_id=a%2Fb",
        "user_id=%00",
        "user=1",
    ],
)
def test_bad_parameters_are_refused(client: httpx.Client, query: str):
    assert_problem(client.get(f"/onboarding/items?{query}"), 422, "invalid_parameter")


@pytest.mark.parametrize("attributes", [{}, {"city": "Rome", "age": 30}])
def test_a_profile_alone_changes_no_question(visitor: Visitor, attributes: dict[str, Json]):
    before = visitor.client.get("/onboarding/items", params=EVIDENCE).json()["items"]

    ok(visitor.put(attributes), 201)
    visitor.tell({"item_id": "5", "action": "skip"})

    asked = visitor.onboarding(**EVIDENCE)
    unanswered = [item for item in before if item["item_id"] != "5"]
    names = ("item_id", "score", "discrimination", "popularity")
    assert [[item[name] for name in names] for item in asked] == [
        [item[name] for name in names] for item in unanswered
    ]
