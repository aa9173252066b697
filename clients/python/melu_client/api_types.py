"""What the service takes and answers; generated."""

from __future__ import annotations

from typing import Any, Literal, NotRequired, TypeAlias, TypedDict


class AskedItem(TypedDict):
    """
    An item of the onboarding, and what became of it.
    """

    item_id: str
    title: str
    shown: int
    known: int
    unseen: int
    skipped: int


class BulkItem(TypedDict):
    """
    One of many items.
    """

    title: str
    attributes: NotRequired[dict[str, str | int | float | list[str] | None]]
    item_id: str


class ComparedPair(TypedDict):
    """
    A stored comparison of two items.
    """

    preferred: str
    over: str
    at: str


class Fault(TypedDict):
    """
    One fault of a request.
    """

    loc: list[str | int]
    message: str


class FeatureDescription(TypedDict):
    pass


class FeedbackAccepted(TypedDict):
    """
    The outcome of a POST: all events are stored.
    """

    user_id: str
    accepted: int
    ignored: int
    support_size: int
    support_version: int
    attributed: NotRequired[int | None]


class GroupPoints(TypedDict):
    """
    What a group of items got.
    """

    group_id: str
    points: float
    items: list[str]
    at: str


class Health(TypedDict):
    """
    The process is alive.
    """

    status: NotRequired[Literal["ok"]]


class Item(TypedDict):
    """
    One item of the catalogue.
    """

    item_id: str
    title: str
    attributes: dict[str, Any]


class ItemChange(TypedDict):
    """
    What a bulk call would do to an item.
    """

    item_id: str
    change: Literal["new", "changed", "same"]
    fields: list[str]
    warnings: list[str]


class ItemContent(TypedDict):
    """
    Title and attributes of an item.
    """

    title: str
    attributes: NotRequired[dict[str, str | int | float | list[str] | None]]


class ItemNoun(TypedDict):
    """
    What people call the items.
    """

    one: NotRequired[str]
    many: NotRequired[str]


class ItemPage(TypedDict):
    """
    Items that match a search, the best matches first.
    """

    items: list[Item]
    next_cursor: str | None


class ItemsPut(TypedDict):
    """
    The outcome of a bulk call: all items are stored, or with `dry_run` none.
    """

    created: int
    updated: int
    changes: NotRequired[list[ItemChange] | None]


class ItemsRequest(TypedDict):
    """
    Items to add or change, all or none.
    """

    items: list[BulkItem]


class MergeRequest(TypedDict):
    """
    The user to merge, who is erased afterwards.
    """

    from_user_id: str


class Merged(TypedDict):
    """
    The outcome of a merge.
    """

    user_id: str
    from_user_id: str
    merged: int
    accepted: int
    ignored: int
    attributes_filled: list[str]
    support_size: int
    support_version: int


Mode: TypeAlias = Literal["items", "grid", "pair", "groups"]


class ModelReloaded(TypedDict):
    """
    The outcome of a reload.
    """

    version: str
    previous_version: str | None
    candidate_version: NotRequired[str | None]


class OnboardingAnswers(TypedDict):
    """
    Answers to questions, by what they say.
    """

    known: NotRequired[int]
    unseen: NotRequired[int]
    skipped: NotRequired[int]
    compared: NotRequired[int]


class OnboardingGroup(TypedDict):
    """
    A group of items to choose from.
    """

    group_id: str
    label: str
    items: list[Item]


class OnboardingItem(TypedDict):
    """
    One evidence candidate.
    """

    item_id: str
    title: str
    attributes: dict[str, Any]
    rank: int
    score: float
    discrimination: float
    popularity: float
    familiarity: float | None
    gain: float | None


class OnboardingProgress(TypedDict):
    """
    How far a user is.
    """

    answers: int
    certainty: float | None
    gain: float | None
    enough: bool


class OnboardingStep(TypedDict):
    """
    Calls for questions by users who had given that many answers.
    """

    answers: str
    calls: int
    enough: int


class ProblemBody(TypedDict):
    """
    The body of every error.
    """

    type: str
    title: str
    status: int
    detail: str
    code: str
    errors: NotRequired[list[Fault] | None]


class ProfileRequest(TypedDict):
    """
    A user's profile.
    """

    attributes: NotRequired[dict[str, str | int | float | list[str] | None]]


class PutItem(TypedDict):
    """
    An item after a PUT.
    """

    item_id: str
    title: str
    attributes: dict[str, Any]
    warnings: list[str]


class PutUser(TypedDict):
    """
    A user after a PUT.
    """

    user_id: str
    attributes: dict[str, Any]
    support_size: int
    support_version: int
    created_at: str
    updated_at: str
    warnings: list[str]


class Readiness(TypedDict):
    """
    Store and model can be used.
    """

    status: NotRequired[Literal["ready"]]
    store: NotRequired[Literal["ok", "read_only"]]
    store_refusal: NotRequired[str | None]
    model: str
    candidate: NotRequired[str | None]
    scarce: NotRequired[list[str] | None]
    warnings: NotRequired[list[str] | None]


class Reason(TypedDict):
    """
    A piece of feedback and what it does to an item's place.
    """

    item_id: str
    title: str
    rating: float | None
    action: NotRequired[str | None]
    effect: float


