"""Measure, trace and log every request."""

from __future__ import annotations

from time import perf_counter

from prometheus_client import Counter, Histogram
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.logs import PROBES, RequestLog
from app.metrics import REQUESTS, SECONDS
from app.stages import begin_stages, count_stage
from app.traces import AnsweredRequest, RequestTraces

_METHODS = frozenset({"GET", "HEAD", "OPTIONS", "PUT", "POST", "DELETE"})
_UNMATCHED = "unmatched"
_INTERNAL_ERROR = 500
_LEAST_ERROR = 400


class RequestMetricsMiddleware:
    """ASGI middleware that counts requests and their time by the template of their path.

    Args:
        app: What comes after.
        log: Gets a line of each request; None for no log.
        traces: Gets each request with its stages; None for no traces.
    """

    def __init__(
        self, app: ASGIApp, log: RequestLog | None, traces: RequestTraces | None = None
    ) -> None:
        self._app = app
        self._traces = traces
        self._log = log
        # To look labels up takes longer than to count.
        self._children: dict[tuple[str, str, int], tuple[Counter, Histogram]] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on; count and log it once it is answered."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            if scope["type"] == "lifespan" and self._log is not None:
                self._log.write()  # the service ends
            return
        started = perf_counter()
        stages = begin_stages()
        status = _INTERNAL_ERROR  # if nothing is sent

        async def send_and_note(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self._app(scope, receive, send_and_note)
        finally:
            ended = perf_counter()
            noted = stages.close()
            path: str = getattr(scope.get("route"), "path", None) or _UNMATCHED
            method = scope["method"] if scope["method"] in _METHODS else "other"
            self._count(path, method, status, ended - started)
            for stage, begun, over in noted:
                count_stage(path, stage, over - begun)
            trace_id = None
            if self._traces is not None and not (path in PROBES and status < _LEAST_ERROR):
                request = AnsweredRequest(path, method, status, started, ended)
                trace_id = self._traces.note(request, noted, scope["headers"])
            if self._log is not None:
                self._log.note(scope, status, ended - started, trace_id)

    def _count(self, path: str, method: str, status: int, seconds: float) -> None:
        key = (path, method, status)
        children = self._children.get(key)
        if children is None:
            children = self._children[key] = REQUESTS.labels(*key), SECONDS.labels(path)
        requests, times = children
        requests.inc()
        times.observe(seconds)
