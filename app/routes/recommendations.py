"""`/users/{user_id}/recommendations`."""

from fastapi import APIRouter, Response

from app.dependencies import ServicesDep
from app.problems import (
    InvalidFilter,
    InvalidParameter,
    ModelUnavailable,
    StoreUnavailable,
    UnknownAttribute,
    problem_responses,
)
from app.schemas import RecommendationParameters, Recommendations, UserId

router = APIRouter(prefix="/users/{user_id}/recommendations", tags=["recommendations"])


@router.get(
    "",
    summary="Rank the catalogue for a user",
    responses=problem_responses(
        InvalidParameter, InvalidFilter, UnknownAttribute, StoreUnavailable, ModelUnavailable
    ),
)
async def get_recommendations(
    user_id: UserId, query: RecommendationParameters, services: ServicesDep, response: Response
) -> Recommendations:
    """Run the local update on the user's feedback and rank by the adapted predictions.

    A user never seen is no error: θ's own ranking comes with `strategy` `prior`. `Server-Timing`
    tells the milliseconds of store, local update and ranking.
    """
    answer, timing = await services.recommendations.recommend(user_id, query)
    response.headers["Server-Timing"] = timing.header()
    response.headers["Cache-Control"] = "private, no-cache"
    return answer