class RecommendedItem(TypedDict):
    """
    One item of a ranking.
    """

    item_id: str
    title: str
    attributes: dict[str, Any]
    rank: int
    relevance: float | None
    lift: float | None
    score: float | None
    explored: NotRequired[bool]
    because: NotRequired[list[Reason]]


class TrainingEpoch(TypedDict):
    """
    One pass of a training over the users.
    """

    phase: str
    epoch: int
    epochs: int
    loss: float
    validation_mae: dict[str, float] | None
    seconds: float
    list_quality: float | None


class UnstoredRecommendations(TypedDict):
    """
    A ranking for what a body told, of which nothing is stored.
    """

    strategy: Literal["adapted", "prior"]
    diverged: NotRequired[bool]
    arm: NotRequired[Literal["current", "candidate"] | None]
    support_size: int
    local_steps: int
    model_version: str
    items: list[RecommendedItem]
    list_id: str
    warnings: list[str]


class User(TypedDict):
    """
    What is stored for a user.
    """

    user_id: str
    attributes: dict[str, Any]
    support_size: int
    support_version: int
    created_at: str
    updated_at: str


class UserToken(TypedDict):
    """
    A credential for a user's browser.
    """

    token: str
    expires_at: str


class ActedItem(TypedDict):
    """
    A stored action.
    """

    item_id: str
    weight: NotRequired[float]
    source: NotRequired[Literal["onboarding"] | None]
    at: str
    action: str


class FeedbackEvent(TypedDict):
    """
    A rating of an item, an action on it, what was picked of a screen, or a comparison.
    """

    item_id: NotRequired[str | None]
    rating: NotRequired[float | None]
    action: NotRequired[str | None]
    weight: NotRequired[float | None]
    source: NotRequired[Literal["onboarding"] | None]
    list_id: NotRequired[str | None]
    shown: NotRequired[list[str] | None]
    picked: NotRequired[list[str] | None]
    preferred: NotRequired[str | None]
    over: NotRequired[str | None]
    groups: NotRequired[dict[str, float] | None]
    at: NotRequired[str | None]
    event_id: NotRequired[str | None]


class FeedbackRequest(TypedDict):
    """
    Feedback events; a single event may stand in for the list.
    """

    events: list[FeedbackEvent]


class ModelDescription(TypedDict):
    """
    The loaded bundle.
    """

    version: str
    dataset: str
    preset: str
    orders: list[Literal["relevance", "rating", "lift"]]
    rating_scale: tuple[float, float] | None
    user_features: dict[str, FeatureDescription]
    item_features: dict[str, FeatureDescription]
    items: int
    item_noun: ItemNoun
    metrics: dict[str, float]
    created_at: str


class OnboardingItems(TypedDict):
    """
    What to ask a new user, best first.
    """

    model_version: str
    arm: NotRequired[Literal["current", "candidate"] | None]
    strategy: Literal["adaptive", "static", "evidence", "popularity"]
    progress: OnboardingProgress
    items: list[OnboardingItem]
    groups: NotRequired[list[OnboardingGroup]]


class OnboardingReport(TypedDict):
    """
    Questions and answers since the service started.
    """

    steps: list[OnboardingStep]
    answers: OnboardingAnswers
    items: list[AskedItem]


class RatedItem(TypedDict):
    """
    A stored rating.
    """

    item_id: str
    weight: NotRequired[float]
    source: NotRequired[Literal["onboarding"] | None]
    at: str
    rating: float


class RecommendationRequest(TypedDict):
    """
    Whom to rank for, and what: all that there is to know of a user who is not stored.
    """

    limit: NotRequired[int]
    order: NotRequired[Literal["relevance", "rating", "lift"] | None]
    exclude_seen: NotRequired[bool]
    exclude: NotRequired[list[str]]
    filter: NotRequired[list[str]]
    diversity: NotRequired[float]
    explore: NotRequired[float | None]
    explain: NotRequired[bool]
    scenario: NotRequired[str | None]
    feedback: NotRequired[list[FeedbackEvent]]
    attributes: NotRequired[dict[str, str | int | float | list[str] | None]]
    candidates: NotRequired[list[str] | None]


class Recommendations(TypedDict):
    """
    A user's ranking.
    """

    strategy: Literal["adapted", "prior"]
    diverged: NotRequired[bool]
    arm: NotRequired[Literal["current", "candidate"] | None]
    support_size: int
    local_steps: int
    model_version: str
    items: list[RecommendedItem]
    user_id: str
    support_version: int
    list_id: str
    next_cursor: str | None


class Training(TypedDict):
    """
    The course of a training.
    """

    seed: int
    users: int
    ratings: int
    validation_users: int
    best_epoch: int
    seconds: float
    epochs: list[TrainingEpoch]
    relevance: list[TrainingEpoch]


class FeedbackPage(TypedDict):
    """
    Feedback, newest first.
    """

    items: list[RatedItem | ActedItem | ComparedPair | GroupPoints]
    next_cursor: str | None


class ModelCard(TypedDict):
    """
    How the loaded bundle came to be.
    """

    version: str
    preset: dict[str, Any]
    training: Training | None
