"""`/users/{user_id}/token`."""

from fastapi import APIRouter, Response

from app.dependencies import TokensDep
from app.problems import StoreUnavailable, problem_responses
from app.schemas.users import UserToken
from app.schemas.values import UserId

router = APIRouter(prefix="/users/{user_id}/token", tags=["users"])


@router.post("", summary="Let a user's browser call", responses=problem_responses(StoreUnavailable))
async def post_token(user_id: UserId, tokens: TokensDep, response: Response) -> UserToken:
    """Make a short-lived token for a browser. Needs an API key.

    It opens that user's own paths, `/onboarding/items` and `GET /items…`. The user need not be
    known yet. Where the operator set no API keys, nothing asks for the token.
    """
    issued = tokens.issue(user_id)
    response.headers["Cache-Control"] = "no-store"
    return UserToken(token=issued.token, expires_at=issued.expires_at)
