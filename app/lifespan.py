"""What is there while the application runs: the store's client, the model, and their watches."""

import asyncio
import gc
import logging
import os
import signal
from collections.abc import AsyncIterator, Coroutine, Sequence
from contextlib import asynccontextmanager, suppress
from datetime import timedelta
from multiprocessing import parent_process
from pathlib import Path
from threading import Thread

from fastapi import FastAPI

from app.container import Services, build_services
from app.problems import InvalidBundle, StoreUnavailable
from app.server.http_protocol import LIMITS, ConnectionLimits
from app.services.arms.served_lists import ATTRIBUTED_DAYS
from app.services.model_state.executor import InferenceExecutor
from app.services.model_state.manager import ModelManager
from app.services.model_state.recall_check import report_recall
from app.services.recommendations.cache_invalidation import UserCache, invalidate_erased_users
from app.settings import Settings
from app.store import (
    Acknowledgement,
    Announcements,
    CatalogueStore,
    RankingSnapshotStore,
    RateLimits,
    ServedListStore,
    StoreLayout,
    UnusableStore,
    UserStore,
    close_store,
    connect_store,
)

logger = logging.getLogger("uvicorn.error")

_LOOK_SECONDS = 1.0
_ANNOUNCING_CONNECTIONS = 4
"""One listens for good; the others are for what this worker has to say."""


@asynccontextmanager
async def running(app: FastAPI, settings: Settings) -> AsyncIterator[dict[str, object]]:
    """Connect to the store and load the bundle; take both down again.

    Args:
        app: Its state gets what requests need.
        settings: How it runs.

    Yields:
        What every connection goes by, while the application serves.

    Raises:
        RuntimeError: If no store is named.
    """
    _end_with_supervisor()
    _keep_what_is_imported()
    if settings.store_url is None:
        raise RuntimeError(
            "no store is named: set MELU_STORE_URL=redis://…, or start with `melu serve`, "
            "which brings a store of its own"
        )
    seconds = settings.store_timeout_seconds
    redis, announcing = (
        connect_store(settings.store_url, timeout_seconds=seconds, connections=connections)
        for connections in (settings.store_connections, _ANNOUNCING_CONNECTIONS)
    )
    app.state.embedded_store = _embedded_store(settings)
    acknowledged = _acknowledged(settings)
    compute = InferenceExecutor(settings.compute_threads, settings.compute_queue)
    app.state.store = store = UserStore(
        redis,
        timeout_seconds=seconds,
        feedback_limit=settings.feedback_limit,
        expiry=settings.user_expiry,
        acknowledged=acknowledged,
    )
    app.state.rate_limits = RateLimits(
        redis,
        per_user=settings.rate_limit,
        per_key=settings.key_rate_limit,
        salt="".join(settings.token_secrets[:1]).encode(),
    )
    items = CatalogueStore(redis, seconds, acknowledged)
    lists = RankingSnapshotStore(redis, seconds)
    served = ServedListStore(redis, seconds, _kept_seconds(settings))
    app.state.manager = manager = ModelManager(
        settings.model,
        lambda recommender, candidate: build_services(
            settings, store, items, lists, served, recommender, candidate, compute
        ),
        settings.candidate_folder,
    )

    def caches() -> Sequence[UserCache]:
        return () if manager.services is None else manager.services.caches

    try:
        await manager.reload()
    except InvalidBundle as error:
        # Health checks and the reason in the log help more than a process that is gone.
        logger.error("%s Answering 503 until there is one.", error)  # noqa: TRY400 - no trace
    layout, warnings = StoreLayout(redis, seconds), list[str]()
    app.state.store_warnings = warnings
    looked_at = await _look_at_store(layout, manager, warnings)
    beside: list[Coroutine[None, None, None]] = []
    if looked_at:
        await _open_connections(items, store)
    else:
        beside.append(_look_once_it_is_there(layout, manager, warnings))
    if settings.model_watch_seconds:
        beside.append(manager.watch(settings.model_watch_seconds))
    if manager.services is not None:
        beside.append(report_recall(manager.services.live.current.recommender, compute))
    tasks = [asyncio.create_task(work) for work in beside]
    announcements = Announcements(announcing)
    try:
        async with invalidate_erased_users(announcements, caches), announcements.listening():
            yield {LIMITS: _limits_of(settings)}
    finally:
        for task in tasks:
            task.cancel()
        if manager.services is not None:
            # Another replica is asked for their next pages.
            await manager.services.snapshots.written()
        compute.close()
        if app.state.traces is not None:
            await asyncio.to_thread(app.state.traces.close)
        for client in (redis, announcing):
            await close_store(client)


async def _look_at_store(
    layout: StoreLayout, manager: ModelManager[Services], warnings: list[str]
) -> bool:
    """Raise `UnusableStore` if the store can't be used; tell whether it could be asked."""
    if manager.services is None:
        return False
    dataset = manager.services.live.current.recommender.manifest.dataset
    try:
        warnings[:] = await layout.check(dataset)
    except StoreUnavailable:
        return False
    for warning in warnings:
        logger.warning("%s", warning)
    return True


async def _open_connections(items: CatalogueStore, store: UserStore) -> None:
    """Connect for reads, which keep a connection, and for writes, while more can be opened."""
    with suppress(StoreUnavailable):
        await items.version()
        await store.refusal()


async def _look_once_it_is_there(
    layout: StoreLayout, manager: ModelManager[Services], warnings: list[str]
) -> None:
    try:
        while not await _look_at_store(layout, manager, warnings):
            await asyncio.sleep(_LOOK_SECONDS)
    except UnusableStore as error:
        logger.critical("%s", error)
        os.kill(os.getpid(), signal.SIGTERM)


def _embedded_store(settings: Settings) -> Path | None:
    """Return where a store on this machine that came with the service writes."""
    is_ours = (settings.store_url or "").startswith("unix:") and (settings.store_folder / "lock")
    return settings.store_folder if is_ours and is_ours.exists() else None


def _acknowledged(settings: Settings) -> Acknowledgement | None:
    if not settings.store_wait_replicas:
        return None
    # The other half is for the write itself.
    milliseconds = int(settings.store_timeout_seconds * 500)
    return Acknowledgement(settings.store_wait_replicas, max(1, milliseconds))


def _kept_seconds(settings: Settings) -> int:
    """Return how long lists that a user was shown are kept: no longer than the user."""
    kept = timedelta(days=ATTRIBUTED_DAYS)
    return int(min(kept, settings.user_expiry or kept).total_seconds())


def _limits_of(settings: Settings) -> ConnectionLimits:
    return ConnectionLimits(
        settings.silent_seconds, settings.max_connections, settings.max_body_bytes
    )


def _keep_what_is_imported() -> None:
    """Spare the garbage collector, and the end of the process, a look at what never goes."""
    gc.collect()
    gc.freeze()


def _end_with_supervisor() -> None:
    """Let a worker process end if its supervisor is killed, rather than keep the port."""
    supervisor = parent_process()
    if supervisor is None:
        return

    def wait_and_end() -> None:
        supervisor.join()
        os.kill(os.getpid(), signal.SIGTERM)

    Thread(target=wait_and_end, name="supervisor", daemon=True).start()
