"""`/users/{user_id}/recommendations`."""

from fastapi import APIRouter, Request, Response

from app.dependencies import services_of
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
from app.routes.etags import not_modified
from app.schemas import RecommendationParameters, RecommendationQuery, Recommendations, UserId

_HEADERS = {
    "ETag": {"description": "Names all that the answer depends on.", "schema": {"type": "string"}},
    "Server-Timing": {
        "description": "Milliseconds of store, local update and ranking.",
        "schema": {"type": "string"},
    },
}


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
    response = await answer(request, user_id, query)
    request.state.checked_query = query  # for the next request with the same
    return response


async def answer(request: Request, user_id: str, query: RecommendationQuery) -> Response:
    """Answer a request whose parameters were checked.

    Args:
        request: The request.
        user_id: The user.
        query: The parameters.

    Returns:
        The ranking, or 304.
    """
    found = await services_of(request).recommendations.recommend(user_id, query)
    headers = {
        "Cache-Control": "private, no-cache",
        "ETag": found.etag,
        "Server-Timing": found.timing.header(),
    }
    if not_modified(request, found.etag):
        return Response(status_code=304, headers=headers)
    return Response(found.body, headers=headers, media_type="application/json")
