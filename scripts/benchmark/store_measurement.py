"""Measure the memory of the store a user, and the start of a service."""

from __future__ import annotations

import asyncio
import random
import tempfile
import uuid
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from statistics import median

from app.settings import ENVIRONMENT_PREFIX
from app.store import Attributes, NewEvent, StoreClient, UserStore, close_store, connect_store
from app.store.embedded import EmbeddedStore, EmbeddedStoreError
from model.errors import ModelError
from scripts.benchmark.servers import cores, running_server

_CATALOGUE = 10_000
_PROFILE: Attributes = {"age": 25, "gender": "F", "occupation": "writer", "zip_code": "55455"}
_AT_ONCE = 100
_CONNECTIONS = 8
_TIMEOUT_SECONDS = 30.0
_SETTLING_SECONDS = 2.0
_SEED = 0


class StoreBenchmarkError(ModelError):
    """The store can't be measured."""


@dataclass(frozen=True)
class StoreResult:
    """What was measured.

    Attributes:
        users: How many were written.
        feedback: Pieces of feedback of each.
        bytes_per_user: Growth of the store's memory by them, for one.
        bytes_with_profile: The same once each has a profile too.
        ready_s: Median seconds from the start of a service's process until it is ready; None
            without a bundle.
    """

    users: int
    feedback: int
    bytes_per_user: float
    bytes_with_profile: float
    ready_s: float | None


def measure_store(
    model: Path | None, *, users: int, feedback: int, starts: int, on_stage: Callable[[str], None]
) -> StoreResult:
    """Write users to a fresh embedded store, and start a service.

    Users are written by the service's own code, from events as the demo page sends them: with an id
    each, without a time.

    Args:
        model: The bundle to start a service with; none is started if None.
        users: How many users to write.
        feedback: Pieces of feedback of each.
        starts: How often to start the service.
        on_stage: Told what goes on.

    Returns:
        What was measured.

    Raises:
        ModelError: If the store or the service does not start.
    """
    with tempfile.TemporaryDirectory(prefix="melu-") as name:
        folder = Path(name)
        on_stage(f"writing {users:,} users of {feedback} pieces of feedback")
        try:
            with EmbeddedStore(folder / "store", "everysec") as store:
                rated, with_profile = asyncio.run(_memory(store.url, users, feedback))
        except EmbeddedStoreError as error:
            raise StoreBenchmarkError(str(error)) from error
        ready_s = None
        if model is not None:
            on_stage("starting a service with an embedded store")
            ready_s = median(_ready(model, folder, start) for start in range(starts))
        return StoreResult(users, feedback, rated, with_profile, ready_s)


def _ready(model: Path, folder: Path, start: int) -> float:
    """Start `melu serve` with a fresh embedded store; return the seconds until it was ready."""
    server_core, _ = cores()
    arguments = ["scripts.cli", "serve", "--model", str(model)]
    settings = {f"{ENVIRONMENT_PREFIX}STORE_FOLDER": str(folder / f"store-{start}")}
    log = folder / f"service-{start}.log"
    with running_server(arguments, log, server_core, settings) as server:
        return server.ready_s


async def _memory(url: str, users: int, feedback: int) -> tuple[float, float]:
    """Return the bytes a user, of feedback and of feedback with a profile."""
    redis = connect_store(url, timeout_seconds=_TIMEOUT_SECONDS, connections=_CONNECTIONS)
    store = UserStore(redis, timeout_seconds=_TIMEOUT_SECONDS)
    now = datetime.now(UTC)
    names = [f"user-{number}" for number in range(users)]
    try:
        # The scripts, which the store keeps from their first use on, are no user's.
        for name, events in _rate(["another"], feedback):
            await store.add_feedback(name, events, now)
            await store.put_profile(name, _PROFILE, now)
        before = await _used(redis)
        await _all(store.add_feedback(name, events, now) for name, events in _rate(names, feedback))
        rated = await _used(redis)
        await _all(store.put_profile(name, _PROFILE, now) for name in names)
        return (rated - before) / users, (await _used(redis) - before) / users
    finally:
        await close_store(redis)


async def _all(writes: Iterator[Awaitable[object]]) -> None:
    while some := list(islice(writes, _AT_ONCE)):
        await asyncio.gather(*some)


def _rate(names: list[str], feedback: int) -> Iterator[tuple[str, list[NewEvent]]]:
    draw = random.Random(_SEED)  # noqa: S311 - no secret
    for name in names:
        items = draw.sample(range(1, _CATALOGUE), feedback)
        yield (
            name,
            [
                NewEvent(str(item), float(draw.randint(1, 5)), None, str(uuid.uuid4()))
                for item in items
            ],
        )


async def _used(client: StoreClient) -> int:
    # What is buffered for the append-only file is no user's.
    await asyncio.sleep(_SETTLING_SECONDS)
    used: int = (await client.info("memory"))["used_memory"]
    return used
