"""What to ask a new user."""

from typing import Annotated

from fastapi import Query
from pydantic import (
    BaseModel,
    Field,
    JsonValue,
)

from app.schemas.items import Item
from app.schemas.values import EXAMPLE_ITEM, Exclude, Id, Limit, StrictRequest, example

_CANDIDATE: dict[str, JsonValue] = EXAMPLE_ITEM | {
    "rank": 1,
    "score": 0.71,
    "discrimination": 0.71,
    "popularity": 1.0,
}


class OnboardingQuery(StrictRequest):
    """Parameters of the probe set."""

    limit: Limit = 12
    user_id: Id | None = Field(
        default=None, description="The user to ask; leaves out what this user has answered."
    )
    exclude: Exclude = Field(default=[])


class OnboardingItem(Item):
    """One evidence candidate."""

    model_config = example(**_CANDIDATE)

    rank: int
    score: float = Field(description="discrimination × popularity.")
    discrimination: float = Field(
        description="How far a rating of it moves the decision layers, 0 to 1."
    )
    popularity: float = Field(description="Share of the most rated item's ratings, 0 to 1.")


class OnboardingItems(BaseModel):
    """What to ask a new user, best first."""

    model_config = example(
        model_version="films-default-3c4e3146c9b5",
        items=[_CANDIDATE],
    )

    model_version: str
    items: list[OnboardingItem]


OnboardingParameters = Annotated[OnboardingQuery, Query()]
