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
from app.schemas.users import Merged, MergeRequest, ProfileRequest, PutUser, User
from app.schemas.values import UserId

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


@router.post(
    "/merge",
    summary="Merge another user into this one",
    responses=problem_responses(InvalidBody, SameUser, PayloadTooLarge, StoreUnavailable),
)
async def merge_user(user_id: UserId, merge: MergeRequest, services: ServicesDep) -> Merged:
    """Move an anonymous visitor's feedback over when they sign up, and erase the visitor.

    Of two pieces of feedback on one item the newer stays. Attributes of the user who stays win;
    the others fill gaps. It happens as a whole or not at all, and is harmless to repeat: with
    nothing left of `from_user_id`, `merged` is 0.
    """
    return await services.users.merge(user_id, merge.from_user_id)
