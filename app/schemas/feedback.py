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
    MAX_SHOWN,
    Action,
    Cursor,
    Id,
    Limit,
    Number,
    StrictRequest,
    Time,
    Weight,
    example,
)

# Generators of clients take an object with `oneOf` for something else than an object.
_NO_GRID: dict[str, Any] = {"shown": {"type": "null"}, "picked": {"type": "null"}}
_NO_ITEM: dict[str, Any] = {
    name: {"type": "null"} for name in ("item_id", "rating", "action", "weight")
}
_ONE_OF_THREE: dict[str, Any] = {
    "if": {"required": ["shown"], "properties": {"shown": {"type": "array"}}},
    "then": {"required": ["picked"], "properties": {"picked": {"type": "array"}} | _NO_ITEM},
    "else": {
        "required": ["item_id"],
        "properties": {"item_id": {"type": "string"}} | _NO_GRID,
        "if": {"required": ["rating"], "properties": {"rating": {"type": "number"}}},
        "then": {"properties": {"action": {"type": "null"}}},
        "else": {"required": ["action"], "properties": {"action": {"type": "string"}}},
    },
}


class FeedbackEvent(StrictRequest):
    """A rating of an item, an action on it, or what was picked of a screen."""

    model_config = ConfigDict(json_schema_extra=_ONE_OF_THREE)

    item_id: Id | None = None
    rating: Number | None = Field(default=None, description="On the data set's scale.")
    action: Action | None = Field(
        default=None,
        description="`like`, `dislike`, `click`, `skip`, `unseen`, or one of `MELU_ACTIONS`. "
        "`unseen` is never a rating and never hides an item, but tells what this user does not "
        "choose; `skip` teaches nothing.",
    )
    weight: Weight | None = Field(
        default=None,
        description="How many such events it counts as, for what the user is likely to choose; "
        "beyond 1 by its logarithm.",
    )
    shown: list[Id] | None = Field(
        default=None,
        min_length=1,
        max_length=MAX_SHOWN,
        description="All items of a screen; those not picked are kept as `passed`, unless the "
        "user has answered about them before.",
    )
    picked: list[Id] | None = Field(
        default=None, max_length=MAX_SHOWN, description="Those of `shown` that the user picked."
    )
    at: Time | None = Field(default=None, description="When it happened; now if left out.")
    event_id: Id | None = Field(
        default=None, description="Your own id of the event, by which a retry is recognised."
    )

    @model_validator(mode="after")
    def _one_of_three(self) -> "FeedbackEvent":
        if self.shown is not None or self.picked is not None:
            if self.shown is None or self.picked is None:
                raise ValueError("an answer to a screen has both shown and picked")
            if any(one is not None for one in (self.item_id, self.rating, self.action)):
                raise ValueError("an answer to a screen has no item_id, rating or action")
            if self.weight is not None:
                raise ValueError("an answer to a screen has no weight")
        elif self.item_id is None:
            raise ValueError("an event has an item_id, or shown and picked")
        elif (self.rating is None) == (self.action is None):
            raise ValueError("an event has either a rating or an action")
        return self


class FeedbackRequest(StrictRequest):
    """Feedback events; a single event may stand in for the list."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"events": [{"item_id": "50", "rating": 5}, {"item_id": "172", "action": "like"}]},
                {"events": [{"shown": ["50", "172", "181"], "picked": ["50"]}]},
            ]
        }
    )

    events: list[FeedbackEvent] = Field(min_length=1, max_length=MAX_EVENTS)

    @model_validator(mode="before")
    @classmethod
    def _single_event(cls, data: object) -> object:
        if isinstance(data, dict):
            if "events" not in data and ("item_id" in data or "shown" in data):
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
    weight: float = Field(
        default=1.0,
        exclude_if=lambda weight: weight == 1,
        description="How many such events it counts as; left out where that is 1.",
    )
    at: datetime


class ActedItem(BaseModel):
    """A stored action."""

    item_id: str
    action: str
    weight: float = Field(
        default=1.0,
        exclude_if=lambda weight: weight == 1,
        description="How many such events it counts as; left out where that is 1.",
    )
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
