"""Take parameters that are sent empty out of a query."""

from starlette.types import ASGIApp, Receive, Scope, Send

_READING = frozenset({"GET", "HEAD", "OPTIONS"})


class EmptyParametersMiddleware:
    """ASGI middleware for which an empty parameter is one not sent, as a form sends what is left.

    Taken out before anything reads the query, so that access, routes and memory all see the same:
    of `limit=6&limit=` the framework would take the last. To who reads a name alone, `limit`, is
    the same; for what writes it stays: who says `dry_run` without a value may mean yes, and had
    better be refused.

    Args:
        app: What comes after.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on."""
        if scope["type"] == "http" and scope["query_string"]:
            parts = scope["query_string"].split(b"&")
            reads = scope["method"] in _READING
            scope["query_string"] = b"&".join(part for part in parts if _is_sent(part, reads))
        await self._app(scope, receive, send)


def _is_sent(part: bytes, reads: bool) -> bool:
    name, equals, value = part.partition(b"=")
    return bool(value) or (bool(name) and not equals and not reads)
