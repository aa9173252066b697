"""Bodies of requests and answers, as the OpenAPI description shows them."""

import re
from datetime import datetime
from functools import cached_property
from typing import Annotated, Any, Literal

from fastapi import Path, Query
from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    Strict,
    model_validator,
)

from model.identifiers import MAX_ID_LENGTH, is_valid_id

MAX_EVENTS = 500
MAX_TEXT = 1000
MAX_ATTRIBUTES = 100
MAX_LIST = 200
MAX_WHOLE_NUMBER = 2**63 - 1  # the store's JSON holds no larger one; beyond it is a float

_DATE_AND_TIME = re.compile(r"\d{4}-\d\d-\d\d[Tt ]")

Action = Literal["like", "dislike", "click", "skip", "unseen"]


def _check_id(value: str) -> str:
    if not is_valid_id(value):
        raise ValueError(
            f"an id is 1 to {MAX_ID_LENGTH} printable characters without '/', and not '.' or '..'"
        )
    return value


def _check_text(value: str) -> str:
    try:
        value.encode()
    except UnicodeEncodeError:
        raise ValueError("the text holds half of a surrogate pair") from None
    return value


def _check_time(value: object) -> object:
    # Pydantic alone would read text of digits as seconds since the epoch.
    if not isinstance(value, str) or not _DATE_AND_TIME.match(value):
        raise ValueError("a time is RFC 3339 text such as 2026-01-31T12:00:00Z")
    return value


def _check_after_epoch(value: datetime) -> datetime:
    if value.timestamp() < 0:
        raise ValueError("a time is not before 1970")
    return value


Id = Annotated[str, Strict(), AfterValidator(_check_id)]
UserId = Annotated[Id, Path(description="1 to 128 printable characters without `/`.")]
ItemId = Annotated[Id, Path(description="The data set's own id.")]
Text = Annotated[str, Strict(), Field(max_length=MAX_TEXT), AfterValidator(_check_text)]
Number = Annotated[float, Strict(), Field(allow_inf_nan=False)]
WholeNumber = Annotated[int, Strict(), Field(ge=-MAX_WHOLE_NUMBER, le=MAX_WHOLE_NUMBER)]
Time = Annotated[AwareDatetime, BeforeValidator(_check_time), AfterValidator(_check_after_epoch)]
AttributeValue = (
    Text | WholeNumber | Number | Annotated[list[Text], Field(max_length=MAX_LIST)] | None
)
Attributes = Annotated[dict[Text, AttributeValue], Field(max_length=MAX_ATTRIBUTES)]


class _Request(BaseModel):
    """A request: a misspelt field is an error, not silence."""

    model_config = ConfigDict(extra="forbid")


# --- users -------------------------------------------------------------------------------------


class ProfileRequest(_Request):
    """A user's profile."""

    attributes: Attributes = Field(
        default_factory=dict, examples=[{"age": 25, "gender": "F", "occupation": "writer"}]
    )


class User(BaseModel):
    """What is stored of a user."""

    user_id: str
    attributes: dict[str, Any]
    support_size: int = Field(description="Pieces of feedback that count as a rating.")
    support_version: int = Field(description="Number of changes of the feedback.")
    created_at: datetime
    updated_at: datetime


class PutUser(User):
    """A user after a PUT."""

    warnings: list[str] = Field(description="Values that training never saw.")


# --- feedback ----------------------------------------------------------------------------------


class FeedbackEvent(_Request):
    """A rating of an item, or an action on it."""

    item_id: Id
    rating: Number | None = Field(default=None, description="On the data set's scale.")
    action: Action | None = None
    at: Time | None = Field(default=None, description="When it happened; now if left out.")
    event_id: Id | None = Field(default=None, description="Makes a retry recognisable.")

    @model_validator(mode="after")
    def _one_of_both(self) -> "FeedbackEvent":
        if (self.rating is None) == (self.action is None):
            raise ValueError("an event has either a rating or an action")
        return self


class FeedbackRequest(_Request):
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

    items: list[FeedbackItem]
    next_cursor: str | None = Field(description="Pass as `cursor` for the next page.")


