"""Answer requests for recommendations whose parameters were checked before."""

from cachetools import LRUCache
from fastapi import Request
from starlette.types import ASGIApp, Receive, Scope, Send

from app.problems import Problem, problem_response
from app.routes import recommendations
from app.schemas import RecommendationQuery
from model.catalogue.identifiers import is_valid_id

_MOST = 10_000
_LONGEST = 300
_BEFORE, _AFTER = "/users/", "/recommendations"
(_ROUTE,) = recommendations.router.routes


class KnownRequests:
    """ASGI middleware that routes and checks a query for recommendations only the first time.

    Most requests have the same parameters, and to find their route and check them takes longer than
    to answer from memory. What is kept names no user. It is the innermost: access has been checked.

    Args:
        app: What comes after.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._known: LRUCache[bytes, RecommendationQuery] = LRUCache(_MOST)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, or pass it on."""
        user_id = _user_of(scope)
        if user_id is None:
            await self._app(scope, receive, send)
            return
        text: bytes = scope["query_string"]
        query = self._known.get(text)
        if query is None:
            await self._app(scope, receive, send)
            query = scope.get("state", {}).get("checked_query")
            if query is not None and len(text) <= _LONGEST:
                self._known[text] = query
            return
        scope["route"], scope["path_params"] = _ROUTE, {"user_id": user_id}  # for metrics and log
        try:
            response = await recommendations.answer(Request(scope, receive), user_id, query)
        except Problem as problem:
            response = problem_response(problem)
        await response(scope, receive, send)


def _user_of(scope: Scope) -> str | None:
    """Return whose recommendations are asked for; None if the request is another one."""
    if scope["type"] != "http" or scope["method"] != "GET" or scope.get("root_path"):
        return None
    path: str = scope["path"]
    if not (path.startswith(_BEFORE) and path.endswith(_AFTER)):
        return None
    user_id = path[len(_BEFORE) : -len(_AFTER)]
    return user_id if is_valid_id(user_id) else None
