"""`POST /recommendations` ranks for what a body tells, and stores nothing."""

from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.running import RedisServer, Service, wait_for
from tests.service.bodies import LIKED, ONLY_OF_STORED, PATH, ids, ranked
from tests.service.visitors import Json, Visitor, assert_problem, ok


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
