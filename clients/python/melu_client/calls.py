"""What each method asks for, as data: both clients send the same."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Generic, TypeVar
from urllib.parse import quote
from uuid import uuid4

from melu_client.api_types import (
    BulkItem,
    FeedbackAccepted,
    FeedbackEvent,
    FeedbackPage,
    Item,
    ItemContent,
    ItemPage,
    ItemsPut,
    Merged,
    ModelCard,
    ModelDescription,
    ModelReloaded,
    OnboardingItems,
    OnboardingReport,
    PutItem,
    PutUser,
    RecommendationRequest,
    Recommendations,
    UnstoredRecommendations,
    User,
    UserToken,
)
from melu_client.queries import (
    BulkQuery,
    FeedbackQuery,
    ItemQuery,
    OnboardingQuery,
    RecommendationQuery,
)

T = TypeVar("T")
AttributeValue = str | int | float | list[str] | None


@dataclass(frozen=True)
class Call(Generic[T]):
    """A request whose answer is a `T`."""

    method: str
    path: str
    user_id: str | None = None
    """Whose token it needs."""
    query: Mapping[str, Any] | None = None
    body: Mapping[str, Any] | None = None


def _step(id_: str) -> str:
    """Encode an id for a path, where `..` would name what is above."""
    if not isinstance(id_, str):
        raise TypeError(f"an id is a text, not {id_!r}")
    if id_ in ("", ".", ".."):
        raise ValueError(f"{id_!r} is no id")
    return quote(id_, safe="")


def _user(user_id: str) -> str:
    return f"users/{_step(user_id)}"


def onboarding(query: OnboardingQuery) -> Call[OnboardingItems]:
    """What to ask."""
    return Call("GET", "onboarding/items", query.get("user_id"), query)


def send_feedback(
    user_id: str, events: FeedbackEvent | Iterable[FeedbackEvent]
) -> Call[FeedbackAccepted]:
    """Events, each with an id, by which the service knows a retry."""
    # A typed dictionary is a plain one when the program runs.
    several: Iterable[Any] = [events] if isinstance(events, dict) else events
    named = [{**event, "event_id": event.get("event_id") or str(uuid4())} for event in several]
    return Call("POST", f"{_user(user_id)}/feedback", user_id, body={"events": named})


def feedback(user_id: str, query: FeedbackQuery) -> Call[FeedbackPage]:
    """A page of what is stored."""
    return Call("GET", f"{_user(user_id)}/feedback", user_id, query)


def delete_feedback(user_id: str, item_id: str) -> Call[None]:
    """On one item."""
    return Call("DELETE", f"{_user(user_id)}/feedback/{_step(item_id)}", user_id)


def delete_pair(user_id: str, preferred: str, over: str) -> Call[None]:
    """A comparison of two items."""
    path = f"{_user(user_id)}/feedback/pairs/{_step(preferred)}/{_step(over)}"
    return Call("DELETE", path, user_id)


def delete_group(user_id: str, group_id: str) -> Call[None]:
    """Points of a group."""
    return Call("DELETE", f"{_user(user_id)}/feedback/groups/{_step(group_id)}", user_id)


def recommendations(user_id: str, query: RecommendationQuery) -> Call[Recommendations]:
    """A page of a ranking."""
    return Call("GET", f"{_user(user_id)}/recommendations", user_id, query)


def unstored_recommendations(request: RecommendationRequest) -> Call[UnstoredRecommendations]:
    """A ranking for what the body tells."""
    return Call("POST", "recommendations", body=request)


def items(query: ItemQuery) -> Call[ItemPage]:
    """A page of a search."""
    return Call("GET", "items", query=query)


def item(item_id: str) -> Call[Item]:
    """One item."""
    return Call("GET", f"items/{_step(item_id)}")


def put_item(item_id: str, content: ItemContent) -> Call[PutItem]:
    """Add or change one."""
    return Call("PUT", f"items/{_step(item_id)}", body=content)


def put_items(many: Iterable[BulkItem], dry_run: bool) -> Call[ItemsPut]:
    """Add or change many, all or none; a dry run tells what would change."""
    query: BulkQuery = {"dry_run": True} if dry_run else {}
    return Call("POST", "items", query=query, body={"items": list(many)})


def delete_item(item_id: str) -> Call[None]:
    """Take one away."""
    return Call("DELETE", f"items/{_step(item_id)}")


def user(user_id: str) -> Call[User]:
    """What is stored."""
    return Call("GET", _user(user_id), user_id)


def put_user(user_id: str, attributes: Mapping[str, AttributeValue]) -> Call[PutUser]:
    """Set the profile."""
    return Call("PUT", _user(user_id), user_id, body={"attributes": dict(attributes)})


def delete_user(user_id: str) -> Call[None]:
    """Erase a user."""
    return Call("DELETE", _user(user_id), user_id)


def merge_user(user_id: str, from_user_id: str) -> Call[Merged]:
    """Move another user's feedback here, and erase the other."""
    return Call("POST", f"{_user(user_id)}/merge", user_id, body={"from_user_id": from_user_id})


def user_token(user_id: str) -> Call[UserToken]:
    """A token for the user's browser."""
    return Call("POST", f"{_user(user_id)}/token", user_id)


def model() -> Call[ModelDescription]:
    """What model is served."""
    return Call("GET", "model")


def model_card() -> Call[ModelCard]:
    """How it was trained."""
    return Call("GET", "admin/model")


def reload_model() -> Call[ModelReloaded]:
    """Load the bundle that is now there."""
    return Call("POST", "admin/model/reload")


def onboarding_report() -> Call[OnboardingReport]:
    """Questions and answers, counted."""
    return Call("GET", "admin/onboarding")
