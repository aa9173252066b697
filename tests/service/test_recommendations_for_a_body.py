"""`POST /recommendations` ranks as for a stored user, and stores nothing."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random
from typing import Any

import httpx
import pytest

from app.schemas.values import MAX_EVENTS, MAX_NAMED
from model.bundle.bundle import load_bundle
from model.estimator import EXACT_AMONG
from scripts.benchmark.grown import write_grown
from tests.running import RedisServer, Service, wait_for
from tests.service.test_bad_input_changes_nothing import JSON, REFUSED_EVENTS
from tests.service.visitors import Json, NewVisitor, Visitor, assert_problem, ok

PATH = "/recommendations"
USERS = 200
ITEMS = [str(number) for number in range(60)]
ORDERS = [None, "relevance", "rating", "lift"]
ONLY_OF_STORED = {"user_id", "support_version", "next_cursor"}
LIKED = [{"item_id": "0", "rating": 5}, {"item_id": "1", "rating": 4}]


def ranked(client: httpx.Client, **body: Json) -> Json:
    return ok(client.post(PATH, json=body))


def ids(answer: Json) -> list[str]:
    return [item["item_id"] for item in answer["items"]]


def some_event(random: Random, groups: list[str]) -> dict[str, Json]:
    """An event of any kind, that may be on any item."""
    item, other = random.sample(ITEMS, 2)
    event: dict[str, Json] = {"item_id": item}
    match random.randrange(8):
        case 0 | 1:
            event["rating"] = random.randint(2, 10) / 2
        case 2 | 3:
            event["action"] = random.choice(["like", "dislike", "click", "skip", "unseen"])
        case 4:
            shown = random.sample(ITEMS, random.randint(1, 8))
            event = {"shown": shown, "picked": random.sample(shown, random.randint(0, len(shown)))}
        case 5:
            event = {"preferred": item, "over": other}
        case 6:
            points = {one: random.randint(0, 4) for one in random.sample(groups, 2)}
            event = {"groups": points | {groups[0]: 1.5}}
        case 7:
            event |= {"rating": random.randint(1, 5), "source": "onboarding"}
    if "item_id" in event and random.random() < 0.4:
        event["weight"] = random.choice([0.5, 2, 30])
    if random.random() < 0.6:
        # Few times, so that some are equal, and one that is still to come.
        event["at"] = f"{random.choice([2001, 2002, 2003, 2999])}-01-01T00:00:00Z"
    if random.random() < 0.2:
        event["event_id"] = f"e{random.randrange(3)}"
    return event


def some_parameters(random: Random) -> dict[str, Json]:
    parameters: dict[str, Json] = {
        "limit": random.choice([1, 20, 60, 200]),
        "exclude_seen": random.random() < 0.7,
        "explain": random.random() < 0.3,
    }
    if (order := random.choice(ORDERS)) is not None:
        parameters["order"] = order
    if random.random() < 0.3:
        parameters["diversity"] = random.choice([0.2, 1])
    if random.random() < 0.3:
        parameters["filter"] = ["genre:comedy", "year:1950..1990"]
    if random.random() < 0.3:
        parameters["exclude"] = random.sample(ITEMS, 5)
    return parameters


@pytest.mark.parametrize("part", range(4))
def test_the_answer_is_that_for_a_stored_user(new_visitor: NewVisitor, part: int):
    groups = [one["group_id"] for one in new_visitor("nobody").asked(mode="groups")["groups"]]
    told = {"adapted": 0, "prior": 0, "because": 0, "warnings": 0}
    for number in range(part * USERS // 4, (part + 1) * USERS // 4):
        random, visitor = Random(number), new_visitor(f"user {number}")
        events = [some_event(random, groups) for _ in range(random.choice([0, 1, 2, 5, 15, 40]))]
        attributes = {
            "age": random.randint(5, 80),
            "city": random.choice(["Rome", "Nowhere", None]),
        }
        parameters = some_parameters(random)
        put = ok(visitor.put(attributes), 201)
        if events:
            visitor.tell(*events)

        stored = visitor.recommendations(**parameters)
        answer = ranked(visitor.client, feedback=events, attributes=attributes, **parameters)

        assert answer["items"] == stored["items"], number
        assert answer["warnings"] == put["warnings"]
        assert answer.keys() == (stored.keys() - ONLY_OF_STORED) | {"warnings"}
        for name in ("strategy", "support_size", "local_steps", "model_version"):
            assert answer[name] == stored[name], name
        told[answer["strategy"]] += 1
        told["because"] += sum(bool(item["because"]) for item in answer["items"])
        told["warnings"] += bool(answer["warnings"])
    assert all(told.values()), told


def test_an_empty_body_gets_the_list_of_the_prior(client: httpx.Client, visitor: Visitor):
    response = client.post(PATH, json={})
    answer = ok(response)

    assert answer["items"] == visitor.recommendations()["items"]
    assert (answer["strategy"], answer["support_size"], answer["local_steps"]) == ("prior", 0, 0)
    assert answer["warnings"] == []
    assert ONLY_OF_STORED.isdisjoint(answer)
    assert response.headers["cache-control"] == "private, no-store"
    assert "etag" not in response.headers
    assert "local_update;dur=" in response.headers["server-timing"]


def test_equal_bodies_have_equal_lists_and_others_have_others(client: httpx.Client):
    body = {"feedback": LIKED, "explore": 0.5}
    first, same = ranked(client, **body), ranked(client, **body)
    longer, other = ranked(client, **body, limit=30), ranked(client, feedback=LIKED)

    assert first == same
    assert longer["list_id"] == first["list_id"]
    assert longer["items"][:20] == first["items"]
    assert other["list_id"] != first["list_id"]


def test_of_two_events_on_an_item_the_newer_counts_and_then_the_later(client: httpx.Client):
    def items(*events: dict[str, Json]) -> Json:
        return ranked(client, feedback=[{"item_id": "0"} | one for one in events])["items"]

    low, high = {"rating": 1}, {"rating": 5}
    old, new = {"at": "2001-01-01T00:00:00Z"}, {"at": "2002-01-01T00:00:00Z"}
    assert items(low) != items(high)

    assert items(low, high) == items(high)
    assert items(low | old, high | old) == items(high)
    assert items(high | new, low | old) == items(high)
    assert items(high, low | new) == items(high)
    assert items(high, {"action": "unseen"}) == items({"action": "unseen"})


def contents(service: Service) -> dict[str, object]:
    """Everything that the store holds."""
    with service.store() as store:
        readers: dict[str, Any] = {
            "hash": store.hgetall,
            "string": store.get,
            "zset": lambda key: store.zrange(key, 0, -1, withscores=True),
            "set": store.smembers,
            "list": lambda key: store.lrange(key, 0, -1),
            "stream": store.xrange,
        }
        return {key: readers[store.type(key)](key) for key in store.scan_iter(count=1000)}


def test_nothing_is_stored_and_no_user_is_read(service: Service, user: str):
    with service.client() as client, service.store() as store:
        visitor = Visitor(client, user)
        visitor.rate({0: 5})
        # The list of its first page is written behind the answer.
        visitor.recommendations(limit=5)
        lists = f"melu:lists:{{melu:user:{user}}}"
        wait_for(lambda: store.exists(lists), "the list to be written", 5)
        before, size = contents(service), store.dbsize()
        with store.monitor() as commands:
            for limit in (5, 20):
                body = {"feedback": LIKED, "attributes": {"age": 30}, "limit": limit}
                assert len(ranked(client, **body, explain=True)["items"]) == limit
            ok(client.post(PATH, json={}))
            store.echo("the end")
            sent = []
            while (command := commands.next_command()["command"]) != "ECHO the end":
                sent.append(command)

        assert (contents(service), store.dbsize()) == (before, size)
        assert lists in before
        assert len(before) == size > 1
    assert sent.count("GET {melu:catalogue}:version") == 3
    assert [one for one in sent if "melu:user" in one or "melu:lists" in one] == []


@pytest.mark.parametrize("order", ORDERS[1:])
def test_candidates_are_ranked_and_nothing_else(client: httpx.Client, order: str):
    random = Random(order)
    body = {"feedback": LIKED, "order": order, "exclude_seen": False}
    everything = {item["item_id"]: item for item in ranked(client, **body, limit=200)["items"]}
    for count in (1, 2, 17, 60):
        candidates = random.sample(ITEMS, count)

        answer = ranked(client, **body, limit=MAX_NAMED, candidates=candidates * 2)

        chosen = [item for item_id, item in everything.items() if item_id in candidates]
        assert answer["items"] == [item | {"rank": at + 1} for at, item in enumerate(chosen)]
        top = ranked(client, **body, limit=3, candidates=candidates)
        assert top["items"] == answer["items"][:3]


def test_what_is_left_out_is_left_out_of_the_candidates(client: httpx.Client):
    body = {"feedback": LIKED, "candidates": ["0", "2", "3", "30", "31"]}

    assert set(ids(ranked(client, **body))) == {"2", "3", "30", "31"}
    assert set(ids(ranked(client, **body, exclude=["3"]))) == {"2", "30", "31"}
    assert set(ids(ranked(client, **body, filter=["genre:horror"]))) == {"30", "31"}
    assert set(ids(ranked(client, **body, exclude_seen=False))) == set(body["candidates"])
    assert set(ids(ranked(client, **body, explore=1, diversity=1))) == {"2", "3", "30", "31"}
    for explore in (0, 1):
        nothing = ranked(client, feedback=LIKED, candidates=[], explore=explore, explain=True)
        assert (nothing["strategy"], nothing["items"]) == ("adapted", [])


def test_candidates_that_do_not_exist_are_named(client: httpx.Client):
    names = ["0", *(f"gone {number}" for number in range(30))]

    problem = assert_problem(client.post(PATH, json={"candidates": names}), 422, "unknown_item")

    assert "'gone 0', and 29 more" in problem["detail"]
    assert [one["loc"] for one in problem["errors"]] == [
        ["body", "candidates", place] for place in range(1, 21)
    ]
    one = assert_problem(client.post(PATH, json={"candidates": ["x", "0"]}), 422, "unknown_item")
    assert "more" not in one["detail"]


def test_thousands_may_be_excluded_whether_they_exist_or_not(client: httpx.Client):
    excluded = [f"{number:036}" for number in range(MAX_NAMED - 58)] + ITEMS[:58]

    assert set(ids(ranked(client, exclude=excluded, limit=200))) >= {"58", "59"}
    assert set(ids(ranked(client, exclude=excluded, candidates=ITEMS))) == {"58", "59"}
    for name in ("exclude", "candidates"):
        assert_problem(client.post(PATH, json={name: [*excluded, "0"]}), 422, "invalid_body")


def test_all_candidates_of_a_large_catalogue_are_weighed(bundle: Path, tmp_path: Path):
    write_grown(load_bundle(bundle), bundle, 3000, 0, tmp_path / "model")
    service = Service(tmp_path / "model", tmp_path / "service").start()
    try:
        with service.client() as client:
            pages = [ok(client.get("/items", params={"limit": 200}))]
            while pages[-1]["next_cursor"]:
                parameters = {"limit": 200, "cursor": pages[-1]["next_cursor"]}
                pages.append(ok(client.get("/items", params=parameters)))
            names = [item for page in pages for item in ids(page)]
            assert len(names) == 3000
            body = {"feedback": [{"item_id": names[0], "rating": 5}], "candidates": names[:2500]}
            for order, field in (("relevance", "relevance"), ("rating", "score"), ("lift", "lift")):
                whole = ranked(client, **body, order=order, limit=MAX_NAMED)["items"]
                assert {item["item_id"] for item in whole} == set(names[1:2500])
                values = [item[field] for item in whole]
                assert values == sorted(values, reverse=True)
                assert ranked(client, **body, order=order)["items"] == whole[:20]
    finally:
        service.stop()
    assert MAX_NAMED <= EXACT_AMONG


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


def test_attributes_are_refused_as_a_profile_is(visitor: Visitor):
    for attributes in ({"shoe": 1}, {"age": "young"}, {"city": [1]}):
        answer = visitor.client.post(PATH, json={"attributes": attributes})
        assert answer.status_code == 422
        assert answer.json() == visitor.put(attributes).json()


@pytest.mark.contract
def test_the_catalogue_is_that_of_this_moment(client: httpx.Client, user: str):
    for number in range(5):
        name = f"{number} of {user}"[:128]
        item = {"title": "Comedy Tonight", "attributes": {"genre": ["comedy"], "year": 1990}}
        ok(client.put(f"/items/{name}", json=item), 201)
        assert ids(ranked(client, feedback=LIKED, candidates=[name])) == [name]
        liked = {"item_id": name, "rating": 5}
        assert ranked(client, feedback=[liked])["support_size"] == 1
        assert name in ids(ranked(client, feedback=LIKED, limit=200))

        assert client.delete(f"/items/{name}").status_code == 204
        for body in ({"candidates": [name]}, {"feedback": [liked]}):
            assert_problem(client.post(PATH, json=body), 422, "unknown_item")
        assert name not in ids(ranked(client, feedback=LIKED, limit=200))
        assert name not in ids(ranked(client, exclude=[name], limit=200))


@pytest.mark.contract
def test_all_workers_rank_a_body_alike(client: httpx.Client):
    body = {"feedback": [*LIKED, {"item_id": "30", "action": "unseen"}], "explore": 0.3}

    answers = [ranked(client, **body, limit=60) for _ in range(8)]

    assert answers == [answers[0]] * 8


def test_it_answers_while_the_store_can_not_be_reached(bundle: Path, tmp_path: Path):
    server = RedisServer(tmp_path / "redis").start()
    service = Service(bundle, tmp_path / "service", {"MELU_STORE_URL": server.url}).start()
    try:
        with service.client() as client:
            item = {"title": "Comedy Tonight", "attributes": {"genre": ["comedy"]}}
            ok(client.put("/items/new", json=item), 201)
            before = ranked(client, feedback=LIKED, limit=200)
            assert "new" in ids(before)

            server.kill()

            assert client.get("/users/ann").status_code == 503
            assert ranked(client, feedback=LIKED, limit=200) == before
    finally:
        service.stop()
        server.stop()


def test_the_examples_of_the_description_can_be_sent(client: httpx.Client):
    document = ok(client.get("/openapi.json"))
    operation = document["paths"][PATH]["post"]
    schema = document["components"]["schemas"]["RecommendationRequest"]

    assert len(schema["examples"]) == 2
    for body in schema["examples"]:
        answer = ranked(client, **body)
        assert answer["strategy"] == "adapted"
        assert answer["items"]
    assert ranked(client, filter=schema["properties"]["filter"]["examples"][0])["items"]
    for status in ("422", "503", "413"):
        assert "application/problem+json" in operation["responses"][status]["content"]


def test_the_metrics_count_it_as_a_ranking(client: httpx.Client):
    def count(name: str) -> float:
        lines = client.get("/metrics").text.splitlines()
        return sum(float(one.rpartition(" ")[2]) for one in lines if one.startswith(name))

    names = [
        'melu_requests_total{method="POST",route="/recommendations",status="200"}',
        'melu_recommendations_total{cache="miss",strategy="adapted"}',
    ]
    before = [count(name) for name in names]
    for _ in range(3):
        ranked(client, feedback=LIKED)

    # An answer is counted just after it was sent.
    wait_for(lambda: count(names[0]) >= before[0] + 3, "counts", 5)
    assert [count(name) for name in names] == [one + 3 for one in before]


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
