"""Measure one worker on a store that holds a great many users."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from model.bundle.bundle import load_bundle
from model.errors import ModelError
from scripts.benchmark.crowd import Crowd
from scripts.benchmark.load import HttpRequest, Load, Measured, require_wrk
from scripts.benchmark.many_users import write_users
from scripts.benchmark.redis_server import RedisProcess, running_redis
from scripts.benchmark.servers import RunningServer, cores, running_server

ROUNDS = 3
CONNECTIONS = 8
FEEDBACK = "feedback"
AFTER_FEEDBACK = "lists after feedback"
UNCHANGED = "lists, nothing changed"
KINDS = (FEEDBACK, AFTER_FEEDBACK, UNCHANGED)
_MOST_ASKING = 1_000
"""A worker has all of their lists at hand, as is needed of lists that nothing changed."""
_MOST_ROUND_SECONDS = 120
_SUSTAINED_SHARE = 0.5


class CapacityError(ModelError):
    """The service did not do what is measured."""


@dataclass(frozen=True)
class KindOfRequest:
    """How one worker took requests of a kind; medians over rounds.

    Attributes:
        rps: Answers a second, eight requests under way at once.
        p50_ms: Median milliseconds from request to answer.
        p99_ms: The 99th percentile.
        worker_us: Microseconds of the worker's processor that an answer took.
        store_us: Microseconds of the store's processor that an answer took.
    """

    rps: float
    p50_ms: float
    p99_ms: float
    worker_us: float
    store_us: float


@dataclass(frozen=True)
class CapacityResult:
    """What was measured.

    Attributes:
        store: Which server, in which version.
        users: How many users it held.
        feedback: Pieces of feedback of each.
        fill_s: Seconds that it took to write them.
        bytes_per_user: Growth of the store's memory by them, for one.
        resident_per_user: Memory that the store takes of the machine, for one.
        disk_bytes_per_user: Its append-only file, written anew, for one.
        items: Size of the catalogue.
        asking: How many of the users rated and asked.
        requests: By kind, how one worker took them.
        target_rps: A constant rate, half of that of lists after feedback.
        sustained: The worker at that rate, a rating to two lists.
        rss_mib: The worker's resident memory after all that.
    """

    store: str
    users: int
    feedback: int
    fill_s: float
    bytes_per_user: float
    resident_per_user: float
    disk_bytes_per_user: float
    items: int
    asking: int
    requests: dict[str, KindOfRequest]
    target_rps: float
    sustained: Measured
    rss_mib: float


def measure_capacity(
    model: Path,
    *,
    users: int,
    feedback: int,
    seconds: int,
    sustained_seconds: int,
    on_stage: Callable[[str], None],
) -> CapacityResult:
    """Fill a Redis with users, and let some of them rate and ask.

    The service, one worker, is on one core; the store, and what makes the load, are on another.

    Args:
        model: The bundle to serve.
        users: How many users the store holds.
        feedback: Pieces of feedback of each.
        seconds: Time to ask for unchanged lists in each round.
        sustained_seconds: Time of the constant rate.
        on_stage: Told what goes on.

    Returns:
        What was measured.

    Raises:
        ModelError: If a tool is missing, a server does not start or a request fails.
    """
    require_wrk()
    bundle = load_bundle(model)
    items = bundle.catalogue.item_ids.to_list()
    server_core, other_core = cores()
    asking = min(_MOST_ASKING, users // 2)
    with tempfile.TemporaryDirectory(prefix="melu-") as name, ExitStack() as stack:
        folder = Path(name)
        store = stack.enter_context(running_redis(folder / "store", other_core))
        empty, empty_resident = store.used_bytes, store.resident_bytes
        on_stage(f"writing {users:,} users of {feedback} pieces of feedback to {store.name}")
        crowd = Crowd(items, bundle.manifest.scale, asking, store.url)
        others = [f"benchmark-{number}" for number in range(asking, users)]
        fill_s = write_users(store.url, others, items, bundle.manifest.scale, feedback)
        on_stage(f"{fill_s:,.0f} s; writing the store's file anew")
        disk = store.rewritten_file_bytes()
        # After that, for what is buffered for the file is no user's.
        used, resident = store.used_bytes - empty, store.resident_bytes - empty_resident
        crowd.write()
        server = stack.enter_context(
            running_server(
                ["scripts.cli", "serve", "--model", str(model), "--store", store.url],
                folder / "service.log",
                server_core,
                {"MELU_LOG_REQUESTS": "false"},
            )
        )
        bench = _Bench(Load(folder, other_core), crowd, server, store)
        requests = bench.rounds(seconds, on_stage)
        target = requests[AFTER_FEEDBACK].rps * _SUSTAINED_SHARE
        on_stage(f"{target:,.0f} requests a second for {sustained_seconds} s")
        mixed = crowd.mixed(int(target * sustained_seconds) + 1)
        sustained = bench.load.constant(server.url, mixed, sustained_seconds, target)
        if not sustained.answers:
            raise CapacityError("at the constant rate there was no answer.")
        return CapacityResult(
            store=store.name,
            users=users,
            feedback=feedback,
            fill_s=fill_s,
            bytes_per_user=used / len(others),
            resident_per_user=resident / len(others),
            disk_bytes_per_user=disk / len(others),
            items=len(items),
            asking=asking,
            requests=requests,
            target_rps=target,
            sustained=sustained,
            rss_mib=server.rss_mib,
        )


@dataclass(frozen=True)
class _Bench:
    """The measurements, given everything that runs."""

    load: Load
    crowd: Crowd
    server: RunningServer
    store: RedisProcess

    def rounds(self, seconds: int, on_stage: Callable[[str], None]) -> dict[str, KindOfRequest]:
        """Let everybody rate, then ask, then ask again, and so on."""
        found: dict[str, list[_Counted]] = {kind: [] for kind in KINDS}
        for number in range(1, ROUNDS + 1):
            found[FEEDBACK].append(self._once(self.crowd.ratings()))
            found[AFTER_FEEDBACK].append(self._once(self.crowd.asks()))
            found[UNCHANGED].append(self._again(self.crowd.asks(), seconds))
            latest = ", ".join(
                f"{kind} {all_[-1].measured.rps:,.0f}" for kind, all_ in found.items()
            )
            on_stage(f"round {number} of {ROUNDS}: {latest} a second")
        return {kind: _medians(measured) for kind, measured in found.items()}

    def _once(self, requests: Sequence[HttpRequest]) -> _Counted:
        counted = self._counted(
            lambda: self.load.once(self.server.url, requests, _MOST_ROUND_SECONDS, CONNECTIONS)
        )
        if counted.measured.answers < len(requests):
            raise CapacityError(
                f"{counted.measured.answers:,} of {len(requests):,} requests were answered in "
                f"{_MOST_ROUND_SECONDS} s."
            )
        return counted

    def _again(self, requests: Sequence[HttpRequest], seconds: int) -> _Counted:
        return self._counted(
            lambda: self.load.peak(self.server.url, requests, seconds, CONNECTIONS)
        )

    def _counted(self, run: Callable[[], Measured]) -> _Counted:
        """Make a load; tell the processor time for an answer too."""
        before = self.server.processor_seconds, self.store.processor_seconds
        measured = run()
        if measured.errors or not measured.answers:
            raise CapacityError(f"{measured.errors:,} of {measured.answers:,} requests failed.")
        worker = self.server.processor_seconds - before[0]
        store = self.store.processor_seconds - before[1]
        return _Counted(measured, 1e6 * worker / measured.answers, 1e6 * store / measured.answers)


@dataclass(frozen=True)
class _Counted:
    """What was measured, and the microseconds of processors for an answer."""

    measured: Measured
    worker_us: float
    store_us: float


def _medians(found: Sequence[_Counted]) -> KindOfRequest:
    return KindOfRequest(
        rps=median(one.measured.rps for one in found),
        p50_ms=median(one.measured.p50_ms for one in found),
        p99_ms=median(one.measured.p99_ms for one in found),
        worker_us=median(one.worker_us for one in found),
        store_us=median(one.store_us for one in found),
    )
