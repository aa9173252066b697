"""Feedback: ratings, which form the support set, and actions."""

from datetime import datetime
from enum import StrEnum
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
    MAX_GROUPS,
    MAX_SHOWN,
    Action,
    Cursor,
    Id,
    Limit,
    ListId,
    Points,
    Rating,
    StrictRequest,
    Time,
    Weight,
    example,
    few_entries,
    until_a_fault,
)

_FORMS: dict[str, dict[str, str]] = {
    "item_id": {"item_id": "string"},
    "shown": {"shown": "array", "picked": "array"},
    "preferred": {"preferred": "string", "over": "string"},
    "groups": {"groups": "object"},
}
"""What events are made of, by the field that tells them apart."""
_OF_AN_ITEM = ("rating", "action", "weight", "source", "list_id")
_ALL_FIELDS = [field for fields in _FORMS.values() for field in fields]
_ONE_OF = "an item_id, shown and picked, preferred and over, or groups"


def _form(name: str) -> dict[str, Any]:
    """Require what an event of one form has, and nothing of the others."""
    needed = _FORMS[name]
    others = {field for fields in _FORMS.values() for field in fields} - needed.keys()
    if name != "item_id":
        others |= set(_OF_AN_ITEM)
    types = needed | dict.fromkeys(sorted(others), "null")
    return {
        "required": list(needed),
        "properties": {field: {"type": kind} for field, kind in types.items()},
    }


def _if_there(name: str) -> dict[str, Any]:
    return {"required": [name], "properties": {name: {"type": _FORMS[name][name]}}}


# Generators of clients take an object with `oneOf` for something else than an object.
_ONE_FORM: dict[str, Any] = {
    "if": _if_there("shown"),
    "then": _form("shown"),
    "else": {
        "if": _if_there("preferred"),
        "then": _form("preferred"),
        "else": {
            "if": _if_there("groups"),
            "then": _form("groups"),
            "else": _form("item_id")
            | {
                "if": {"required": ["rating"], "properties": {"rating": {"type": "number"}}},
                "then": {"properties": {"action": {"type": "null"}}},
                "else": {"required": ["action"], "properties": {"action": {"type": "string"}}},
            },
        },
    },
}


class Source(StrEnum):
    """Where feedback comes from."""

    ONBOARDING = "onboarding"


class FeedbackEvent(StrictRequest):
    """A rating of an item, an action on it, what was picked of a screen, or a comparison."""

    model_config = ConfigDict(json_schema_extra=_ONE_FORM)

    item_id: Id | None = None
    rating: Rating | None = Field(default=None, description="On the data set's scale.")
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
    source: Source | None = Field(
        default=None,
        description="`onboarding`: the item was one of `GET /onboarding/items`, and this is the "
        "answer. Liked items then count as chosen among all that were asked about. Leave it out "
        "for what the user named by search, or met elsewhere.",
    )
    list_id: ListId | None = Field(
        default=None,
        description="`list_id` of the recommendations that the item was shown in. While a "
        "candidate is compared with the current model, the answer counts for that list; else it "
        "does nothing.",
    )
    # Of these lists the first fault is told: each takes time, and there may be thousands.
    shown: list[Id] | None = Field(
        default=None,
        fail_fast=True,
        min_length=1,
        max_length=MAX_SHOWN,
        description="All items of a screen; those not picked are kept as `passed`, unless the "
        "user has answered about them before.",
    )
    picked: list[Id] | None = Field(
        default=None,
        fail_fast=True,
        max_length=MAX_SHOWN,
        description="Those of `shown` that the user picked.",
    )
    preferred: Id | None = Field(
        default=None, description="The item of a pair that the user would rather have."
    )
    over: Id | None = Field(default=None, description="The other item of the pair.")
    groups: Annotated[dict[Id, Points], until_a_fault, few_entries(MAX_GROUPS)] | None = Field(
        default=None,
        min_length=1,
        max_length=MAX_GROUPS,
        description="Points by `group_id`, as many as the user likes; groups of the screen that "
        "are not named get none.",
    )
    at: Time | None = Field(default=None, description="When it happened; now if left out.")
    event_id: Id | None = Field(
        default=None, description="Your own id of the event, by which a retry is recognised."
    )

    @model_validator(mode="after")
    def _one_form(self) -> "FeedbackEvent":
        there = {name for name in (*_OF_AN_ITEM, *_ALL_FIELDS) if getattr(self, name) is not None}
        forms = [fields.keys() for fields in _FORMS.values() if fields.keys() & there]
        if not forms:
            raise ValueError(f"an event has {_ONE_OF}")
        if len(forms) > 1:
            raise ValueError(f"an event has one of {_ONE_OF}")
        (fields,) = forms
        if not fields <= there:
            raise ValueError(f"an event of this kind has both {' and '.join(fields)}")
        if "item_id" not in fields:
            if surplus := sorted(there - fields):
                raise ValueError(f"an event with {' and '.join(fields)} has no {surplus[0]}")
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
                {"events": [{"preferred": "50", "over": "172"}]},
            ]
        }
    )

    events: list[FeedbackEvent] = Field(min_length=1, max_length=MAX_EVENTS)

    @model_validator(mode="before")
    @classmethod
    def _single_event(cls, data: object) -> object:
        if isinstance(data, dict):
            if "events" not in data and not _FORMS.keys().isdisjoint(data):
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
    attributed: int | None = Field(
        default=None,
        exclude_if=lambda attributed: attributed is None,
        description="While a candidate is compared: events whose `list_id` named a list that this "
        "user was shown, with the item on it; else left out.",
    )


class _StoredItem(BaseModel):
    """Feedback on an item."""

    item_id: str
    weight: float = Field(
        default=1.0,
        exclude_if=lambda weight: weight == 1,
        description="How many such events it counts as; left out where that is 1.",
    )
    source: Source | None = Field(
        default=None,
        exclude_if=lambda source: source is None,
        description="`onboarding` for an answer to a question; else left out.",
    )
    at: datetime


class RatedItem(_StoredItem):
    """A stored rating."""

    rating: float


class ActedItem(_StoredItem):
    """A stored action."""

    action: str


class ComparedPair(BaseModel):
    """A stored comparison of two items."""

    preferred: str
    over: str
    at: datetime


class GroupPoints(BaseModel):
    """What a group of items got."""

    group_id: str
    points: float
    items: list[str] = Field(description="Ids of the items that the group was shown by.")
    at: datetime


FeedbackItem = RatedItem | ActedItem | ComparedPair | GroupPoints


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
