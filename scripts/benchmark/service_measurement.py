"""Measure the service beside the naive design and beside doing nothing."""

from __future__ import annotations

import itertools
import json
import math
import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

import httpx

from app.store.embedded import EmbeddedStore, EmbeddedStoreError
from model.bundle.bundle import load_bundle
from model.errors import ModelError
from scripts.benchmark.crowd import Crowd
from scripts.benchmark.load import Load, Measured, require_wrk
from scripts.benchmark.servers import cores, pinned, running_server

ROUNDS = 10
CONNECTIONS = 8
_COMPARED_USERS = 5
_EXPLAINED_USERS = 200
_SETTINGS = {"MELU_LOG_REQUESTS": "false"}
"""Of the service: neither of the designs that it is compared with writes a log of requests."""
_SCORE_TOLERANCE = 2e-3
_MOST_NEAR_TIES = 2
_SUSTAINED_SHARE = 0.5
_WARM_UP_SECONDS = 60
_OF_THE_SERVER = {"date", "server", "content-length"}


class ServiceBenchmarkError(ModelError):
    """A server under test did not do what is measured."""


@dataclass(frozen=True)
class ServiceResult:
    """What was measured; rates are answers a second, medians over rounds.

    Attributes:
        naive_rps: The naive design, for each user's first question after new feedback.
        adapting_rps: The service, for the same.
        unchanged_rps: The service, for users whose feedback did not change.
        noop_rps: A FastAPI endpoint that does nothing but send the same bytes.
        plain_ms: One request at a time, each user's first after new feedback.
        explained_ms: The same with reasons, for other users in turn.
        target_rps: The constant rate of the last part, half of `adapting_rps`.
        sustained: The service at that rate, ratings and questions mixed.
    """

    naive_rps: float
    adapting_rps: float
    unchanged_rps: float
    noop_rps: float
    plain_ms: float
    explained_ms: float
    target_rps: float
    sustained: Measured


@dataclass(frozen=True)
class _Servers:
    """URLs of the three servers under test."""

    service: str
    naive: str
    noop: str


def measure_service(
    model: Path,
    *,
    users: int,
    seconds: int,
    sustained_seconds: int,
    on_stage: Callable[[str], None],
) -> ServiceResult:
    """Measure the service, the naive design and an endpoint that does nothing.

    All run side by side, each one worker on the same core; what makes the load, and the store,
    which they share, are on another. The rounds take turns, so that whatever else the machine does
    meanwhile meets them all.

    Args:
        model: The bundle.
        users: How many users ask.
        seconds: Time to measure each of the peaks.
        sustained_seconds: Time of the constant rate.
        on_stage: Told what goes on.

    Returns:
        What was measured.

    Raises:
        ModelError: If a tool or a server is missing, a request fails, or the naive design ranks
            otherwise than the service.
    """
    require_wrk()
    bundle = load_bundle(model)
    server_core, other_core = cores()
    with tempfile.TemporaryDirectory(prefix="melu-") as name, ExitStack() as stack:
        folder = Path(name)
        try:
            with pinned(other_core):
                store = stack.enter_context(EmbeddedStore(folder / "store", "everysec"))
        except EmbeddedStoreError as error:
            raise ServiceBenchmarkError(str(error)) from error
        on_stage(f"{users:,} users rate; servers on core {server_core}, load on {other_core}")
        crowd = Crowd(bundle.catalogue.item_ids.to_list(), bundle.manifest.scale, users, store.url)
        crowd.write()
        servers = _start(stack, model, store.url, crowd.names[0], folder, server_core)
        bench = _Bench(Load(folder, other_core), crowd, servers)
        bench.compare_rankings()
        return bench.run(seconds, sustained_seconds, on_stage)


def _start(
    stack: ExitStack, model: Path, store_url: str, user: str, folder: Path, core: int
) -> _Servers:
    """Start the service, then the naive design, then what answers as the service did."""
    bundle_and_store = ["--model", str(model), "--store", store_url]

    def start(name: str, *arguments: str) -> str:
        log = folder / f"{name}.log"
        return stack.enter_context(running_server(arguments, log, core, _SETTINGS)).url

    service = start("service", "scripts.cli", "serve", *bundle_and_store)
    naive = start("naive", "scripts.benchmark.naive_app", "naive", *bundle_and_store)
    answer = httpx.get(
        f"{service}/users/{user}/recommendations", headers={"Accept-Encoding": "identity"}
    )
    headers = {k: v for k, v in answer.headers.items() if k not in _OF_THE_SERVER}
    file = folder / "answer.json"
    file.write_text(json.dumps({"headers": headers, "body": answer.text}), encoding="utf-8")
    noop = start("noop", "scripts.benchmark.naive_app", "noop", "--answer", str(file))
    return _Servers(service, naive, noop)


