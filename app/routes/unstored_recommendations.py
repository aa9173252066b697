"""`/recommendations`."""

from fastapi import APIRouter, Response

from app.dependencies import ServicesDep
from app.problems import (
    InvalidAttribute,
    InvalidBody,
    InvalidComparison,
    InvalidFilter,
    InvalidScreen,
    ModelUnavailable,
    Overloaded,
    PayloadTooLarge,
    RatingOutOfRange,
    UnknownAction,
    UnknownAttribute,
    UnknownGroup,
    UnknownItemInBody,
    UnknownScenario,
    problem_responses,
)
from app.routes.json_bodies import NamedOnceRoute
from app.schemas.recommendations import RecommendationRequest, UnstoredRecommendations

router = APIRouter(prefix="/recommendations", tags=["recommendations"], route_class=NamedOnceRoute)

_HEADERS = {
    "Server-Timing": {
        "description": "Milliseconds of store, local update and ranking.",
        "schema": {"type": "string"},
    }
}


@router.post(
    "",
    summary="Rank for what the body tells, and store nothing",
    response_model=UnstoredRecommendations,
    responses={
        200: {"headers": _HEADERS},
        **problem_responses(
            InvalidBody,
            UnknownItemInBody,
            RatingOutOfRange,
            UnknownAction,
            InvalidScreen,
            UnknownGroup,
            InvalidComparison,
            UnknownAttribute,
            UnknownScenario,
            InvalidAttribute,
            InvalidFilter,
            PayloadTooLarge,
            ModelUnavailable,
            Overloaded,
        ),
    },
)
async def post_recommendations(request: RecommendationRequest, services: ServicesDep) -> Response:
    """Rank as for a user of whom all that the body says is stored; it needs no user's id.

    Every field may be left out: `{}` gets the ranking of the shared model (θ). With `candidates`,
    these items are ranked and no others; each of them has to exist. Feedback that can't be taken is
    refused as `POST /users/{user_id}/feedback` refuses it. The list has no further pages.
    """
    found = await services.unstored.recommend(request)
    headers = {"Cache-Control": "private, no-store", "Server-Timing": found.timing.header()}
    return Response(found.body, headers=headers, media_type="application/json")
