"""`/onboarding/items`."""

from fastapi import APIRouter

from app.dependencies import ServicesDep
from app.problems import InvalidParameter, ModelUnavailable, StoreUnavailable, problem_responses
from app.schemas.onboarding import OnboardingItems, OnboardingParameters

router = APIRouter(prefix="/onboarding", tags=["onboarding"])


@router.get(
    "/items",
    summary="What to ask a new user",
    responses=problem_responses(InvalidParameter, StoreUnavailable, ModelUnavailable),
)
async def get_onboarding_items(
    query: OnboardingParameters, services: ServicesDep
) -> OnboardingItems:
    """The evidence candidates, best first: items that discriminate and that many users know.

    With `user_id`, without the items that the user has answered, and chosen under the user's own
    adapted weights.
    """
    return await services.onboarding.candidates(query)
