"""Refuse paths that hold an encoded slash."""

from starlette.types import ASGIApp, Receive, Scope, Send

from app.problems import InvalidParameter, problem_response


class RefuseEncodedSlash:
    """ASGI middleware that answers 422 to `%2F` in a path.

    Routing sees paths decoded. Without this, a request about the user `ann%2Ffeedback%2F50` would
    be one about Ann's feedback on item 50.

    Args:
        app: What comes after.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or answer it."""
        if scope["type"] == "http" and b"%2f" in (scope.get("raw_path") or b"").lower():
            refusal = problem_response(InvalidParameter("path: an id holds no '/'."))
            await refusal(scope, receive, send)
            return
        await self._app(scope, receive, send)
