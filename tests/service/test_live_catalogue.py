"""Items put and deleted while the service runs: known to the next request, everywhere."""

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.running import Service
from tests.service.visitors import Json, Visitor, assert_problem, ok

COMEDY = {"title": "Comedy of Tomorrow", "attributes": {"genre": ["comedy"], "year": 1990}}


@pytest.fixture
def another(bundle: Path, tmp_path: Path, two_workers: Service) -> Iterator[Service]:
    """Another service on the same store."""
    store = f"unix://{two_workers.folder}/store/store.sock"
    service = Service(bundle, tmp_path / "another", arguments=("--store", store)).start()
    yield service
    service.stop()


@pytest.fixture
def clients(two_workers: Service, another: Service) -> Iterator[list[httpx.Client]]:
    # A new connection for every request, so that any worker may answer.
    limits = httpx.Limits(max_keepalive_connections=0)
    clients = [
        httpx.Client(base_url=one.url, timeout=30, verify=False, limits=limits)
        for one in (two_workers, another)
    ]
    yield clients
    for client in clients:
        client.close()


def _found(client: httpx.Client, query: str) -> list[str]:
    items = ok(client.get("/items", params={"query": query, "limit": 200}))["items"]
    return [item["item_id"] for item in items]


def test_a_new_item_is_shown_found_filtered_and_ranked_at_once(client: httpx.Client, user: str):
    item = f"/items/{user}"
    put = ok(client.put(item, json=COMEDY), 201)
    assert put == {"item_id": user, "warnings": [], **COMEDY}
    assert ok(client.get(item)) == {"item_id": user, **COMEDY}
    assert user in _found(client, "tomorr")
    visitor = Visitor(client, user)
    visitor.rate({1: 5, 2: 5, 33: 1, 34: 1})
    ranked = visitor.recommended(limit=200)
    assert ranked.index(user) < 30
    assert user in visitor.recommended(limit=200, filter=["genre:comedy", "year:1990"])
    shown = visitor.recommendations(limit=200)["items"][ranked.index(user)]
    assert {name: shown[name] for name in COMEDY} == COMEDY
    assert user not in visitor.recommended(limit=200, exclude=[user])
    client.delete(item)


def test_it_can_be_rated_and_teaches(client: httpx.Client, user: str):
    ok(client.put(f"/items/{user}", json=COMEDY), 201)
    visitor = Visitor(client, user)
    visitor.tell({"item_id": user, "rating": 5})
    assert visitor.recommendations()["strategy"] == "adapted"
    assert user not in visitor.recommended(limit=200)
    liked = visitor.scores()
    visitor.tell({"item_id": user, "rating": 1})
    assert visitor.scores() != liked
    client.delete(f"/items/{user}")
    # Feedback on an item that is gone stays, and teaches nothing.
    assert visitor.recommendations()["strategy"] == "prior"
    assert [one["item_id"] for one in visitor.feedback()] == [user]
    problem = assert_problem(visitor.post({"item_id": user, "rating": 3}), 422, "unknown_item")
    assert problem["errors"][0]["loc"] == ["body", "events", 0, "item_id"]


def test_a_deleted_item_is_gone_until_it_is_put_again(client: httpx.Client, user: str):
    before = ok(client.get("/items/17"))
    assert client.delete("/items/17").status_code == 204
    try:
        assert_problem(client.get("/items/17"), 404, "unknown_item")
        assert_problem(client.delete("/items/17"), 404, "unknown_item")
        assert "17" not in _found(client, "comedy night")
        visitor = Visitor(client, user)
        assert "17" not in visitor.recommended(limit=200)
        assert "17" not in visitor.recommended(limit=200, filter=["genre:comedy"])
        for parameters in ({}, {"user_id": user}):
            asked = ok(client.get("/onboarding/items", params={"limit": 200, **parameters}))
            assert "17" not in [item["item_id"] for item in asked["items"]]
    finally:
        again = {name: before[name] for name in ("title", "attributes")}
        ok(client.put("/items/17", json=again), 201)
    assert ok(client.get("/items/17")) == before
    assert "17" in visitor.recommended(limit=200)


