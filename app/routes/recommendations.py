"""`/users/{user_id}/recommendations`."""

from collections.abc import Awaitable, Callable

from cachetools import LRUCache
from fastapi import APIRouter, Request, Response
from fastapi.routing import APIRoute

from app.dependencies import services_of
from app.etags import not_modified
from app.problems import (
    InvalidCursor,
    InvalidFilter,
    InvalidParameter,
    ModelUnavailable,
    Overloaded,
    StoreUnavailable,
    UnknownAttribute,
    problem_responses,
)
from app.schemas import RecommendationParameters, RecommendationQuery, Recommendations, UserId
from model.identifiers import is_valid_id

_REQUESTS_KNOWN = 10_000
_LONGEST_KNOWN = 300


_HEADERS = {
    "ETag": {"description": "Names all that the answer depends on.", "schema": {"type": "string"}},
    "Server-Timing": {
        "description": "Milliseconds of store, local update and ranking.",
        "schema": {"type": "string"},
    },
}


class KnownRequests(APIRoute):
    """A route that checks parameters only the first time that it sees them.

    Most requests have the same parameters, and to check them takes longer than to answer from
    memory. What is kept names no user.
    """

    def get_route_handler(self) -> Callable[[Request], Awaitable[Response]]:  # type: ignore[override]
        """Wrap FastAPI's own handler."""
        check_and_answer = super().get_route_handler()
        known: LRUCache[bytes, RecommendationQuery] = LRUCache(_REQUESTS_KNOWN)

        async def handle(request: Request) -> Response:
            text, user_id = request.scope["query_string"], request.path_params["user_id"]
            query = known.get(text)
            if query is not None and is_valid_id(user_id):
                return await _answer(request, user_id, query)
            response = await check_and_answer(request)
            query = getattr(request.state, "checked", None)
            if query is not None and len(text) <= _LONGEST_KNOWN:
                known[text] = query
            return response

        return handle


router = APIRouter(
    prefix="/users/{user_id}/recommendations", tags=["recommendations"], route_class=KnownRequests
)


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
            StoreUnavailable,
            ModelUnavailable,
            Overloaded,
        ),
    },
)
async def get_recommendations(
    user_id: UserId, query: RecommendationParameters, request: Request
) -> Response:
    """Run the local update on the user's feedback and rank by the adapted predictions.

    A user never seen is no error: θ's own ranking comes with `strategy` `prior`. `Server-Timing`
    tells the milliseconds of store, local update and ranking. With the `ETag` of an earlier answer
    in `If-None-Match`, an answer that would be the same is 304 without a body.

    A ranking holds still: `next_cursor` leads to its next page as it was, whatever feedback comes
    meanwhile; only items that were removed are left out. A cursor that is too old, another user's,
    damaged, or sent with other parameters is 400 `invalid_cursor`. The service keeps the best few
    hundred items of each of the user's 8 newest rankings.
    """
    response = await _answer(request, user_id, query)
    request.state.checked = query
    return response


async def _answer(request: Request, user_id: str, query: RecommendationQuery) -> Response:
    found = await services_of(request).recommendations.recommend(user_id, query)
    headers = {
        "Cache-Control": "private, no-cache",
        "ETag": found.etag,
        "Server-Timing": found.timing.header(),
    }
    if not_modified(request, found.etag):
        return Response(status_code=304, headers=headers)
    return Response(found.body, headers=headers, media_type="application/json")
