"""Refuse URLs over a limit."""

from starlette.types import ASGIApp, Receive, Scope, Send

from app.problems import UriTooLong, problem_response

MAX_URL_BYTES = 32 * 1024
"""Room for 500 ids to exclude; see `app/schemas.py`."""


class UrlLimit:
    """ASGI middleware that answers 414 to a path with query string that is too long.

    Args:
        app: What comes after.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or answer it."""
        if scope["type"] == "http":
            length = len(scope.get("raw_path") or scope["path"]) + len(scope["query_string"])
            if length > MAX_URL_BYTES:
                refusal = UriTooLong(f"The URL is over {MAX_URL_BYTES:,} bytes; ask for less.")
                await problem_response(refusal)(scope, receive, send)
                return
        await self._app(scope, receive, send)
