"""Feedback: the ratings of a user's support set, and actions."""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from pydantic import TypeAdapter

from app.problems import UnknownFeedback
from app.schemas.feedback import (
    ActedItem,
    ComparedPair,
    FeedbackAccepted,
    FeedbackEvent,
    FeedbackItem,
    FeedbackPage,
    GroupPoints,
    RatedItem,
    Source,
)
from app.services.arms.arms import Arms
from app.services.arms.served_lists import ServedLists
from app.services.comparisons import Pair, group_of, pair_of
from app.services.cursors import Place, decode_cursor, encode_cursor
from app.services.feedback_events import EventReader
from app.services.feedback_meanings import FeedbackMeanings
from app.services.onboarding_answers import count_answers
from app.store import Feedback, UserStore


@dataclass(frozen=True, slots=True)
class FeedbackPlace(Place):
    """The last piece of the page before: its time in microseconds since the epoch, its item."""

    at: int
    item_id: str


_PLACES = TypeAdapter(FeedbackPlace)


class FeedbackService:
    """Adds, lists and deletes feedback.

    Args:
        store: Where it is kept.
        arms: Know items, groups and the rating scale.
        meanings: Knows what counts as a rating.
        events: Checks what is added.
        served: Counts feedback for lists, while arms are compared.
    """

    def __init__(
        self,
        store: UserStore,
        arms: Arms,
        meanings: FeedbackMeanings,
        events: EventReader,
        served: ServedLists,
    ) -> None:
        self._store = store
        self._arms = arms
        self._served = served
        self._meanings = meanings
        self._events = events

    async def add(self, user_id: str, events: Sequence[FeedbackEvent]) -> FeedbackAccepted:
        """Store all events, or none if one is bad.

        Args:
            user_id: The user.
            events: The events.

        Returns:
            How many changed something.

        Raises:
            UnknownItemInBody: If an event names no item of the catalogue.
            UnknownAction: If settings don't know an action.
            InvalidScreen: If what was picked was not shown, or too many items are named.
            UnknownGroup: If the model has no such group.
            InvalidComparison: If an item is compared with itself, or no group has points.
            RatingOutOfRange: If a rating is outside the scale.
            StoreUnavailable: If the store can't be reached.
        """
        recommender = (await self._arms.asking(user_id).latest()).recommender
        now = datetime.now(UTC)
        read = self._events.read(recommender, events, "events", now)
        rule = self._meanings.rating_rule
        added = await self._store.add_feedback(user_id, read.newest, now, rule)
        if added.accepted:  # else it was a retry
            count_answers(read.newest, self._meanings)
        return FeedbackAccepted(
            user_id=user_id,
            accepted=added.accepted,
            ignored=added.ignored + read.outdated,
            support_size=added.support_size,
            support_version=added.support_version,
            attributed=await self._served.attribute(user_id, events),
        )

    async def page(self, user_id: str, limit: int, cursor: str | None) -> FeedbackPage:
        """List feedback, newest first.

        Args:
            user_id: The user.
            limit: Most pieces on the page.
            cursor: `next_cursor` of the page before.

        Returns:
            The page; empty for a user who is unknown.

        Raises:
            InvalidCursor: If the cursor is not one of this user's listing.
            StoreUnavailable: If the store can't be reached.
        """
        request = ["feedback", user_id]
        after = None if cursor is None else decode_cursor(cursor, request, _PLACES)
        stored = await self._store.get(user_id)
        feedback = stored.feedback if stored else ()
        start = 0 if after is None else bisect_right(feedback, _order_of(after), key=_order)
        page = feedback[start : start + limit]
        more = len(feedback) > start + limit
        return FeedbackPage(
            items=[_shown(one) for one in page],
            next_cursor=encode_cursor(request, _place(page[-1])) if more else None,
        )

    async def delete(self, user_id: str, item_id: str) -> None:
        """Delete the feedback on one item.

        Args:
            user_id: The user.
            item_id: The item.

        Raises:
            UnknownFeedback: If there is none.
            StoreUnavailable: If the store can't be reached.
        """
        await self._delete(user_id, item_id, "on this item")

    async def delete_pair(self, user_id: str, preferred: str, over: str) -> None:
        """Delete the comparison of two items, whichever was preferred; see `delete`."""
        await self._delete(user_id, Pair(preferred, over).key, "on this pair")

    async def delete_group(self, user_id: str, group_id: str) -> None:
        """Delete the points of a group, of this model or one before; see `delete`."""
        stored = await self._store.get(user_id)
        groups = [group_of(one) for one in (stored.feedback if stored else ())]
        found = [one for one in groups if one is not None and one.group_id == group_id]
        if not found:
            raise UnknownFeedback("This user has given no feedback on this group.")
        await self._delete(user_id, found[0].key, "on this group")

    async def _delete(self, user_id: str, key: str, what: str) -> None:
        now, rule = datetime.now(UTC), self._meanings.rating_rule
        if not await self._store.delete_feedback(user_id, key, now, rule):
            raise UnknownFeedback(f"This user has given no feedback {what}.")


def _shown(feedback: Feedback) -> FeedbackItem:
    pair, group = pair_of(feedback), group_of(feedback)
    if pair is not None:
        return ComparedPair(preferred=pair.preferred, over=pair.over, at=feedback.at)
    if group is not None:
        return GroupPoints(
            group_id=group.group_id,
            points=feedback.weight,
            items=list(group.item_ids),
            at=feedback.at,
        )
    source = Source.ONBOARDING if feedback.asked else None
    shared = {
        "item_id": feedback.item_id,
        "weight": feedback.weight,
        "source": source,
        "at": feedback.at,
    }
    if isinstance(feedback.value, str):
        return ActedItem(action=feedback.value, **shared)
    return RatedItem(rating=feedback.value, **shared)


def _place(feedback: Feedback) -> FeedbackPlace:
    return FeedbackPlace(at=feedback.microseconds, item_id=feedback.item_id)


def _order(feedback: Feedback) -> tuple[int, str]:
    """What feedback is listed by, ascending: newest first, of equal times by item ids."""
    return -feedback.microseconds, feedback.item_id


def _order_of(place: FeedbackPlace) -> tuple[int, str]:
    return -place.at, place.item_id
