"""Refuse paths and queries whose percent-encoding can't be taken at its word."""

from urllib.parse import unquote_to_bytes

from starlette.types import ASGIApp, Receive, Scope, Send

from app.problems import InvalidParameter, problem_response


class CheckPercentEncoding:
    """ASGI middleware that answers 422 to `%2F` in a path and to a query that is no UTF-8.

    Routing sees paths decoded. Without this, a request about the user `ann%2Ffeedback%2F50` would
    be one about Ann's feedback on item 50; and a search for bytes that are no text would be one
    for replacement characters. (In a path these make an invalid id.)

    Args:
        app: What comes after.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or answer it."""
        if scope["type"] == "http":
            fault = None
            if b"%2f" in (scope.get("raw_path") or b"").lower():
                fault = "path: an id holds no '/'."
            elif b"%" in scope["query_string"] and not _is_utf_8(scope["query_string"]):
                fault = "query: the percent-encoding is not that of UTF-8 text."
            if fault is not None:
                await problem_response(InvalidParameter(fault))(scope, receive, send)
                return
        await self._app(scope, receive, send)


def _is_utf_8(query: bytes) -> bool:
    try:
        unquote_to_bytes(query).decode()
    except UnicodeDecodeError:
        return False
    return True
