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
    JsonValue,
    Strict,
    WithJsonSchema,
    model_validator,
)

from model.identifiers import MAX_ID_LENGTH, is_valid_id

MAX_EVENTS = 500
MAX_ITEMS = 1000
MAX_TEXT = 1000
MAX_ATTRIBUTES = 100
MAX_LIST = 200
REPEATABLE_PARAMETERS = frozenset({"exclude", "filter"})
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


_ID_SCHEMA: dict[str, Any] = {
    "type": "string",
    "minLength": 1,
    "maxLength": MAX_ID_LENGTH,
    # Unicode's own classes: letters, marks, numbers, punctuation, symbols, and the plain space.
    "pattern": r"^(?:(?![/\uFFFD])[\p{L}\p{M}\p{N}\p{P}\p{S} ])+$",
    "not": {"enum": [".", ".."]},
}

Id = Annotated[str, Strict(), AfterValidator(_check_id), WithJsonSchema(_ID_SCHEMA)]
UserId = Annotated[Id, Path(description="1 to 128 printable characters without `/`.")]
ItemId = Annotated[Id, Path(description="The data set's own id.")]
Text = Annotated[str, Strict(), Field(max_length=MAX_TEXT), AfterValidator(_check_text)]
Number = Annotated[float, Strict(), Field(allow_inf_nan=False)]
WholeNumber = Annotated[int, Strict(), Field(ge=-MAX_WHOLE_NUMBER, le=MAX_WHOLE_NUMBER)]
Time = Annotated[
    AwareDatetime,
    BeforeValidator(_check_time),
    AfterValidator(_check_after_epoch),
    Field(json_schema_extra={"pattern": r"^(?:19[7-9]\d|[2-9]\d{3})-"}),
]
AttributeValue = (
    Text | WholeNumber | Number | Annotated[list[Text], Field(max_length=MAX_LIST)] | None
)
Attributes = Annotated[dict[Text, AttributeValue], Field(max_length=MAX_ATTRIBUTES)]


def _example(**fields: JsonValue) -> ConfigDict:
    """Show an example in the description."""
    return ConfigDict(json_schema_extra={"examples": [fields]}, protected_namespaces=())


