"""`/users/{user_id}`."""

from fastapi import APIRouter, Response

from app.dependencies import ServicesDep
from app.problems import (
    InvalidAttribute,
    InvalidBody,
    PayloadTooLarge,
    SameUser,
    StoreUnavailable,
    UnknownAttribute,
    UnknownUser,
    problem_responses,
)
from app.routes.json_bodies import NamedOnceRoute
from app.schemas.users import Merged, MergeRequest, ProfileRequest, PutUser, User
from app.schemas.values import UserId

router = APIRouter(prefix="/users/{user_id}", tags=["users"], route_class=NamedOnceRoute)


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
    """Store the profile. Values that training never saw are kept, and named in `warnings`."""
    is_new, user = await services.users.put(user_id, profile.attributes)
    response.status_code = 201 if is_new else 200
    return user


@router.get(
    "",
    summary="Show what is stored for a user",
    responses=problem_responses(UnknownUser, StoreUnavailable),
)
async def get_user(user_id: UserId, services: ServicesDep) -> User:
    """404 only if nothing is stored; recommendations need no stored user."""
    return await services.users.get(user_id)


@router.delete(
    "", summary="Erase a user", status_code=204, responses=problem_responses(StoreUnavailable)
)
async def delete_user(user_id: UserId, services: ServicesDep) -> None:
    """Erase everything that is stored for the user. Repeating the call is harmless."""
    await services.users.delete(user_id)


@router.post(
    "/merge",
    summary="Merge another user into this one",
    responses=problem_responses(InvalidBody, SameUser, PayloadTooLarge, StoreUnavailable),
)
async def merge_user(user_id: UserId, merge: MergeRequest, services: ServicesDep) -> Merged:
    """Move an anonymous visitor's feedback to the account at sign-up, and erase the visitor.

    Of two pieces of feedback on one item the newer stays. Attributes of `user_id` win; those of
    `from_user_id` fill gaps. If it breaks off half-way both users have the feedback, and the same
    call again completes it. Repeating it is harmless: once `from_user_id` is erased, `merged` is 0.
    """
    return await services.users.merge(user_id, merge.from_user_id)
