"""`/users/{user_id}/feedback`."""

from fastapi import APIRouter

from app.dependencies import ServicesDep
from app.problems import (
    InvalidBody,
    InvalidComparison,
    InvalidCursor,
    InvalidParameter,
    InvalidScreen,
    PayloadTooLarge,
    RatingOutOfRange,
    StoreUnavailable,
    UnknownAction,
    UnknownFeedback,
    UnknownGroup,
    UnknownItemInBody,
    problem_responses,
)
from app.routes.json_bodies import NamedOnceRoute
from app.schemas.feedback import FeedbackAccepted, FeedbackPage, FeedbackParameters, FeedbackRequest
from app.schemas.values import GroupId, ItemId, UserId

router = APIRouter(
    prefix="/users/{user_id}/feedback", tags=["feedback"], route_class=NamedOnceRoute
)


@router.post(
    "",
    summary="Add ratings and actions",
    responses=problem_responses(
        InvalidBody,
        UnknownItemInBody,
        RatingOutOfRange,
        UnknownAction,
        InvalidScreen,
        UnknownGroup,
        InvalidComparison,
        PayloadTooLarge,
        StoreUnavailable,
    ),
)
async def post_feedback(
    user_id: UserId, feedback: FeedbackRequest, services: ServicesDep
) -> FeedbackAccepted:
    """Add events to the support set, all or none; the next recommendation uses them.

    One event for each user and item, pair or group stays, the newest by `at`. Sending the same
    request again changes nothing. A single event object may stand in for the list.
    """
    return await services.feedback.add(user_id, feedback.events)


@router.get(
    "",
    summary="List feedback, newest first",
    responses=problem_responses(InvalidCursor, InvalidParameter, StoreUnavailable),
)
async def get_feedback(
    user_id: UserId, query: FeedbackParameters, services: ServicesDep
) -> FeedbackPage:
    """Each entry has the `rating` or the `action` that the user gave, or is a comparison."""
    return await services.feedback.page(user_id, query.limit, query.cursor)


@router.delete(
    "/{item_id}",
    summary="Delete the feedback on one item",
    status_code=204,
    responses=problem_responses(UnknownFeedback, StoreUnavailable),
)
async def delete_feedback(user_id: UserId, item_id: ItemId, services: ServicesDep) -> None:
    """The next recommendation no longer uses it."""
    await services.feedback.delete(user_id, item_id)


@router.delete(
    "/pairs/{preferred}/{over}",
    summary="Delete the comparison of two items",
    status_code=204,
    responses=problem_responses(UnknownFeedback, StoreUnavailable),
)
async def delete_pair(
    user_id: UserId, preferred: ItemId, over: ItemId, services: ServicesDep
) -> None:
    """Whichever of the two was preferred; the next recommendation no longer uses it."""
    await services.feedback.delete_pair(user_id, preferred, over)


@router.delete(
    "/groups/{group_id}",
    summary="Delete the points of one group",
    status_code=204,
    responses=problem_responses(UnknownFeedback, StoreUnavailable),
)
async def delete_group(user_id: UserId, group_id: GroupId, services: ServicesDep) -> None:
    """The next recommendation no longer uses them."""
    await services.feedback.delete_group(user_id, group_id)
