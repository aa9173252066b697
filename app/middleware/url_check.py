"""Refuse URLs that are too long, or whose percent-encoding can't be taken at its word."""

from urllib.parse import unquote_to_bytes

from starlette.types import ASGIApp, Receive, Scope, Send

from app.problems import InvalidParameter, Problem, UriTooLong, problem_response

MAX_URL_BYTES = 32 * 1024
"""Room for 500 ids to exclude; see `app/schemas/values.py`."""


class UrlCheckMiddleware:
    """ASGI middleware that answers 414 to long URLs, and 422 to `%2F` in a path or odd bytes.

    Routing sees paths decoded. Without this, a request about the user `ann%2Ffeedback%2F50` would
    be one about Ann's feedback on item 50; and a search for bytes that are no UTF-8 would be one
    for replacement characters. (In a path these make an invalid id.)

    Args:
        app: What comes after.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or answer it."""
        refusal = _fault(scope) if scope["type"] == "http" else None
        if refusal is None:
            await self._app(scope, receive, send)
        else:
            await problem_response(refusal)(scope, receive, send)


def _fault(scope: Scope) -> Problem | None:
    path: bytes = scope.get("raw_path") or b""
    query: bytes = scope["query_string"]
    if len(path or scope["path"]) + len(query) > MAX_URL_BYTES:
        return UriTooLong(f"The URL is over {MAX_URL_BYTES:,} bytes; ask for less.")
    if b"%" in path and b"%2f" in path.lower():
        return InvalidParameter("path: an id holds no '/'.")
    if b"%" in query and not _is_utf_8(query):
        return InvalidParameter("query: the percent-encoding is not that of UTF-8 text.")
    return None


def _is_utf_8(query: bytes) -> bool:
    try:
        unquote_to_bytes(query).decode()
    except UnicodeDecodeError:
        return False
    return True
