"""Parameters of queries; the API's own names."""

from typing import Literal, TypedDict


class OnboardingQuery(TypedDict, total=False):
    """Of `GET /onboarding/items`."""

    user_id: str
    limit: int
    exclude: list[str]
    strategy: Literal["adaptive", "static", "evidence", "popularity"]
    mode: Literal["items", "grid", "pair", "groups"]
    near: str


class RecommendationQuery(TypedDict, total=False):
    """Of `GET /users/{user_id}/recommendations`."""

    limit: int
    cursor: str
    order: Literal["relevance", "rating", "lift"]
    exclude_seen: bool
    exclude: list[str]
    filter: list[str]
    diversity: float
    explore: float
    explain: bool
    scenario: str


class FeedbackQuery(TypedDict, total=False):
    """Of `GET /users/{user_id}/feedback`."""

    limit: int
    cursor: str


class ItemQuery(TypedDict, total=False):
    """Of `GET /items`."""

    query: str
    filter: list[str]
    limit: int
    cursor: str
    since_training: bool


class BulkQuery(TypedDict, total=False):
    """Of `POST /items`."""

    dry_run: bool
