"""`/users/{user_id}/token`."""

from fastapi import APIRouter, Response

from app.dependencies import TokensDep
from app.problems import StoreUnavailable, problem_responses
from app.schemas.users import UserToken
from app.schemas.values import UserId

router = APIRouter(prefix="/users/{user_id}/token", tags=["users"])


@router.post(
    "", summary="Issue a token for a user's browser", responses=problem_responses(StoreUnavailable)
)
async def post_token(user_id: UserId, tokens: TokensDep, response: Response) -> UserToken:
    """Make a short-lived token for a browser. Needs an API key.

    It opens that user's own paths, `/onboarding/items` and `GET /items…`. The user may be new.
    Where the operator set no API keys, no call needs a token.
    """
    issued = tokens.issue(user_id)
    response.headers["Cache-Control"] = "no-store"
    return UserToken(token=issued.token, expires_at=issued.expires_at)
