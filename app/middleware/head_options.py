"""HEAD and OPTIONS on every path, and which methods a path has."""

from fastapi import FastAPI, Request, Response
from starlette.routing import Mount, Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.problems import MethodNotAllowed, problem_response
from app.routes import routers


class HeadOptionsMiddleware:
    """ASGI middleware that answers HEAD as GET without a body, and OPTIONS with `Allow`.

    Args:
        app: What comes after.
        site: The application whose paths are asked about.
    """

    def __init__(self, app: ASGIApp, site: FastAPI) -> None:
        self._app = app
        self._site = site

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or answer it."""
        method = scope["method"] if scope["type"] == "http" else ""
        if method == "HEAD":
            await self._head(scope, receive, send)
        elif method == "OPTIONS" and (allowed := allowed_methods(self._site, scope["path"])):
            await Response(status_code=204, headers={"Allow": allowed})(scope, receive, send)
        else:
            await self._app(scope, receive, send)

    async def _head(self, scope: Scope, receive: Receive, send: Send) -> None:
        # A copy: the server has to know that it was HEAD.
        as_get = dict(scope, method="GET")

        async def send_head(message: Message) -> None:
            if message["type"] == "http.response.start":
                await send(message)
            elif not message.get("more_body", False):
                await send({"type": "http.response.body", "body": b""})

        await self._app(as_get, receive, send_head)
        scope["route"] = as_get.get("route")


def allowed_methods(site: FastAPI, path: str) -> str:
    """Name the methods of a path.

    Args:
        site: The application.
        path: The path of a request.

    Returns:
        The value of an `Allow` header; empty if there is no such path.
    """
    found: set[str] = set()
    for route in (*(route for router in routers for route in router.routes), *site.routes):
        if isinstance(route, Route | Mount) and route.path_regex.match(path):
            found |= (route.methods or set()) if isinstance(route, Route) else {"GET"}
    if not found:
        return ""
    if "GET" in found:
        found.add("HEAD")
    return ", ".join(sorted(found | {"OPTIONS"}))


async def answer_wrong_method(request: Request, _error: Exception) -> Response:
    """Answer 405 with all methods of the path; the framework names those of one route only."""
    allowed = allowed_methods(request.app, request.scope["path"])
    response = problem_response(MethodNotAllowed(f"This path has only {allowed}."))
    response.headers["Allow"] = allowed
    return response
