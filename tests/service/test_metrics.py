import os
import signal
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
from prometheus_client.parser import text_string_to_metric_families

from tests.running import Service, is_running, wait_for
from tests.service.visitors import Visitor

REQUESTS = 60
WORKERS = 2


def numbers(client: httpx.Client) -> dict[str, float]:
    """Every sample by its name and labels, in the order of the labels' names."""
    response = client.get("/metrics")
    assert response.status_code == 200
    assert response.headers["content-type"].startswith("text/plain; version=")
    return {
        " ".join(
            (sample.name, *(f"{k}={v}" for k, v in sorted(sample.labels.items())))
        ): sample.value
        for family in text_string_to_metric_families(response.text)
        for sample in family.samples
    }


ROUTE = "route=/users/{user_id}/recommendations"


def test_the_counts_of_all_workers_add_up(two_workers: Service):
    with two_workers.client() as client:
        before = numbers(client)

    def ask(number: int) -> int:
        # A connection each, so that the requests are spread over the workers.
        with two_workers.client() as client:
            path = f"/users/counted {number % 3}/recommendations"
            return client.get(path, params={"limit": 17}).status_code

    with ThreadPoolExecutor(8) as threads:
        assert set(threads.map(ask, range(REQUESTS))) == {200}
    with two_workers.client() as client:
        # An answer is counted just after it was sent.
        wait_for(lambda: grown(before, numbers(client), "requests") >= REQUESTS, "counts", 5)
        after = numbers(client)

    assert grown(before, after, "requests") == REQUESTS
    name = f"melu_request_seconds_count {ROUTE}"
    assert after[name] - before.get(name, 0) == REQUESTS
    assert grown(before, after, "rankings") == REQUESTS
    assert after["melu_support_size_count"] - before["melu_support_size_count"] == REQUESTS
    # The users have nothing stored and nobody else asks for so many items, so that each worker
    # ranks once at most.
    name = f"melu_stage_seconds_count {ROUTE} stage=ranking"
    computed = after[name] - before.get(name, 0)
    assert 1 <= computed <= WORKERS
    assert after["melu_compute_pending"] == 0


def test_onboarding_adds_up_over_workers_and_items_are_not_shown(two_workers: Service):
    def ask(number: int) -> int:
        with two_workers.client() as client:
            query = {"user_id": f"asked {number}", "limit": "2", "strategy": "popularity"}
            return client.get("/onboarding/items", params=query).status_code

    def told() -> tuple[int, Counter[str]]:
        """First questions so far, and how often each item was asked about; others asked too."""
        with two_workers.client() as client:
            report = client.get("/admin/onboarding").json()
        shown = Counter({one["item_id"]: one["shown"] for one in report["items"]})
        return report["steps"][0]["calls"], shown

    calls, shown = told()
    with ThreadPoolExecutor(8) as threads:
        assert set(threads.map(ask, range(20))) == {200}
    calls_after, shown_after = told()
    with two_workers.client() as client:
        metrics = client.get("/metrics").text

    assert calls_after - calls == 20
    assert sorted((shown_after - shown).values()) == [20, 20]
    assert "melu_onboarding_calls_total" in metrics
    assert "melu_onboarding_items" not in metrics


def grown(before: dict[str, float], after: dict[str, float], what: str) -> float:
    prefix = {
        "requests": f"melu_requests_total method=GET {ROUTE} status=200",
        "rankings": "melu_recommendations_total",
    }[what]
    return sum(
        value - before.get(name, 0) for name, value in after.items() if name.startswith(prefix)
    )


def test_what_a_killed_worker_counted_stays(two_workers: Service):
    with two_workers.client() as client:
        client.get("/users/before the blow/recommendations")
        wait_for(lambda: grown({}, numbers(client), "requests") >= 1, "counts", 5)
        before = grown({}, numbers(client), "requests")
    worker = a_worker_of(two_workers)

    os.kill(worker, signal.SIGKILL)

    wait_for(lambda: not is_running(worker), "the worker to end")
    two_workers.wait_until(200)

    with two_workers.client() as client:
        after = numbers(client)
    assert grown({}, after, "requests") == before
    assert sum(value for name, value in after.items() if name.startswith("melu_model_info")) == 1


def a_worker_of(service: Service) -> int:
    assert service.process is not None
    supervisor = service.process.pid
    children = Path(f"/proc/{supervisor}/task/{supervisor}/children").read_text().split()
    return next(
        int(child)
        for child in children
        if b"spawn_main" in Path(f"/proc/{child}/cmdline").read_bytes()
    )


def test_strategies_and_sizes_of_support_sets(visitor: Visitor, client: httpx.Client):
    before = numbers(client)
    visitor.recommendations()
    visitor.rate({0: 5, 30: 1})
    visitor.recommendations()
    visitor.recommendations()
    after = numbers(client)

    def more(name: str) -> float:
        return after[name] - before[name]

    assert more("melu_recommendations_total cache=miss strategy=adapted") == 1
    assert more("melu_recommendations_total cache=hit strategy=adapted") == 1
    assert more("melu_support_size_sum") == 4
    name = f"melu_stage_seconds_count {ROUTE} stage=local_update"
    assert after[name] - before.get(name, 0) >= 1


def test_the_stages_of_an_answer_are_no_longer_than_it(visitor: Visitor, client: httpx.Client):
    visitor.rate({0: 5, 30: 1})
    before = numbers(client)
    visitor.recommendations()
    whole = f"melu_request_seconds_sum {ROUTE}"
    wait_for(lambda: numbers(client)[whole] > before.get(whole, 0), "counts", 5)
    after = numbers(client)

    def more(name: str) -> float:
        return after.get(name, 0) - before.get(name, 0)

    stages = ("store", "queue", "local_update", "ranking", "serialisation")
    seconds = [more(f"melu_stage_seconds_sum {ROUTE} stage={stage}") for stage in stages]
    assert min(seconds) > 0
    assert sum(seconds) < more(whole)


def test_problems_are_counted_by_their_codes(client: httpx.Client):
    before = numbers(client)
    assert client.get("/items/none such").status_code == 404
    after = numbers(client)

    name = "melu_problems_total code=unknown_item"
    assert after[name] - before.get(name, 0) == 1
    # So that the first of them counts as a rise.
    assert after["melu_problems_total code=internal_error"] == 0


def test_nothing_is_scarce_and_each_thing_is_told(client: httpx.Client):
    scarce = client.get("/readyz").json().get("scarce", [])
    told = numbers(client)

    for what in ("descriptors", "disk", "memory", "threads"):
        assert told[f"melu_scarce what={what}"] == float(what in scarce)


def test_the_model_is_named(client: httpx.Client):
    model = client.get("/model").json()

    labels = f"dataset={model['dataset']} preset={model['preset']} version={model['version']}"
    assert numbers(client)[f"melu_model_info {labels}"] == 1


def test_no_user_and_no_item_is_named(visitor: Visitor, client: httpx.Client):
    visitor.rate({7: 5})
    visitor.recommendations()
    client.get(f"/nothing/{visitor.user_id}")
    client.request("INVENTED", "/items/7")

    text = client.get("/metrics").text

    assert visitor.user_id not in text
    assert "INVENTED" not in text
    assert "/items/7" not in text
    assert 'route="unmatched"' in text
