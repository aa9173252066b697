"""Measure every request."""

from time import perf_counter

from prometheus_client import Counter, Histogram
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.metrics import REQUESTS, SECONDS

_METHODS = frozenset({"GET", "HEAD", "OPTIONS", "PUT", "POST", "DELETE"})
_UNMATCHED = "unmatched"
_INTERNAL_ERROR = 500


class Measured:
    """ASGI middleware that counts requests and their time by the template of their path.

    Args:
        app: What comes after.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        # To look labels up takes longer than to count.
        self._children: dict[tuple[str, str, int], tuple[Counter, Histogram]] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, and count it."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started = perf_counter()
        status = _INTERNAL_ERROR

        async def send_and_note(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self._app(scope, receive, send_and_note)
        finally:
            path: str = getattr(scope.get("route"), "path", None) or _UNMATCHED
            method = scope["method"]
            key = (path, method if method in _METHODS else "other", status)
            children = self._children.get(key)
            if children is None:
                children = self._children[key] = (
                    REQUESTS.labels(*key),
                    SECONDS.labels(path),
                )
            children[0].inc()
            children[1].observe(perf_counter() - started)