def test_a_changed_item_is_shown_and_ranked_by_its_new_content(client: httpx.Client, user: str):
    before = ok(client.get("/items/25"))
    visitor = Visitor(client, user)
    visitor.rate({1: 5, 2: 5, 33: 1, 34: 1})
    score = visitor.scores()["25"]
    changed = {"title": "Terror", "attributes": {"genre": ["horror"]}}
    ok(client.put("/items/25", json=changed), 200)
    assert ok(client.get("/items/25")) == {"item_id": "25", **changed}
    assert visitor.scores()["25"] < score
    assert "25" in _found(client, "terror")
    assert "25" not in _found(client, "comedy")
    ok(client.put("/items/25", json={n: before[n] for n in ("title", "attributes")}), 200)
    assert visitor.scores()["25"] == pytest.approx(score, abs=1e-3)


def test_values_never_seen_are_kept_and_named(client: httpx.Client, user: str):
    content = {"title": "Strange", "attributes": {"genre": ["western"], "colour": "green"}}
    put = ok(client.put(f"/items/{user}", json=content), 201)
    assert put["attributes"] == content["attributes"]
    assert [warning.partition(":")[0] for warning in put["warnings"]] == ["genre", "colour"]
    client.delete(f"/items/{user}")


@pytest.mark.parametrize(
    ("content", "code"),
    [
        ({"title": "X", "attributes": {"mood": "dark"}}, "unknown_attribute"),
        ({"title": "X", "attributes": {"year": "soon"}}, "invalid_attribute"),
        ({"title": "X", "attributes": {"genre": 3}}, "invalid_attribute"),
        ({"title": "X", "colour": "red"}, "invalid_body"),
        ({"title": 7}, "invalid_body"),
    ],
)
def test_bad_content_is_refused_and_stores_nothing(
    client: httpx.Client, user: str, content: Json, code: str
):
    problem = assert_problem(client.put(f"/items/{user}", json=content), 422, code)
    assert_problem(client.get(f"/items/{user}"), 404, "unknown_item")
    if code.endswith("_attribute"):
        assert problem["errors"][0]["loc"] == ["body", "attributes", *content["attributes"]]


def test_an_empty_title_is_told_as_a_text(client: httpx.Client, user: str):
    problem = assert_problem(client.put(f"/items/{user}", json={"title": ""}), 422, "invalid_body")

    assert problem["errors"] == [
        {"loc": ["body", "title"], "message": "String should have at least 1 character"}
    ]


def test_many_items_are_put_all_or_none(client: httpx.Client, user: str):
    ids = [f"{user} {n}" for n in range(200)]
    items = [{"item_id": one, **COMEDY} for one in ids]
    bad = [*items, {"item_id": "bad", "title": "Bad", "attributes": {"mood": "dark"}}]
    problem = assert_problem(client.post("/items", json={"items": bad}), 422, "unknown_attribute")
    assert problem["errors"][0]["loc"] == ["body", "items", 200, "attributes", "mood"]
    assert_problem(client.get(f"/items/{ids[0]}"), 404, "unknown_item")
    assert ok(client.post("/items", json={"items": items})) == {"created": 200, "updated": 0}
    assert ok(client.post("/items", json={"items": items[:5]})) == {"created": 0, "updated": 5}
    assert ok(client.get(f"/items/{ids[-1]}"))["title"] == COMEDY["title"]
    for one in ids:
        assert client.delete(f"/items/{one}").status_code == 204


def test_every_worker_of_every_service_knows_a_change_at_its_next_request(
    clients: list[httpx.Client], user: str
):
    for turn in range(12):
        item = f"/items/turn {turn}"
        writer, reader = clients[turn % 2], clients[(turn + turn // 2) % 2]
        ok(writer.put(item, json=COMEDY), 201)
        for client in (reader, writer, reader):
            assert client.get(item).status_code == 200
            assert f"turn {turn}" in Visitor(client, user).recommended(limit=200)
        assert reader.delete(item).status_code == 204
        for client in (writer, reader, writer):
            assert client.get(item).status_code == 404
            assert f"turn {turn}" not in Visitor(client, user).recommended(limit=200)


def test_changes_survive_a_restart_and_an_emptied_store_is_noticed(bundle: Path, tmp_path: Path):
    service = Service(bundle, tmp_path).start()
    with service.client() as client:
        ok(client.put("/items/new", json=COMEDY), 201)
        assert client.delete("/items/3").status_code == 204
        service.kill()
        service.start()
        assert client.get("/items/new").status_code == 200
        assert client.get("/items/3").status_code == 404
        with service.store() as store:
            store.flushall()
        assert client.get("/items/new").status_code == 404
        assert client.get("/items/3").status_code == 200
    service.stop()