_STAR_WARS: dict[str, JsonValue] = {
    "item_id": "50",
    "title": "Star Wars (1977)",
    "attributes": {"genre": ["Action", "Sci-Fi"], "year": 1977},
}
_CANDIDATE: dict[str, JsonValue] = _STAR_WARS | {
    "rank": 1,
    "score": 0.71,
    "discrimination": 0.71,
    "popularity": 1.0,
}


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

    model_config = _example(
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

    model_config = _example(
        user_id="ada",
        attributes={"age": 25, "city": "Atlantis"},
        support_size=0,
        support_version=0,
        created_at="2026-01-31T12:00:00Z",
        updated_at="2026-01-31T12:00:00Z",
        warnings=["city: training never saw this value, so it counts as unknown"],
    )

    warnings: list[str] = Field(description="Values that training never saw.")


class MergeRequest(_Request):
    """Who goes."""

    from_user_id: Id = Field(
        description="All that is stored of this user moves; then the user is erased.",
        examples=["anon-17"],
    )


class Merged(BaseModel):
    """What became of a merge."""

    user_id: str
    from_user_id: str
    merged: int = Field(description="Pieces of feedback that the user who went had.")
    accepted: int = Field(description="Those that moved over.")
    ignored: int = Field(description="Those for which the user who stays had a newer one.")
    attributes_filled: list[str] = Field(
        description="Attributes that moved over; the user who stays had none of that name."
    )
    support_size: int
    support_version: int


class UserToken(BaseModel):
    """A credential for a user's browser."""

    token: str = Field(description="Send it as `Authorization: Bearer …`.")
    expires_at: datetime


# --- feedback ----------------------------------------------------------------------------------


# Generators of clients take an object with `oneOf` for something else than an object.
_EITHER_RATING_OR_ACTION: dict[str, Any] = {
    "if": {"required": ["rating"], "properties": {"rating": {"type": "number"}}},
    "then": {"properties": {"action": {"type": "null"}}},
    "else": {"required": ["action"], "properties": {"action": {"type": "string"}}},
}


class FeedbackEvent(_Request):
    """A rating of an item, or an action on it."""

    model_config = ConfigDict(json_schema_extra=_EITHER_RATING_OR_ACTION)

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

    model_config = _example(user_id="ada", accepted=2, ignored=0, support_size=2, support_version=1)

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

    model_config = _example(
        items=[
            {"item_id": "50", "rating": 5, "at": "2026-01-31T12:05:00Z"},
            {"item_id": "172", "action": "like", "at": "2026-01-31T12:04:00Z"},
        ],
        next_cursor=None,
    )

    items: list[FeedbackItem]
    next_cursor: str | None = Field(description="Pass as `cursor` for the next page.")


# --- items -------------------------------------------------------------------------------------


class Item(BaseModel):
    """One item of the catalogue."""

    model_config = _example(**_STAR_WARS)

    item_id: str
    title: str
    attributes: dict[str, Any]


class ItemContent(_Request):
    """What is known of an item."""

    title: Text | None = Field(default=None, description="The id stands in if left out.")
    attributes: Attributes = Field(
        default_factory=dict, examples=[{"genre": ["Comedy", "Drama"], "year": 1995}]
    )


class BulkItem(ItemContent):
    """One of many items."""

    item_id: Id


class ItemsRequest(_Request):
    """Items to add or change, all or none."""

    items: list[BulkItem] = Field(min_length=1, max_length=MAX_ITEMS)


class PutItem(Item):
    """An item after a PUT."""

    warnings: list[str] = Field(description="Values that training never saw.")


class ItemsPut(BaseModel):
    """The outcome of a bulk call: all items are stored."""

    created: int = Field(description="Items that are new.")
    updated: int = Field(description="Items that were there before.")


class ItemPage(BaseModel):
    """Items that match a search, most popular first."""

    model_config = _example(items=[_STAR_WARS], next_cursor=None)

    items: list[Item]
    next_cursor: str | None = Field(description="Pass as `cursor` for the next page.")


# --- recommendations and onboarding ------------------------------------------------------------

Exclude = Annotated[
    list[Id], Field(max_length=MAX_EVENTS, description="Leave this item out; may repeat.")
]
Filter = Annotated[
    list[Annotated[Text, Field(json_schema_extra={"pattern": "^[^:]+:"})]],
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

    model_config = _example(**_STAR_WARS, rank=1, score=4.61)

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
        "it is: no usable feedback yet, or the local update went astray."
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

    model_config = _example(**_CANDIDATE)

    rank: int
    score: float = Field(description="discrimination × popularity.")
    discrimination: float = Field(
        description="How far a rating of it moves the decision layers, 0 to 1."
    )
    popularity: float = Field(description="Share of the most rated item's ratings, 0 to 1.")


class OnboardingItems(BaseModel):
    """What to ask a new user, best first."""

    model_config = _example(
        model_version="films-default-3c4e3146c9b5",
        items=[_CANDIDATE],
    )

    model_version: str
    items: list[OnboardingItem]


# --- operations --------------------------------------------------------------------------------


class Health(BaseModel):
    """The process is alive."""

    status: Literal["ok"] = "ok"


class Readiness(BaseModel):
    """Store and model can be used."""

    status: Literal["ready"] = "ready"
    store: Literal["ok", "read_only"] = Field(
        default="ok",
        description="`read_only`: recommendations are served, and writes are answered 503.",
    )
    store_refusal: str | None = Field(
        default=None, description="In the store's own words, why it takes no writes."
    )
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


class ModelReloaded(BaseModel):
    """The outcome of a reload."""

    version: str = Field(description="Of the bundle that answers now.")
    previous_version: str | None = Field(description="Of the one that answered before.")


RecommendationParameters = Annotated[RecommendationQuery, Query()]
OnboardingParameters = Annotated[OnboardingQuery, Query()]
ItemParameters = Annotated[ItemQuery, Query()]
FeedbackParameters = Annotated[FeedbackQuery, Query()]
