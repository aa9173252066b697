"""What every request passes on its way in, and every answer on its way out."""

import random

from asgi_correlation_id import CorrelationIdMiddleware
from fastapi import FastAPI

from app.access.guard import AccessGuardMiddleware
from app.access.tokens import UserTokens
from app.logs import RequestLog
from app.middleware.body_limit import BodyLimitMiddleware
from app.middleware.compression import CompressionMiddleware
from app.middleware.cors import CorsMiddleware
from app.middleware.empty_parameters import EmptyParametersMiddleware
from app.middleware.front_routes import FrontRoutesMiddleware
from app.middleware.head_options import HeadOptionsMiddleware
from app.middleware.own_pages import OwnPagesMiddleware
from app.middleware.request_metrics import RequestMetricsMiddleware
from app.middleware.response_headers import ResponseHeadersMiddleware
from app.middleware.url_check import UrlCheckMiddleware
from app.routes.recommendations import CheckedQueryRoute
from app.settings import Settings
from app.traces import RequestTraces
from model.catalogue.identifiers import MAX_ID_LENGTH


def add_middleware(
    app: FastAPI, settings: Settings, tokens: UserTokens, traces: RequestTraces | None
) -> None:
    """Put an application's middleware in place.

    Args:
        app: The application.
        settings: How it runs.
        tokens: Knows users' tokens.
        traces: Makes traces of requests; None for none.
    """
    # The first is the innermost.
    app.add_middleware(FrontRoutesMiddleware, routes=[CheckedQueryRoute()])
    app.add_middleware(BodyLimitMiddleware, max_bytes=settings.max_body_bytes)
    if settings.api_keys:
        app.add_middleware(
            AccessGuardMiddleware, keys=settings.api_keys, tokens=tokens, has_demo=settings.demo
        )
    app.add_middleware(EmptyParametersMiddleware)
    app.add_middleware(UrlCheckMiddleware)
    app.add_middleware(CompressionMiddleware)
    app.add_middleware(HeadOptionsMiddleware, site=app)
    if not settings.api_keys:
        app.add_middleware(
            OwnPagesMiddleware, hosts=settings.own_hosts, origins=settings.cors_origins
        )
    if settings.cors_origins:
        app.add_middleware(
            CorsMiddleware,
            allow_origins=list(settings.cors_origins),
            allow_methods=["GET", "HEAD", "PUT", "POST", "DELETE"],
            allow_headers=["Authorization", "Content-Type", "If-None-Match", "X-Request-ID"],
            expose_headers=["ETag", "Retry-After", "Server-Timing", "X-Request-ID"],
        )
    app.add_middleware(ResponseHeadersMiddleware)
    salt = settings.log_salt
    log = RequestLog(salt.get_secret_value() if salt else None, settings.log_format)
    app.add_middleware(
        RequestMetricsMiddleware, log=log if settings.log_requests else None, traces=traces
    )
    # Outermost, so that every answer carries the id.
    app.add_middleware(
        CorrelationIdMiddleware,
        validator=_is_request_id,
        generator=_new_request_id,
        update_request_header=False,  # nothing reads it there
    )


def _is_request_id(text: str) -> bool:
    return len(text) <= MAX_ID_LENGTH and text.isprintable()


def _new_request_id() -> str:
    # It is no secret, and the system's randomness takes as long as a read from the cache.
    return f"{random.getrandbits(128):032x}"
