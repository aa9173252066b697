"""`melu benchmark feedback`: what a write and a ranking cost, by the feedback of their user."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import chain, count
from pathlib import Path
from typing import Any

import httpx
from rich.table import Table

from app.settings import ENVIRONMENT_PREFIX
from app.store import NewEvent
from app.store.keys import user_key
from app.store.records import fields_of_new_user
from model.bundle.bundle import load_bundle
from scripts.benchmark.redis_server import RedisProcess, running_redis
from scripts.benchmark.report import Report, Requirement, publish
from scripts.benchmark.servers import RunningServer, cores, running_server
from scripts.files import check_files
from scripts.terminal import console
from scripts.termination import terminating_in_order

SIZES = (1, 100, 1000, 5000)
REQUESTS = 200
_BEFORE = 5
_MOST_STORE_MS = 1.0
_LIMIT = 5000
_AGE = timedelta(days=1)


@dataclass(frozen=True)
class Cost:
    """Processor time of a request, in milliseconds.

    Attributes:
        pieces: Pieces of feedback that the user has.
        request: What is asked.
        store_ms: Of the store.
        worker_ms: Of the worker.
    """

    pieces: int
    request: str
    store_ms: float
    worker_ms: float


def benchmark_feedback(
    model: Path,
    *,
    sizes: Sequence[int],
    requests: int = REQUESTS,
    json_file: Path | None,
    plot_file: Path | None,
) -> None:
    """Measure requests of users with much feedback; print, and write, what was found.

    Args:
        model: The bundle to serve.
        sizes: How many pieces of feedback a user has, 5,000 at most.
        requests: How many requests of a kind to measure.
        json_file: Where to write the result as JSON.
        plot_file: Where to draw it.

    Raises:
        ModelError: If it can't be measured, or a file can't be written.
    """
    check_files(json_file, plot_file)
    with terminating_in_order():
        costs = measure_feedback(model, sizes=sizes, requests=requests, on_stage=console.print)
    publish(_report(costs), json_file=json_file, plot_file=plot_file)


def measure_feedback(
    model: Path, *, sizes: Sequence[int], requests: int, on_stage: Callable[[str], None]
) -> list[Cost]:
    """Serve a bundle on a Redis of its own, and ask it for one user of each size.

    Args:
        model: The bundle.
        sizes: How many pieces of feedback each user has.
        requests: How many requests of a kind to measure.
        on_stage: Told what goes on.

    Returns:
        What each kind of request costs each user.

    Raises:
        ModelError: If a server does not start.
    """
    bundle = load_bundle(model)
    items = bundle.catalogue.item_ids.to_list()
    server_core, other_core = cores()
    with tempfile.TemporaryDirectory(prefix="melu-") as name:
        folder = Path(name)
        with running_redis(folder / "redis", other_core) as store:
            settings = {
                f"{ENVIRONMENT_PREFIX}STORE_URL": store.url,
                f"{ENVIRONMENT_PREFIX}LOG_REQUESTS": "false",
            }
            arguments = ["scripts.cli", "serve", "--model", str(model)]
            log = folder / "service.log"
            costs = []
            with running_server(arguments, log, server_core, settings) as server:
                for size in sizes:
                    on_stage(f"asking for a user of {size:,} pieces of feedback")
                    costs += _UserUnderTest(store, server, items, size).costs(requests)
            return costs


class _UserUnderTest:
    """A user, whose newest feedback is on items that the model knows."""

    def __init__(
        self, store: RedisProcess, server: RunningServer, items: Sequence[str], size: int
    ) -> None:
        self._store = store
        self._server = server
        self._size = size
        self._numbers = count()
        self._user = f"benchmark-{size}"
        # Half of the catalogue is left to be recommended; older feedback is on items long gone.
        self._rated = items[: min(size, len(items) // 2)]
        self._others = items[len(items) // 2 :]
        gone = [f"gone-{number}" for number in range(size - len(self._rated))]
        now = datetime.now(UTC) - _AGE
        times = {
            item: now - timedelta(seconds=number)
            for number, item in enumerate([*self._rated, *gone])
        }
        fields = fields_of_new_user([NewEvent(i, 5.0, at) for i, at in times.items()], now)
        flat = list(chain.from_iterable(fields.items()))
        store.client.hset(user_key(self._user), items=flat)

    def costs(self, requests: int) -> list[Cost]:
        """Ask for everything; a ranking costs what both take less the write alone."""
        path = f"{self._server.url}/users/{self._user}"
        with httpx.Client(timeout=30) as client:

            def rate(items: Sequence[str]) -> None:
                number = next(self._numbers)
                # Never the value that the item has.
                event = {"item_id": items[number % len(items)], "rating": 1 + number % 400 / 100}
                answer = client.post(f"{path}/feedback", json={"events": [event]})
                assert answer.json()["accepted"] == 1, answer.text  # noqa: S101 - else it is no write

            def get(what: str) -> None:
                client.get(f"{path}{what}").raise_for_status()

            def rank_after() -> None:
                rate(self._rated)
                get("/recommendations?limit=20")

            kinds: dict[str, Callable[[], object]] = {
                "rate an item again": lambda: rate(self._rated),
                "rank after that": rank_after,
                "put the profile": lambda: client.put(path, json={"attributes": {}}),
                "get the user": lambda: get(""),
                "get a page of feedback": lambda: get("/feedback?limit=20"),
            }
            if self._size == _LIMIT:
                kinds["rate a new item, the oldest gives way"] = lambda: rate(self._others)
            costs = [self._cost(name, ask, requests) for name, ask in kinds.items()]
            write, both, *others = costs
            ranking = replace(
                both,
                store_ms=both.store_ms - write.store_ms,
                worker_ms=both.worker_ms - write.worker_ms,
            )
            return [write, ranking, *others]

    def _cost(self, name: str, ask: Callable[[], object], requests: int) -> Cost:
        for _ in range(_BEFORE):
            ask()
        store, worker = self._store.processor_seconds, self._server.processor_seconds
        for _ in range(requests):
            ask()
        return Cost(
            self._size,
            name,
            1e3 * (self._store.processor_seconds - store) / requests,
            1e3 * (self._server.processor_seconds - worker) / requests,
        )


def _report(costs: Sequence[Cost]) -> Report:
    table = Table("pieces of feedback", "request", "store", "worker")
    for one in costs:
        table.add_row(
            f"{one.pieces:,}", one.request, f"{one.store_ms:.2f} ms", f"{one.worker_ms:.2f} ms"
        )
    writes = [one for one in costs if one.request.startswith("rate")]
    most = max(one.store_ms for one in writes)
    values: list[dict[str, Any]] = [asdict(one) for one in costs]
    return Report(
        name="feedback",
        values=values,
        tables=[table],
        requirements=[
            Requirement("store, a write", most, _MOST_STORE_MS, at_most=True, unit=" ms")
        ],
        bars={f"{one.pieces:,}: {one.request}": one.store_ms for one in writes},
        bars_title="Milliseconds of the store for a write, by pieces of feedback",
    )
