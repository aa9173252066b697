"""Feedback: ratings, which form the support set, and actions."""

from datetime import datetime
from typing import Annotated, Any

from fastapi import Query
from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    model_validator,
)

from app.schemas.values import (
    MAX_EVENTS,
    Action,
    Cursor,
    Id,
    Limit,
    Number,
    StrictRequest,
    Time,
    example,
)

# Generators of clients take an object with `oneOf` for something else than an object.
_EITHER_RATING_OR_ACTION: dict[str, Any] = {
    "if": {"required": ["rating"], "properties": {"rating": {"type": "number"}}},
    "then": {"properties": {"action": {"type": "null"}}},
    "else": {"required": ["action"], "properties": {"action": {"type": "string"}}},
}


class FeedbackEvent(StrictRequest):
    """A rating of an item, or an action on it."""

    model_config = ConfigDict(json_schema_extra=_EITHER_RATING_OR_ACTION)

    item_id: Id
    rating: Number | None = Field(default=None, description="On the data set's scale.")
    action: Action | None = None
    at: Time | None = Field(default=None, description="When it happened; now if left out.")
    event_id: Id | None = Field(
        default=None, description="Your own id of the event, by which a retry is recognised."
    )

    @model_validator(mode="after")
    def _one_of_both(self) -> "FeedbackEvent":
        if (self.rating is None) == (self.action is None):
            raise ValueError("an event has either a rating or an action")
        return self


class FeedbackRequest(StrictRequest):
    """Feedback events; a single event may stand in for the list."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"events": [{"item_id": "50", "rating": 5}, {"item_id": "172", "action": "like"}]}
            ]
        }
    )

    events: list[FeedbackEvent] = Field(min_length=1, max_length=MAX_EVENTS)

    @model_validator(mode="before")
    @classmethod
    def _single_event(cls, data: object) -> object:
        if isinstance(data, dict):
            if "events" not in data and "item_id" in data:
                return {"events": [data]}
            if isinstance(data.get("events"), dict):
                return data | {"events": [data["events"]]}
        return data


class FeedbackAccepted(BaseModel):
    """The outcome of a POST: all events are stored."""

    model_config = example(user_id="ada", accepted=2, ignored=0, support_size=2, support_version=1)

    user_id: str
    accepted: int = Field(description="Events that changed something.")
    ignored: int = Field(description="Events that were known, or older than what is stored.")
    support_size: int
    support_version: int


class RatedItem(BaseModel):
    """A stored rating."""

    item_id: str
    rating: float
    at: datetime


class ActedItem(BaseModel):
    """A stored action."""

    item_id: str
    action: str
    at: datetime


FeedbackItem = RatedItem | ActedItem


class FeedbackPage(BaseModel):
    """Feedback, newest first."""

    model_config = example(
        items=[
            {"item_id": "50", "rating": 5, "at": "2026-01-31T12:05:00Z"},
            {"item_id": "172", "action": "like", "at": "2026-01-31T12:04:00Z"},
        ],
        next_cursor=None,
    )

    items: list[FeedbackItem]
    next_cursor: str | None = Field(description="Pass as `cursor` for the next page.")


class FeedbackQuery(StrictRequest):
    """Parameters of a listing."""

    limit: Limit = 20
    cursor: Cursor = None


FeedbackParameters = Annotated[FeedbackQuery, Query()]
