import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.running import RedisServer, Service
from tests.service.visitors import Visitor, assert_problem, ok

PATIENCE_SECONDS = 2.5


@pytest.fixture(scope="module")
def redis_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedisServer]:
    server = RedisServer(tmp_path_factory.mktemp("redis")).start()
    yield server
    server.stop()


@pytest.fixture(scope="module")
def redis_service(
    bundle: Path, redis_server: RedisServer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Service]:
    folder = tmp_path_factory.mktemp("service-on-redis")
    service = Service(bundle, folder, arguments=("--store", redis_server.url)).start()
    yield service
    service.stop()


@pytest.fixture
def visitor(redis_service: Service, user: str) -> Iterator[Visitor]:
    with redis_service.client() as client:
        yield Visitor(client, user)


def test_no_store_is_started(redis_service: Service, visitor: Visitor):
    visitor.rate({0: 5})

    assert not (redis_service.folder / "store").exists()


def test_a_first_rating_is_personal(visitor: Visitor):
    prior = visitor.recommendations(limit=200)
    visitor.rate({0: 5, 30: 1})
    adapted = visitor.recommendations(limit=200)

    assert (prior["strategy"], adapted["strategy"]) == ("prior", "adapted")
    assert len(adapted["items"]) == 58
    comedies = [item for item in adapted["items"][:20] if "comedy" in item["attributes"]["genre"]]
    assert len(comedies) > 10


def test_the_newest_wins_and_a_retry_is_harmless(visitor: Visitor):
    newer = {"item_id": "0", "rating": 3.7, "at": "2024-01-01T00:00:00.000002Z"}
    older = {"item_id": "0", "rating": 1, "at": "2024-01-01T00:00:00.000001Z"}

    told = [visitor.tell(event) for event in (newer, older, newer)]

    assert [one["accepted"] for one in told] == [1, 0, 0]
    assert [one["support_version"] for one in told] == [1, 1, 1]
    assert visitor.feedback() == [newer]


def test_a_profile_is_put_and_erased(visitor: Visitor):
    assert visitor.put({"city": "Zürich \U0001f3d9", "age": 30.5}).status_code == 201
    assert visitor.put({"city": "Oslo"}).status_code == 200
    visitor.rate({0: 5})
    assert visitor.stored()["attributes"] == {"city": "Oslo"}

    assert visitor.client.delete(visitor.path).status_code == 204

    assert visitor.client.get(visitor.path).status_code == 404
    assert visitor.feedback() == []


def test_pages_and_deletions(visitor: Visitor):
    visitor.rate(dict.fromkeys(range(10), 4))
    first = ok(visitor.get("feedback", limit=6))
    rest = ok(visitor.get("feedback", limit=6, cursor=first["next_cursor"]))

    assert len({one["item_id"] for one in first["items"] + rest["items"]}) == 10
    assert visitor.client.delete(f"{visitor.path}/feedback/3").status_code == 204
    assert_problem(visitor.client.delete(f"{visitor.path}/feedback/3"), 404, "unknown_feedback")


def test_answered_questions_are_not_asked_again(visitor: Visitor):
    question = visitor.onboarding()[0]["item_id"]
    visitor.tell({"item_id": question, "action": "unseen"})

    assert question not in {item["item_id"] for item in visitor.onboarding(limit=200)}


def test_when_redis_stops_and_starts_again(
    redis_server: RedisServer, redis_service: Service, visitor: Visitor
):
    visitor.rate({0: 5, 1: 4})
    before = visitor.stored(), visitor.feedback(), visitor.recommendations()

    redis_server.stop()
    started = time.perf_counter()
    for response in (
        visitor.client.get("/readyz"),
        visitor.post({"item_id": "2", "rating": 3}),
        visitor.get("recommendations"),
        visitor.get("feedback"),
        visitor.put({"age": 1}),
        visitor.client.get(visitor.path),
        visitor.client.delete(f"{visitor.path}/feedback/0"),
        visitor.client.delete(visitor.path),
    ):
        assert_problem(response, 503, "store_unavailable")
        assert int(response.headers["retry-after"]) >= 1
    assert time.perf_counter() - started < 8 * PATIENCE_SECONDS
    assert visitor.client.get("/healthz").status_code == 200
    redis_server.start()
    redis_service.wait_until(200)

    assert (visitor.stored(), visitor.feedback(), visitor.recommendations()) == before
    assert visitor.rate({2: 3})["support_version"] == 2
