"""A ranking is computed once, and never shown when it is no longer true."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from sys import getsizeof

import httpx
import pytest

from app.schemas.recommendations import Recommendations
from app.services.recommendations.fingerprint import ANONYMOUS
from app.services.recommendations.response_cache import CachedResponse, ResponseCache
from app.store import digest_of_user
from tests.running import Service


def rate(client: httpx.Client, user: str, item: str, rating: float) -> None:
    event = {"item_id": item, "rating": rating}
    assert client.post(f"/users/{user}/feedback", json=event).status_code == 200


def get(client: httpx.Client, user: str, held: str | None = None, **query: object):
    headers = {"If-None-Match": held} if held else {}
    return client.get(f"/users/{user}/recommendations", params=query, headers=headers)


def milliseconds(response: httpx.Response, part: str) -> float:
    parts = {
        name: float(duration)
        for name, _, duration in (
            one.strip().partition(";dur=") for one in response.headers["Server-Timing"].split(",")
        )
    }
    return parts[part]


def test_the_same_request_again_computes_nothing_and_answers_the_same(
    client: httpx.Client, user: str
):
    rate(client, user, "3", 5)
    first, again = get(client, user), get(client, user)
    assert milliseconds(first, "local_update") > 0
    assert milliseconds(again, "local_update") == milliseconds(again, "ranking") == 0
    assert milliseconds(again, "store") > 0
    assert again.content == first.content
    assert again.headers["ETag"] == first.headers["ETag"]


def test_every_answer_is_as_the_description_says(client: httpx.Client, user: str):
    for _ in range(2):
        for query in ({}, {"limit": 3}, {"filter": "genre:comedy"}, {"filter": "genre:none"}):
            shown = Recommendations.model_validate_json(get(client, user, **query).content)
            assert shown.user_id == user
            assert [item.rank for item in shown.items] == list(range(1, len(shown.items) + 1))
        rate(client, user, "3", 5)


def test_whoever_holds_the_answer_gets_304(client: httpx.Client, user: str):
    rate(client, user, "3", 5)
    # A compressed answer's tag is weak; the same without W/ names the plain one.
    tag_of_answer = get(client, user).headers["ETag"]
    assert tag_of_answer.startswith("W/")
    etag = tag_of_answer.removeprefix("W/")
    for held in (etag, f"W/{etag}", f'"other", {etag}', "*"):
        response = get(client, user, held)
        assert response.status_code == 304
        assert response.content == b""
        assert response.headers["ETag"] == tag_of_answer
        assert "X-Request-ID" in response.headers
    assert get(client, user, '"other"').status_code == 200


def test_whatever_an_answer_depends_on_changes_its_etag(client: httpx.Client, user: str):
    seen = {get(client, user).headers["ETag"]}

    def is_new(response: httpx.Response) -> bool:
        assert response.status_code == 200
        etag = response.headers["ETag"]
        known = etag in seen
        seen.add(etag)
        return not known

    held = next(iter(seen))
    rate(client, user, "3", 5)
    assert is_new(get(client, user, held))
    client.put(f"/users/{user}", json={"attributes": {"age": 30}})
    assert is_new(get(client, user, held))
    assert is_new(get(client, user, limit=5))
    assert is_new(get(client, user, exclude_seen=False))
    assert is_new(get(client, user, filter="genre:comedy"))
    client.delete(f"/users/{user}/feedback/3")
    assert is_new(get(client, user, held))
    client.delete(f"/users/{user}")
    assert get(client, user).headers["ETag"] == held  # as on the first day
    rate(client, user, "3", 5)
    assert is_new(get(client, user, held))


def test_users_without_anything_stored_share_an_answer_under_their_own_names(
    client: httpx.Client, user: str
):
    names = [f"{user[-100:]} {name}" for name in "ab"]
    first, second = (get(client, name) for name in names)
    assert first.headers["ETag"] == second.headers["ETag"]
    assert milliseconds(second, "ranking") == 0
    assert [first.json()["user_id"], second.json()["user_id"]] == names
    assert first.json()["items"] == second.json()["items"]


def test_no_worker_shows_an_answer_from_before_a_write(two_workers: Service, user: str):
    # A connection stays with its worker; so many reach both.
    clients = [two_workers.client() for _ in range(8)]
    for version in range(1, 40):
        rate(clients[version % 8], user, str(version % 20), 1 + (version + version // 20) % 5)
        shown = [get(client, user).json()["support_version"] for client in clients]
        assert set(shown) == {version}
    for client in clients:
        client.close()


def test_many_equal_requests_at_once_get_one_answer(service: Service, user: str):
    with service.client() as client:
        rate(client, user, "3", 5)
    start = threading.Barrier(8)

    def ask(_: int) -> bytes:
        with service.client() as own:
            own.get("/healthz")
            start.wait()
            return get(own, user, limit=7).content

    with ThreadPoolExecutor(8) as pool:
        assert len(set(pool.map(ask, range(8)))) == 1


@pytest.mark.clock
def test_what_can_not_be_computed_now_is_503_and_health_checks_still_answer(
    bundle: Path, tmp_path: Path
):
    service = Service(
        bundle,
        tmp_path / "small",
        {"MELU_COMPUTE_THREADS": "1", "MELU_COMPUTE_QUEUE": "0", "MELU_CACHE_MEGABYTES": "0"},
    ).start()
    try:
        with service.client() as client:
            rate(client, "ann", "3", 5)

        def ask(who: int) -> httpx.Response:
            with service.client() as own:
                for turn in range(40):
                    answer = get(own, "ann", limit=1 + (who * 40 + turn) % 200)
                    if answer.status_code != 200:
                        return answer
                return answer

        with ThreadPoolExecutor(12) as pool, service.client() as other:
            asking = [pool.submit(ask, who) for who in range(12)]
            checked = 0
            while not all(one.done() for one in asking):
                for path in ("/healthz", "/readyz"):
                    started = time.perf_counter()
                    assert other.get(path).status_code == 200
                    assert time.perf_counter() - started < 1
                    checked += 1
            answers = [one.result() for one in asking]
        assert checked
        refused = [one for one in answers if one.status_code != 200]
        assert refused
        for one in refused:
            assert one.status_code == 503
            assert one.json()["code"] == "overloaded"
            assert int(one.headers["Retry-After"]) >= 1
        with service.client() as client:
            assert client.get("/healthz").status_code == 200
            assert get(client, "ann").status_code == 200
    finally:
        service.stop()


@pytest.fixture
def answer() -> CachedResponse:
    return CachedResponse(b"x" * 1000, '"e"', "prior", 0)


def test_the_cache_keeps_to_its_size_and_drops_what_was_used_least(answer: CachedResponse):
    cache = ResponseCache(20_000)
    for user in range(100):
        cache.put(f"u{user}", "r", "q", answer)
        assert cache.get("u0", "r", "q") is answer
    kept = [user for user in range(100) if cache.get(f"u{user}", "r", "q")]
    assert 5 < len(kept) < 20
    assert {0, 99} <= set(kept)


@pytest.mark.parametrize("owners", [[ANONYMOUS] * 40, [f"u{number}" for number in range(40)]])
def test_what_a_query_takes_counts_for_the_caches_size(answer: CachedResponse, owners: list[str]):
    size = 400_000
    cache = ResponseCache(size)
    # Hundreds of items to exclude; one sign beyond ASCII, and Python takes four bytes for each.
    asked = [(owner, f"{'x' * 10_000}😀{number}") for number, owner in enumerate(owners)]
    for owner, key in asked:
        cache.put(owner, "r", key, answer)

    kept = sum(getsizeof(key) for owner, key in asked if cache.get(owner, "r", key) is not None)

    assert 0 < kept <= size


def test_the_cache_knows_one_revision_of_a_user(answer: CachedResponse):
    cache = ResponseCache(20_000)
    cache.put("ann", "1", "q", answer)
    cache.put("ann", "1", "p", answer)
    assert cache.held("ann", "q")[0] == cache.held("ann", "p")[0] == "1"
    assert cache.held("ann", "other")[0] == cache.held("bob", "q")[0] == ""
    assert cache.get("ann", "2", "q") is None
    cache.put("ann", "2", "q", answer)
    assert cache.get("ann", "1", "q") is cache.get("ann", "2", "p") is None
    cache.forget(digest_of_user("ann"))
    assert cache.held("ann", "q")[0] == ""


def test_what_is_under_way_for_an_erased_user_is_not_kept(answer: CachedResponse):
    cache = ResponseCache(20_000)
    cache.forget(digest_of_user("ann"))
    cache.put("ann", "1", "q", answer)
    cache.put("bob", "1", "q", answer)
    assert cache.held("ann", "q")[0] == ""
    assert cache.held("bob", "q")[0] == "1"


def test_an_answer_is_kept_for_a_time_only(answer: CachedResponse):
    cache = ResponseCache(20_000, seconds=0.1)
    cache.put("ann", "1", "q", answer)
    assert cache.get("ann", "1", "q") is answer
    time.sleep(0.15)
    assert cache.get("ann", "1", "q") is None
    cache.expire()
    assert len(cache._users) == 0


def test_a_cache_of_no_size_keeps_nothing(answer: CachedResponse):
    cache = ResponseCache(0)
    cache.put("ann", "1", "q", answer)
    assert cache.get("ann", "1", "q") is None


def test_of_too_many_answers_the_oldest_goes(answer: CachedResponse):
    cache = ResponseCache(2**20)
    for query in range(60):
        cache.put("ann", "r", f"q{query}", answer)

    kept = [query for query in range(60) if cache.get("ann", "r", f"q{query}")]

    assert kept == list(range(10, 60))


def test_unknown_users_many_queries_leave_one_another_in_memory(answer: CachedResponse):
    cache = ResponseCache(2**20)
    for query in range(100):
        cache.put(ANONYMOUS, ANONYMOUS, f"q{query}", answer)

    assert [cache.get(ANONYMOUS, ANONYMOUS, f"q{query}") for query in range(100)] == [answer] * 100


def test_unknown_and_known_users_do_not_crowd_each_other_out(answer: CachedResponse):
    cache = ResponseCache(40_000)
    cache.put("ann", "r", "q", answer)
    for query in range(1000):
        cache.put(ANONYMOUS, ANONYMOUS, f"q{query}", answer)
    assert cache.get("ann", "r", "q") is answer

    for user in range(1000):
        cache.put(f"u{user}", "r", "q", answer)
    assert cache.get(ANONYMOUS, ANONYMOUS, "q999") is answer
