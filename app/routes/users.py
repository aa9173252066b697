"""`/users/{user_id}`."""

from fastapi import APIRouter, Response

from app.dependencies import ServicesDep
from app.problems import (
    InvalidAttribute,
    InvalidBody,
    StoreUnavailable,
    UnknownAttribute,
    UnknownUser,
    problem_responses,
)
from app.schemas import ProfileRequest, PutUser, User, UserId

router = APIRouter(prefix="/users/{user_id}", tags=["users"])


@router.put(
    "",
    summary="Set a user's attributes",
    responses={
        201: {"model": PutUser, "description": "The user is new."},
        **problem_responses(InvalidBody, UnknownAttribute, InvalidAttribute, StoreUnavailable),
    },
)
async def put_user(
    user_id: UserId, profile: ProfileRequest, services: ServicesDep, response: Response
) -> PutUser:
    """Store the profile; values that training never saw are kept, and named in `warnings`."""
    is_new, user = await services.users.put(user_id, profile.attributes)
    response.status_code = 201 if is_new else 200
    return user


@router.get(
    "",
    summary="Show what is stored of a user",
    responses=problem_responses(UnknownUser, StoreUnavailable),
)
async def get_user(user_id: UserId, services: ServicesDep) -> User:
    """404 only if nothing at all is stored; recommendations need no stored user."""
    return await services.users.get(user_id)


@router.delete(
    "", summary="Erase a user", status_code=204, responses=problem_responses(StoreUnavailable)
)
async def delete_user(user_id: UserId, services: ServicesDep) -> None:
    """Erase everything stored of the user; harmless to repeat."""
    await services.users.delete(user_id)
