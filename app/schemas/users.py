"""Profiles, merges and tokens."""

from datetime import datetime
from typing import Any

from pydantic import (
    BaseModel,
    Field,
)

from app.schemas.values import Attributes, Id, StrictRequest, example


class ProfileRequest(StrictRequest):
    """A user's profile."""

    attributes: Attributes = Field(
        default_factory=dict, examples=[{"age": 25, "gender": "F", "occupation": "writer"}]
    )


class User(BaseModel):
    """What is stored for a user."""

    model_config = example(
        user_id="ada",
        attributes={"age": 25, "gender": "F"},
        support_size=2,
        support_version=2,
        created_at="2026-01-31T12:00:00Z",
        updated_at="2026-01-31T12:05:00Z",
    )

    user_id: str
    attributes: dict[str, Any]
    support_size: int = Field(description="Pieces of feedback that count as a rating.")
    support_version: int = Field(description="Number of changes of the feedback.")
    created_at: datetime
    updated_at: datetime


class PutUser(User):
    """A user after a PUT."""

    model_config = example(
        user_id="ada",
        attributes={"age": 25, "occupation": "astronaut"},
        support_size=0,
        support_version=0,
        created_at="2026-01-31T12:00:00Z",
        updated_at="2026-01-31T12:00:00Z",
        warnings=["occupation: training never saw this value, so it counts as unknown"],
    )

    warnings: list[str] = Field(description="Values that training never saw.")


class MergeRequest(StrictRequest):
    """The user to merge, who is erased afterwards."""

    from_user_id: Id = Field(
        description="All that is stored for this user moves; then the user is erased.",
        examples=["anon-17"],
    )


class Merged(BaseModel):
    """The outcome of a merge."""

    user_id: str
    from_user_id: str
    merged: int = Field(description="Pieces of feedback that `from_user_id` had.")
    accepted: int = Field(description="Those that moved over.")
    ignored: int = Field(description="Those for which `user_id` had a newer one.")
    attributes_filled: list[str] = Field(
        description="Attributes that moved over; `user_id` had none of that name."
    )
    support_size: int
    support_version: int


class UserToken(BaseModel):
    """A credential for a user's browser."""

    token: str = Field(description="Send it as `Authorization: Bearer …`.")
    expires_at: datetime


class DemoVisitor(UserToken):
    """A visitor of the demo page, and what opens their paths."""

    user_id: str
