"""The application: `uvicorn app.main:create_app --factory`."""

import logging
import os
import signal
from asyncio import Task, create_task
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib.metadata import version
from multiprocessing import parent_process
from pathlib import Path
from threading import Thread
from typing import Any

from asgi_correlation_id import CorrelationIdMiddleware
from fastapi import FastAPI, Response
from fastapi.middleware.cors import CORSMiddleware
from fastapi.staticfiles import StaticFiles

from app.body_limit import BodyLimit
from app.dependencies import build_services
from app.encoded_slash import RefuseEncodedSlash
from app.problems import ProblemBody, install_problem_handlers
from app.routes import routers
from app.services.compute import Compute
from app.services.recall import report_recall
from app.settings import Settings
from app.store import UserStore, connect_store
from model.errors import BundleError
from model.identifiers import is_valid_id
from model.recommender import Recommender

logger = logging.getLogger("uvicorn.error")

STATIC_FOLDER = Path(__file__).parent / "static"
DESCRIPTION = """
Cold-start recommendations by meta-learning (MeLU): a new user rates a handful of items, and the
very next request is personal.

1. `GET /onboarding/items`: what to ask a new user.
2. `POST /users/{id}/feedback`: the answers.
3. `GET /users/{id}/recommendations`: items ranked by the user's own adapted copy of the model.

Errors are `application/problem+json` with a stable `code`.
"""


class RevalidatedFiles(StaticFiles):
    """Static files that a browser checks again, so that no release meets another's modules."""

    def file_response(self, *args: Any, **kwargs: Any) -> Response:  # noqa: ANN401 - passed on
        """Add `Cache-Control` to the file or to the 304."""
        response = super().file_response(*args, **kwargs)
        response.headers["Cache-Control"] = "no-cache"
        return response


def create_app(settings: Settings | None = None) -> FastAPI:
    """Make the application.

    Args:
        settings: How it runs; read from the environment if None.

    Returns:
        An ASGI application that loads the bundle and connects to the store when it starts.
    """
    settings = settings or Settings()

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        _end_with_supervisor()
        if settings.store_url is None:
            raise RuntimeError(
                "no store is named: set MELU_STORE_URL=redis://…, or start with `melu serve`, "
                "which brings a store of its own"
            )
        redis = connect_store(
            settings.store_url,
            timeout_seconds=settings.store_timeout_seconds,
            connections=settings.store_connections,
        )
        compute = Compute(settings.compute_threads, settings.compute_queue)
        app.state.store = UserStore(redis)
        app.state.services = None
        recall: Task[None] | None = None
        try:
            recommender = Recommender.load(settings.model)
        except BundleError:
            # Health checks and the reason in the log help more than a process that is gone.
            logger.exception("The bundle can't be used; answering 503 until a restart finds one")
        else:
            await compute.run(recommender.warm_up)
            app.state.services = build_services(settings, app.state.store, recommender, compute)
            logger.info("Serving %s", recommender.manifest.version)
            recall = create_task(report_recall(recommender, compute))
        try:
            yield
        finally:
            if recall is not None:
                recall.cancel()
            compute.close()
            await redis.aclose()
            await redis.connection_pool.disconnect()

    app = FastAPI(
        title="MeLU Online",
        summary="Personal from the first rating.",
        description=DESCRIPTION,
        version=version("melu-online"),
        lifespan=lifespan,
        responses={"default": {"model": ProblemBody, "description": "Any other problem."}},
    )
    for router in routers:
        app.include_router(router)
    app.mount("/static", RevalidatedFiles(directory=STATIC_FOLDER), name="static")
    install_problem_handlers(app)
    app.add_middleware(BodyLimit, max_bytes=settings.max_body_bytes)
    app.add_middleware(RefuseEncodedSlash)
    if settings.cors_origins:
        app.add_middleware(
            CORSMiddleware,
            allow_origins=list(settings.cors_origins),
            allow_methods=["GET", "PUT", "POST", "DELETE"],
            allow_headers=["Authorization", "Content-Type", "If-None-Match", "X-Request-ID"],
            expose_headers=["ETag", "Retry-After", "Server-Timing", "X-Request-ID"],
        )
    # Outermost, so that every answer carries the id.
    app.add_middleware(CorrelationIdMiddleware, validator=is_valid_id)
    return app


def _end_with_supervisor() -> None:
    """Let a worker process end if its supervisor is killed, rather than keep the port."""
    supervisor = parent_process()
    if supervisor is None:
        return

    def wait_and_end() -> None:
        supervisor.join()
        os.kill(os.getpid(), signal.SIGTERM)

    Thread(target=wait_and_end, name="supervisor", daemon=True).start()
