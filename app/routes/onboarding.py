"""`/onboarding/items`."""

from fastapi import APIRouter, Response

from app.dependencies import ServicesDep
from app.problems import (
    InvalidParameter,
    ModelUnavailable,
    StoreUnavailable,
    UnknownItemInBody,
    problem_responses,
)
from app.schemas.onboarding import OnboardingItems, OnboardingParameters

router = APIRouter(prefix="/onboarding", tags=["onboarding"])


@router.get(
    "/items",
    summary="What to ask a new user",
    responses=problem_responses(
        InvalidParameter, UnknownItemInBody, StoreUnavailable, ModelUnavailable
    ),
)
async def get_onboarding_items(
    query: OnboardingParameters, services: ServicesDep, response: Response
) -> OnboardingItems:
    """The questions that are expected to improve this user's list most, best first.

    With `user_id`, without the items that the user has answered, and by all answers so far,
    "haven't seen it" among them. The items of one answer are chosen together: what the first ones
    tell is not asked again.
    """
    # The next answer changes it.
    response.headers["Cache-Control"] = "private, no-cache"
    return await services.onboarding.candidates(query)