@dataclass(frozen=True)
class _Bench:
    """The measurements, given everything that runs."""

    load: Load
    crowd: Crowd
    servers: _Servers

    def run(
        self, seconds: int, sustained_seconds: int, on_stage: Callable[[str], None]
    ) -> ServiceResult:
        """Measure the peaks in rounds, then the constant rate."""
        rounds = min(ROUNDS, seconds)
        part = math.ceil(seconds / rounds)
        found: dict[str, list[float]] = {"noop": [], "unchanged": [], "adapting": [], "naive": []}
        for number in range(1, rounds + 1):
            found["adapting"].append(self._adapting(self.servers.service, part))
            found["naive"].append(self._adapting(self.servers.naive, part))
            self._warm_up()
            found["unchanged"].append(self._again(self.servers.service, part))
            found["noop"].append(self._again(self.servers.noop, part))
            latest = ", ".join(f"{name} {rates[-1]:,.0f}" for name, rates in found.items())
            on_stage(f"round {number} of {rounds}: {latest} a second")
        # Once more now that feedback changed: an answer from before it would not do.
        self.crowd.change()
        self.compare_rankings()
        plain_ms, explained_ms = self._plain_and_explained()
        rates = {name: median(rates) for name, rates in found.items()}
        target = rates["adapting"] * _SUSTAINED_SHARE
        on_stage(f"{target:,.0f} requests a second for {sustained_seconds} s")
        requests = self.crowd.mixed(math.ceil(target * sustained_seconds))
        sustained = self.load.constant(self.servers.service, requests, sustained_seconds, target)
        if not sustained.answers:
            raise ServiceBenchmarkError("at the constant rate there was no answer.")
        return ServiceResult(
            naive_rps=rates["naive"],
            adapting_rps=rates["adapting"],
            unchanged_rps=rates["unchanged"],
            noop_rps=rates["noop"],
            plain_ms=plain_ms,
            explained_ms=explained_ms,
            target_rps=target,
            sustained=sustained,
        )

    def _adapting(self, url: str, seconds: int) -> float:
        """Let every user rate, then ask once, until the questions took the time."""
        answers, elapsed = 0, 0.0
        while elapsed < seconds:
            self.crowd.change()
            measured = self.load.once(url, self.crowd.asks(), seconds, CONNECTIONS)
            _check(measured)
            answers, elapsed = answers + measured.answers, elapsed + measured.seconds
        return answers / elapsed

    def _again(self, url: str, seconds: int) -> float:
        measured = self.load.peak(url, self.crowd.asks(), seconds, CONNECTIONS)
        _check(measured)
        return measured.rps

    def _plain_and_explained(self) -> tuple[float, float]:
        """Let every user rate, then ask once, every other with `explain=true`; median times."""
        self.crowd.change()
        times: dict[str, list[float]] = {"false": [], "true": []}
        with httpx.Client(base_url=self.servers.service, timeout=30) as client:
            for name, explain in zip(
                self.crowd.names[:_EXPLAINED_USERS], itertools.cycle(times), strict=False
            ):
                started = time.perf_counter()
                answer = client.get(f"/users/{name}/recommendations", params={"explain": explain})
                times[explain].append(1000 * (time.perf_counter() - started))
                if not answer.is_success:
                    raise ServiceBenchmarkError(f"explain={explain}: {answer.text}")
        return median(times["false"]), median(times["true"])

    def _warm_up(self) -> None:
        """Ask the service for every user, however long it takes."""
        asks = self.crowd.asks()
        measured = self.load.once(self.servers.service, asks, _WARM_UP_SECONDS, CONNECTIONS)
        _check(measured)
        if measured.answers < len(asks):
            raise ServiceBenchmarkError(
                f"the service answered {measured.answers:,} of {len(asks):,} users in "
                f"{_WARM_UP_SECONDS} s; ask for fewer with --users."
            )

    def compare_rankings(self) -> None:
        """Raise `ServiceBenchmarkError` if the naive design ranks otherwise than the service."""
        for name in self.crowd.names[:_COMPARED_USERS]:
            path = f"/users/{name}/recommendations"
            service, naive = (
                httpx.get(url + path, timeout=30).json()
                for url in (self.servers.service, self.servers.naive)
            )
            if not same_ranking(service, naive):
                raise ServiceBenchmarkError(
                    f"the service and the naive design rank differently for {name}; their rates "
                    "can't be compared."
                )


def same_ranking(one: dict[str, Any], other: dict[str, Any]) -> bool:
    """Tell whether two answers rank alike, but for rounding where values are all but equal.

    Args:
        one: An answer with recommendations.
        other: Another.

    Returns:
        Whether they are about the same feedback, with the same values in the same order.
    """
    if any(one[name] != other[name] for name in ("strategy", "support_size", "support_version")):
        return False
    field = "score" if one["items"][0]["relevance"] is None else "relevance"
    scores, others = ({i["item_id"]: i[field] for i in a["items"]} for a in (one, other))
    common = scores.keys() & others.keys()
    return (
        len(scores) == len(others)
        and len(common) >= len(scores) - _MOST_NEAR_TIES
        and all(abs(scores[item] - others[item]) < _SCORE_TOLERANCE for item in common)
        and all(
            abs(mine - its) < _SCORE_TOLERANCE
            for mine, its in zip(scores.values(), others.values(), strict=True)
        )
    )


def _check(measured: Measured) -> None:
    if measured.errors or not measured.answers:
        raise ServiceBenchmarkError(
            f"of {measured.answers + measured.errors:,} requests {measured.errors:,} failed."
        )
