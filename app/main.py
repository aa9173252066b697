"""The application: `uvicorn app.main:create_app --factory`."""

import asyncio
import logging
import os
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from importlib.metadata import version
from importlib.resources import files
from multiprocessing import parent_process
from pathlib import Path
from threading import Thread
from typing import Any

from asgi_correlation_id import CorrelationIdMiddleware
from fastapi import Depends, FastAPI, Response
from fastapi.middleware.cors import CORSMiddleware
from fastapi.staticfiles import StaticFiles

from app.access.description import describe_access
from app.access.guard import AccessGuard
from app.access.tokens import UserTokens
from app.body_limit import BodyLimit
from app.compression import Compress
from app.dependencies import build_services, refuse_repeated_parameters
from app.description import describe, name_operation
from app.forgetting import forgetting
from app.logs import RequestLog
from app.measured import Measured
from app.methods import HeadAndOptions, answer_wrong_method
from app.percent_encoding import CheckPercentEncoding
from app.problems import InvalidBundle, ProblemBody, install_problem_handlers
from app.routes import routers
from app.security_headers import PAGE_HEADERS, NoSniffing
from app.services.answers import AnswerCache
from app.services.compute import Compute
from app.services.recall import report_recall
from app.services.reload import ModelKeeper
from app.settings import Settings
from app.store import (
    Announcements,
    CatalogueStore,
    ListStore,
    RateLimits,
    UserStore,
    connect_store,
)
from app.url_limit import UrlLimit
from model.identifiers import is_valid_id

logger = logging.getLogger("uvicorn.error")

_ANNOUNCING_CONNECTIONS = 4
"""One listens for good; the others are for what this worker has to say."""
STATIC_FOLDER = Path(__file__).parent / "static"
SWAGGER_FOLDER = Path(str(files("fastapi_swagger") / "resources"))
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
        """Add the headers of pages to the file or to the 304."""
        response = super().file_response(*args, **kwargs)
        response.headers.update(PAGE_HEADERS)
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
        app.state.store = UserStore(
            redis,
            timeout_seconds=settings.store_timeout_seconds,
            feedback_limit=settings.feedback_limit,
            expiry=settings.user_expiry,
        )
        announcing = connect_store(
            settings.store_url,
            timeout_seconds=settings.store_timeout_seconds,
            connections=_ANNOUNCING_CONNECTIONS,
        )
        announcements = Announcements(announcing)
        items = CatalogueStore(redis, settings.store_timeout_seconds)
        lists = ListStore(redis, settings.store_timeout_seconds)
        app.state.keeper = keeper = ModelKeeper(
            settings.model,
            lambda recommender: build_services(
                settings, app.state.store, items, lists, recommender, compute
            ),
        )
        app.state.rate_limits = RateLimits(
            redis,
            per_user=settings.rate_limit,
            per_key=settings.key_rate_limit,
            salt="".join(settings.token_secrets[:1]).encode(),
        )
        try:
            await keeper.reload()
        except InvalidBundle as error:
            # Health checks and the reason in the log help more than a process that is gone.
            logger.error("%s Answering 503 until there is one.", error)  # noqa: TRY400 - no trace
        watch = (
            asyncio.create_task(keeper.watch(settings.model_watch_seconds))
            if settings.model_watch_seconds
            else None
        )

        recall = (
            asyncio.create_task(report_recall(keeper.services.live.current.recommender, compute))
            if keeper.services is not None
            else None
        )

        def answers() -> AnswerCache | None:
            return None if keeper.services is None else keeper.services.answers

        try:
            async with forgetting(announcements, answers), announcements.listening():
                yield
        finally:
            for task in (watch, recall):
                if task is not None:
                    task.cancel()
            compute.close()
            for client in (redis, announcing):
                await client.aclose()
                await client.connection_pool.disconnect()

    app = FastAPI(
        title="MeLU Online",
        summary="Personal from the first rating.",
        description=DESCRIPTION,
        version=version("melu-online"),
        lifespan=lifespan,
        docs_url=None,  # ours is in routes/page.py: it loads nothing from elsewhere
        redoc_url=None,
        redirect_slashes=False,
        generate_unique_id_function=name_operation,
        dependencies=[Depends(refuse_repeated_parameters)],
        responses={"default": {"model": ProblemBody, "description": "Any other problem."}},
    )
    app.state.tokens = UserTokens(settings.token_secrets, settings.token_seconds)
    for router in routers:
        app.include_router(router)
    app.mount("/static/swagger", RevalidatedFiles(directory=SWAGGER_FOLDER), name="swagger")
    app.mount("/static", RevalidatedFiles(directory=STATIC_FOLDER), name="static")
    app.openapi = partial(describe, app)  # type: ignore[method-assign] # as FastAPI documents it
    describe_access(app)
    install_problem_handlers(app)
    app.add_exception_handler(405, answer_wrong_method)
    # The first is the innermost.
    app.add_middleware(BodyLimit, max_bytes=settings.max_body_bytes)
    if settings.api_keys:
        app.add_middleware(AccessGuard, keys=settings.api_keys, tokens=app.state.tokens)
    app.add_middleware(CheckPercentEncoding)
    app.add_middleware(UrlLimit)
    app.add_middleware(Compress)
    app.add_middleware(HeadAndOptions, site=app)
    if settings.cors_origins:
        app.add_middleware(
            CORSMiddleware,
            allow_origins=list(settings.cors_origins),
            allow_methods=["GET", "HEAD", "PUT", "POST", "DELETE"],
            allow_headers=["Authorization", "Content-Type", "If-None-Match", "X-Request-ID"],
            expose_headers=["ETag", "Retry-After", "Server-Timing", "X-Request-ID"],
        )
    app.add_middleware(NoSniffing)
    if settings.log_requests:
        salt = settings.log_salt
        app.add_middleware(
            RequestLog,
            salt=salt.get_secret_value() if salt else None,
            style=settings.log_format,
        )
    app.add_middleware(Measured)
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
