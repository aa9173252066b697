"""`/users/{user_id}/recommendations`."""

from cachetools import LRUCache
from fastapi import APIRouter, Request, Response
from starlette.routing import BaseRoute, Match
from starlette.types import Receive, Scope, Send

from app.dependencies import services_of
from app.problems import (
    InvalidCursor,
    InvalidFilter,
    InvalidParameter,
    ModelUnavailable,
    Overloaded,
    StoreUnavailable,
    UnknownAttribute,
    UnknownScenario,
    problem_responses,
)
from app.routes.conditional_requests import not_modified
from app.schemas.recommendations import (
    RecommendationParameters,
    RecommendationQuery,
    Recommendations,
)
from app.schemas.values import UserId
from model.catalogue.identifiers import is_valid_id

_HEADERS = {
    "ETag": {"description": "Names all that the answer depends on.", "schema": {"type": "string"}},
    "Server-Timing": {
        "description": "Milliseconds of store, local update and ranking.",
        "schema": {"type": "string"},
    },
}


_LONGEST_QUERY = 300
_BEFORE, _AFTER = "/users/", "/recommendations"
# By their text. A checked query names no user, and means the same whatever the settings are.
_checked_queries: LRUCache[bytes, RecommendationQuery] = LRUCache(10_000)

router = APIRouter(prefix="/users/{user_id}/recommendations", tags=["recommendations"])


@router.get(
    "",
    summary="Rank the catalogue for a user",
    response_model=Recommendations,
    responses={
        200: {"headers": _HEADERS},
        304: {"description": "Nothing changed since the answer that `If-None-Match` names."},
        **problem_responses(
            InvalidCursor,
            InvalidParameter,
            InvalidFilter,
            UnknownAttribute,
            UnknownScenario,
            StoreUnavailable,
            ModelUnavailable,
            Overloaded,
        ),
    },
)
async def get_recommendations(
    user_id: UserId, query: RecommendationParameters, request: Request
) -> Response:
    """Run the local update on the user's feedback and rank with the adapted copy.

    An unknown user is no error: the ranking of the shared model (θ) comes with `strategy`
    `prior`. `Server-Timing` tells the milliseconds of store, local update and ranking. With the
    `ETag` of an earlier answer in `If-None-Match`, an answer that would be the same is 304 without
    a body.

    A ranking holds still: `next_cursor` leads to its next page as it was, whatever feedback comes
    meanwhile; only items that were removed are left out. A cursor that is too old, another user's,
    damaged, or sent with other parameters is 400 `invalid_cursor`. The service keeps the best few
    hundred items of each of the user's 8 newest rankings.
    """
    response = await _answer(request, user_id, query)
    text: bytes = request.scope["query_string"]
    if len(text) <= _LONGEST_QUERY:
        _checked_queries[text] = query
    return response


class CheckedQueryRoute(BaseRoute):
    """Answers the same path where a query with equal text has been checked before.

    Most requests have the same parameters, and to find their route and check them takes longer
    than to answer from memory. It stands before all other routes and after all middleware, so
    access has been checked; what no query is known for goes on to the route above.
    """

    path = router.prefix

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """Tell whether a request is for a ranking with a query that is known."""
        if scope["type"] != "http" or scope["method"] != "GET" or scope.get("root_path"):
            return Match.NONE, {}
        path: str = scope["path"]
        if not (path.startswith(_BEFORE) and path.endswith(_AFTER)):
            return Match.NONE, {}
        user_id = path[len(_BEFORE) : -len(_AFTER)]
        query = _checked_queries.get(scope["query_string"])
        if query is None or not is_valid_id(user_id):
            return Match.NONE, {}
        return Match.FULL, {"route": self, "path_params": {"user_id": user_id, "query": query}}

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer."""
        response = await _answer(Request(scope, receive), **scope["path_params"])
        await response(scope, receive, send)


async def _answer(request: Request, user_id: str, query: RecommendationQuery) -> Response:
    """Answer a request whose parameters were checked: the ranking, or 304."""
    found = await services_of(request).recommendations.recommend(user_id, query)
    headers = {
        "Cache-Control": "private, no-cache",
        "ETag": found.etag,
        "Server-Timing": found.timing.header(),
    }
    if not_modified(request, found.etag):
        return Response(status_code=304, headers=headers)
    return Response(found.body, headers=headers, media_type="application/json")
