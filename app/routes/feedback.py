"""`/users/{user_id}/feedback`."""

from fastapi import APIRouter

from app.dependencies import ServicesDep
from app.problems import (
    InvalidBody,
    InvalidCursor,
    InvalidParameter,
    InvalidScreen,
    PayloadTooLarge,
    RatingOutOfRange,
    StoreUnavailable,
    UnknownAction,
    UnknownFeedback,
    UnknownItemInBody,
    problem_responses,
)
from app.schemas.feedback import FeedbackAccepted, FeedbackPage, FeedbackParameters, FeedbackRequest
from app.schemas.values import ItemId, UserId

router = APIRouter(prefix="/users/{user_id}/feedback", tags=["feedback"])


@router.post(
    "",
    summary="Add ratings and actions",
    responses=problem_responses(
        InvalidBody,
        UnknownItemInBody,
        RatingOutOfRange,
        UnknownAction,
        InvalidScreen,
        PayloadTooLarge,
        StoreUnavailable,
    ),
)
async def post_feedback(
    user_id: UserId, feedback: FeedbackRequest, services: ServicesDep
) -> FeedbackAccepted:
    """Add events to the support set, all or none; the next recommendation uses them.

    One event for each user and item stays, the newest by `at`. Sending the same request again
    changes nothing. A single event object may stand in for the list.
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
    """Each entry has the `rating` or the `action` that the user gave."""
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
