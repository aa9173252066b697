"""Rankings."""

from functools import cached_property
from typing import Annotated, Any, ClassVar, Literal

from fastapi import Query
from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    Strict,
    model_validator,
)

from app.numbers import Share
from app.schemas.feedback import FeedbackEvent
from app.schemas.items import Item
from app.schemas.values import (
    EXAMPLE_ITEM,
    MAX_EVENTS,
    MAX_LIMIT,
    MAX_NAMED,
    ArmName,
    AsSet,
    Attributes,
    Cursor,
    Exclude,
    Filter,
    Id,
    Limit,
    StrictRequest,
    example,
)
from model.orders import Order


class RankingParameters(StrictRequest):
    """What a list goes by, and what is left out of it."""

    place: ClassVar[str]  # where they stand in a request

    limit: Limit = 20
    order: Annotated[Order, Strict(False)] | None = Field(
        default=None,
        description="What the list goes by. `relevance`: what the user is likely to choose and "
        "like; `rating`: the predicted rating; `lift`: what the user's own answers moved up most. "
        "`GET /model` lists the `orders` that the model has; the first is the default.",
    )
    exclude_seen: bool = Field(
        default=True, description="Leave out what the user has given feedback on."
    )
    exclude: Exclude = Field(default=[])
    filter: Filter = Field(default=[])
    diversity: Share = Field(
        default=0.0,
        description="Trades what the list goes by for variety among the best 300 items: 0 leaves "
        "the order, 1 looks for items unlike those before them.",
    )
    explore: Share | None = Field(
        default=None,
        description="Share of the places that goes to items which the model is unsure about, new "
        "ones above all; they say `explored`. 0 is off. The default is the setting `MELU_EXPLORE`.",
    )
    explain: bool = Field(
        default=False,
        description="Fill `because`: what single pieces of feedback do to what the list goes by.",
    )

    scenario: Annotated[str, Field(max_length=32)] | None = Field(
        default=None,
        description="A name of parameters in the setting `MELU_SCENARIOS`; parameters that are "
        "sent win over it.",
    )

    @cached_property
    def ranking_key(self) -> str:
        """Text that is equal for all pages of a ranking."""
        return self.model_dump_json(exclude={"limit", "cursor"})


class RecommendationQuery(RankingParameters):
    """Parameters of a ranking."""

    place = "query"

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


_LONG_LISTS: dict[str, Any] = {
    "if": {
        "required": ["candidates"],
        "properties": {"candidates": {"type": "array"}, "explain": {"const": False}},
    },
    "else": {"properties": {"limit": {"maximum": MAX_LIMIT}}},
}
"""Of candidates, and without reasons: to write thousands of those takes half a second."""


class RecommendationRequest(RankingParameters):
    """Whom to rank for, and what: all that there is to know of a user who is not stored."""

    # JSON has numbers and truth values of its own; "1" is neither.
    model_config = ConfigDict(
        strict=True,
        json_schema_extra=_LONG_LISTS
        | {
            "examples": [
                {"feedback": [{"item_id": "50", "rating": 5}], "attributes": {"age": 25}},
                {"feedback": [{"item_id": "50", "rating": 5}], "candidates": ["172", "181"]},
            ]
        },
    )
    place = "body"

    feedback: list[Annotated[FeedbackEvent, Strict(False)]] = Field(
        default=[],
        max_length=MAX_EVENTS,
        description="Events, as `POST /users/{user_id}/feedback` takes them. Of two on one item "
        "the newer counts, of equal times the later in the list.",
    )
    attributes: Attributes = Field(
        default_factory=dict, description="The profile, as `PUT /users/{user_id}` takes it."
    )
    # Of these lists the first fault is told: each takes time, and there may be thousands.
    candidates: list[Id] | None = Field(
        default=None,
        fail_fast=True,
        max_length=MAX_NAMED,
        description="Rank these items and no others; the whole catalogue if left out. What "
        "`exclude`, `filter` and `exclude_seen` leave out is left out of them too.",
    )
    exclude: Annotated[list[Id], AsSet] = Field(
        default=[],
        fail_fast=True,
        max_length=MAX_NAMED,
        description="Leave these items out; one that does not exist is passed over.",
    )
    limit: int = Field(
        default=20,
        ge=1,
        le=MAX_NAMED,
        description=f"Most items of the list; over {MAX_LIMIT} of `candidates` alone, and without "
        "`explain`.",
    )

    @model_validator(mode="after")
    def _long_lists_are_of_candidates(self) -> "RecommendationRequest":
        if self.limit > MAX_LIMIT and (self.candidates is None or self.explain):
            raise ValueError(
                f"limit is at most {MAX_LIMIT} but of candidates, and there without explain"
            )
        return self


class Reason(BaseModel):
    """A piece of feedback and what it does to an item's place."""

    item_id: str
    title: str
    rating: float | None = Field(
        description="What the feedback counts as; null where it counts as no rating."
    )
    action: str | None = Field(
        default=None,
        description="Present where the feedback counts as no rating: what was answered, as "
        "`GET /users/{user_id}/feedback` names it: `unseen`, `picked`, `passed` or an action.",
    )
    effect: float = Field(
        description="What the list goes by, less what it would be had this feedback not been "
        "given: the local update is run again without it. Predicted ratings are not clipped."
    )


class RecommendedItem(Item):
    """One item of a ranking."""

    model_config = example(
        **EXAMPLE_ITEM, rank=1, relevance=0.83, lift=0.41, score=4.61, explored=False
    )

    rank: int = Field(description="Place in the whole ranking, from 1.")
    relevance: float | None = Field(
        description="How likely the user chooses the item out of the whole catalogue and likes it, "
        "from 0 to 1, comparable within a list; null where the model does not tell."
    )
    lift: float | None = Field(
        description="Relevance less what it was before the user's answers; 0 for a user without "
        "feedback, null where the model does not tell."
    )
    score: float | None = Field(
        description="Predicted rating on the data set's scale; null where the data have no ratings."
    )
    explored: bool = Field(
        default=False,
        description="Whether the item has its place because the model is unsure about it.",
    )
    because: list[Reason] = Field(
        default=[],
        description="With `explain=true`, up to five pieces of feedback, strongest effect first; "
        "with `order=rating` only such as count as a rating, for others don't move it.",
    )


class _Ranking(BaseModel):
    """A list, and what it follows from."""

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
    arm: ArmName | None = Field(
        default=None,
        description="Present while a candidate is compared with the current model: which of both "
        "made the list.",
    )
    support_size: int = Field(description="Ratings that the local update learned from.")
    local_steps: int
    model_version: str
    items: list[RecommendedItem]


class Recommendations(_Ranking):
    """A user's ranking."""

    user_id: str
    support_version: int
    list_id: str = Field(
        description="The id of this ranking. All of its pages share it, and show the ranking as it "
        "was when its first page was requested."
    )
    next_cursor: str | None = Field(description="Pass as `cursor` for the next page.")


class UnstoredRecommendations(_Ranking):
    """A ranking for what a body told, of which nothing is stored."""

    list_id: str = Field(
        description="The id of this ranking: equal bodies have equal ones, until model, catalogue "
        "or settings change."
    )
    warnings: list[str] = Field(description="Attributes whose values training never saw.")


RecommendationParameters = Annotated[RecommendationQuery, Query()]
