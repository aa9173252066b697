"""Take parameters that are sent empty out of a query."""

from starlette.types import ASGIApp, Receive, Scope, Send


class EmptyParametersMiddleware:
    """ASGI middleware for which an empty parameter is one not sent, as a form sends what is left.

    Taken out before anything reads the query, so that access, routes and memory all see the same:
    of `limit=6&limit=` the framework would take the last.

    Args:
        app: What comes after.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on."""
        if scope["type"] == "http" and scope["query_string"]:
            scope["query_string"] = _without_empty(scope["query_string"])
        await self._app(scope, receive, send)


def _without_empty(query: bytes) -> bytes:
    return b"&".join(part for part in query.split(b"&") if part.partition(b"=")[2])