# --- items -------------------------------------------------------------------------------------


class Item(BaseModel):
    """One item of the catalogue."""

    item_id: str
    title: str
    attributes: dict[str, Any]


class ItemPage(BaseModel):
    """Items that match a search, most popular first."""

    items: list[Item]
    next_cursor: str | None = Field(description="Pass as `cursor` for the next page.")


# --- recommendations and onboarding ------------------------------------------------------------

Exclude = Annotated[
    list[Id], Field(max_length=MAX_EVENTS, description="Leave this item out; may repeat.")
]
Filter = Annotated[
    list[Text],
    Field(
        max_length=MAX_LIST,
        description="`name:value` on an item attribute; several values of one name are OR, "
        "several names are AND. Of a number also a range with both ends included, "
        "`year:1990..1999`, `year:1990..` or `year:..1950`.",
        examples=[["genre:Drama", "year:1990..1999"]],
    ),
]
Limit = Annotated[int, Field(ge=1, le=200)]
Cursor = Annotated[str | None, Field(max_length=MAX_TEXT)]


class RecommendationQuery(_Request):
    """Parameters of a ranking."""

    limit: Limit = 20
    exclude_seen: bool = Field(
        default=True, description="Leave out what the user has given feedback on."
    )
    exclude: Exclude = []
    filter: Filter = []
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


class OnboardingQuery(_Request):
    """Parameters of the probe set."""

    limit: Limit = 12
    user_id: Id | None = Field(default=None, description="Whom to ask.")
    exclude: Exclude = []


class ItemQuery(_Request):
    """Parameters of a search."""

    query: Text = Field(default="", description="Beginnings of words of the title.")
    filter: Filter = []
    limit: Limit = 20
    cursor: Cursor = None


class FeedbackQuery(_Request):
    """Parameters of a listing."""

    limit: Limit = 20
    cursor: Cursor = None


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
        description="`adapted`: the local update ran on this user's support set; `prior`: θ as "
        "it is, no usable feedback yet."
    )
    support_size: int = Field(description="Ratings that the local update learnt from.")
    support_version: int
    local_steps: int
    model_version: str
    list_id: str = Field(
        description="This ranking. All of its pages have the same, and show what held when the "
        "first was asked for."
    )
    items: list[RecommendedItem]
    next_cursor: str | None = Field(description="Pass as `cursor` for the next page.")


class OnboardingItem(Item):
    """One evidence candidate."""

    rank: int
    score: float = Field(description="discrimination × popularity.")
    discrimination: float = Field(
        description="How far a rating of it moves the decision layers, 0 to 1."
    )
    popularity: float = Field(description="Share of the most rated item's ratings, 0 to 1.")


class OnboardingItems(BaseModel):
    """What to ask a new user, best first."""

    model_version: str
    items: list[OnboardingItem]


# --- operations --------------------------------------------------------------------------------


class Health(BaseModel):
    """The process is alive."""

    status: Literal["ok"] = "ok"


class Readiness(BaseModel):
    """Store and model can be used."""

    status: Literal["ready"] = "ready"
    store: Literal["ok"] = "ok"
    model: str = Field(description="Version of the loaded bundle.")


class FeatureDescription(BaseModel):
    """A feature that the model knows."""

    kind: str
    values: list[str] | None = Field(default=None, description="Its categories, if they are few.")
    minimum: float | None = None
    maximum: float | None = None


class ModelDescription(BaseModel):
    """The loaded bundle."""

    model_config = ConfigDict(protected_namespaces=())

    version: str
    dataset: str
    preset: str
    rating_scale: tuple[float, float]
    user_features: dict[str, FeatureDescription]
    item_features: dict[str, FeatureDescription]
    items: int
    metrics: dict[str, float]
    created_at: datetime


RecommendationParameters = Annotated[RecommendationQuery, Query()]
OnboardingParameters = Annotated[OnboardingQuery, Query()]
ItemParameters = Annotated[ItemQuery, Query()]
FeedbackParameters = Annotated[FeedbackQuery, Query()]
