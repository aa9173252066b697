"""What to ask a new user."""

from enum import StrEnum
from typing import Annotated

from fastapi import Query
from pydantic import (
    BaseModel,
    Field,
    JsonValue,
)

from app.schemas.items import Item
from app.schemas.values import EXAMPLE_ITEM, ArmName, Exclude, Id, Limit, StrictRequest, example

_CANDIDATE: dict[str, JsonValue] = EXAMPLE_ITEM | {
    "rank": 1,
    "score": 0.71,
    "discrimination": 0.71,
    "popularity": 1.0,
    "familiarity": 0.62,
    "gain": 0.41,
}
_GROUP: dict[str, JsonValue] = {
    "group_id": "g3f1b0c2d4e",
    "label": "Action, Sci-Fi",
    "items": [EXAMPLE_ITEM],
}
_PROGRESS: dict[str, JsonValue] = {
    "answers": 3,
    "certainty": 0.45,
    "gain": 0.29,
    "enough": False,
}


class Strategy(StrEnum):
    """How questions are chosen."""

    ADAPTIVE = "adaptive"
    STATIC = "static"
    EVIDENCE = "evidence"
    POPULARITY = "popularity"


class Mode(StrEnum):
    """How questions are shown."""

    ITEMS = "items"
    GRID = "grid"
    PAIR = "pair"
    GROUPS = "groups"


class OnboardingQuery(StrictRequest):
    """Parameters of the probe set."""

    limit: Limit | None = Field(
        default=None,
        description="12 items, or a grid of 24, if left out. A pair always is two, and groups are "
        "as many as there are.",
    )
    user_id: Id | None = Field(
        default=None, description="The user to ask; leaves out what this user has answered."
    )
    exclude: Exclude = Field(default=[])
    strategy: Strategy | None = Field(
        default=None,
        description="`adaptive`: what improves this user's list most, by all answers so far; "
        "`static`: the same list for everybody; `evidence`: MeLU's score; `popularity`. If left "
        "out `adaptive`, or `evidence` where the preset can't choose by answers.",
    )
    mode: Mode = Field(
        default=Mode.ITEMS,
        description="`items`: to be rated one by one; `grid`: to pick from, answered by `shown` "
        "and `picked`; `pair`: which of two, answered by `preferred` and `over`; `groups`: a "
        "direction, answered by points over `groups`.",
    )
    near: Id | None = Field(
        default=None, description="An item: ask about others that are alike, to name more of it."
    )


class OnboardingItem(Item):
    """One evidence candidate."""

    model_config = example(**_CANDIDATE)

    rank: int
    score: float = Field(description="discrimination × popularity.")
    discrimination: float = Field(
        description="How far a rating of it moves the decision layers, 0 to 1."
    )
    popularity: float = Field(description="Share of the most rated item's ratings, 0 to 1.")
    familiarity: float | None = Field(
        description="How likely this user knows it, 0 to 1; null where the preset can't tell."
    )
    gain: float | None = Field(
        description="What its answer is expected to bring, in likes on a list of 20, discounted by "
        "place; of `adaptive` after the answers to the items before it. 0 beyond the first 64; "
        "null where the preset can't tell."
    )


class OnboardingProgress(BaseModel):
    """How far a user is."""

    model_config = example(**_PROGRESS)

    answers: int = Field(description="Answers that count, `unseen` and `passed` among them.")
    certainty: float | None = Field(
        description="0 to 1: how much of what answers can bring is there; null where the preset "
        "can't tell."
    )
    gain: float | None = Field(description="What one more answer is expected to bring; see items.")
    enough: bool = Field(
        description="Whether one more answer would bring less than `MELU_ONBOARDING_ENOUGH`."
    )


class OnboardingGroup(BaseModel):
    """A group of items to choose from."""

    model_config = example(**_GROUP)

    group_id: str
    label: str = Field(description="What sets its items apart.")
    items: list[Item] = Field(description="Three well-known ones.")


class OnboardingItems(BaseModel):
    """What to ask a new user, best first."""

    model_config = example(
        model_version="films-default-3c4e3146c9b5",
        strategy="adaptive",
        progress=_PROGRESS,
        items=[_CANDIDATE],
    )

    model_version: str
    arm: ArmName | None = Field(
        default=None,
        exclude_if=lambda arm: arm is None,
        description="Present while a candidate is compared with the current model: which of both "
        "asks.",
    )
    strategy: Strategy
    progress: OnboardingProgress
    items: list[OnboardingItem] = Field(description="Empty for `groups`.")
    groups: list[OnboardingGroup] = Field(
        default=[],
        exclude_if=lambda groups: not groups,
        description="Of the mode `groups`; left out of the others.",
    )


OnboardingParameters = Annotated[OnboardingQuery, Query()]
