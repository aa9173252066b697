"""Headers of every answer."""

from starlette.types import ASGIApp, Message, Receive, Scope, Send

_NO_SNIFFING = (b"x-content-type-options", b"nosniff")
_USERS = "/users/"
_NOT_KEPT = (b"cache-control", b"private, no-store")
_ASKED_AGAIN = (b"cache-control", b"no-cache")
_VARIES_BY = b"Accept-Encoding"
_VARY = (b"vary", _VARIES_BY)


class ResponseHeadersMiddleware:
    """ASGI middleware that adds what browsers and caches have to know of each answer.

    Browsers take it for what it says that it is, and caches keep it apart by the encoding that was
    asked for. Unless an answer says otherwise they keep nothing of a user's data, and ask again for
    all else: a cache that is told nothing may guess how long an answer holds good (RFC 9111,
    section 4.2.2), and a changed item, or a service no longer ready, is to show in the next one.

    Args:
        app: What comes after.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on; add the headers to its answer."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        of_a_user = scope["path"].startswith(_USERS)

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = list(message.get("headers", ()))
                headers.append(_NO_SNIFFING)
                _add_vary(headers)
                if not any(name == b"cache-control" for name, _ in headers):
                    headers.append(_NOT_KEPT if of_a_user else _ASKED_AGAIN)
                message["headers"] = headers
            await send(message)

        await self._app(scope, receive, send_with_headers)


def _add_vary(headers: list[tuple[bytes, bytes]]) -> None:
    for index, (name, value) in enumerate(headers):
        if name == b"vary":
            if _VARIES_BY.lower() not in value.lower():
                headers[index] = (name, value + b", " + _VARIES_BY)
            return
    headers.append(_VARY)
