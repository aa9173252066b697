"""Rankings."""

from functools import cached_property
from typing import Annotated, Literal

from fastapi import Query
from pydantic import (
    BaseModel,
    Field,
)

from app.schemas.items import Item
from app.schemas.values import EXAMPLE_ITEM, Cursor, Exclude, Filter, Limit, StrictRequest, example


class RecommendationQuery(StrictRequest):
    """Parameters of a ranking."""

    limit: Limit = 20
    exclude_seen: bool = Field(
        default=True, description="Leave out what the user has given feedback on."
    )
    exclude: Exclude = Field(default=[])
    filter: Filter = Field(default=[])
    diversity: float = Field(
        default=0.0,
        ge=0,
        le=1,
        description="Trades score for variety among the best 300 items: 0 is pure score order, 1 "
        "looks for items unlike those before them. `score` stays the predicted rating.",
    )
    explain: bool = Field(
        default=False,
        description="Fill `because`: what single pieces of feedback do to an item's score.",
    )
    cursor: Cursor = Field(
        default=None,
        description="`next_cursor` of the page before: the next page of the same ranking, as it "
        "was when its first page was asked for. `limit` may differ from page to page; all other "
        "parameters must be equal.",
    )

    @cached_property
    def key(self) -> str:
        """Text that is equal for equal parameters."""
        return self.model_dump_json()

    @cached_property
    def ranking_key(self) -> str:
        """Text that is equal for all pages of a ranking."""
        return self.model_dump_json(exclude={"limit", "cursor"})


class Reason(BaseModel):
    """A piece of feedback and what it does to the score of an item."""

    item_id: str
    title: str
    rating: float = Field(description="What the feedback counts as.")
    effect: float = Field(
        description="The item's score minus its score had this feedback not been given: the local "
        "update is run again without it."
    )


class RecommendedItem(Item):
    """One item of a ranking."""

    model_config = example(**EXAMPLE_ITEM, rank=1, score=4.61)

    rank: int = Field(description="Place in the whole ranking, from 1.")
    score: float = Field(description="Predicted rating on the data set's scale.")
    because: list[Reason] = Field(
        default=[],
        description="With `explain=true`, up to five pieces of feedback, strongest effect first.",
    )


class Recommendations(BaseModel):
    """A user's ranking."""

    user_id: str
    strategy: Literal["adapted", "prior"] = Field(
        description="`adapted`: the local update ran on this user's support set; `prior`: the "
        "shared model (θ) as it is, for there is no usable feedback yet or the local update "
        "diverged."
    )
    diverged: bool = Field(
        default=False,
        description="Present where the local update diverged on this user's feedback: numbers "
        "grew without bound, so the ranking is that of the shared model.",
    )
    support_size: int = Field(description="Ratings that the local update learned from.")
    support_version: int
    local_steps: int
    model_version: str
    list_id: str = Field(
        description="The id of this ranking. All of its pages share it, and show the ranking as it "
        "was when its first page was requested."
    )
    items: list[RecommendedItem]
    next_cursor: str | None = Field(description="Pass as `cursor` for the next page.")


RecommendationParameters = Annotated[RecommendationQuery, Query()]
