"""Feedback: the ratings of a user's support set, and actions."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property

from pydantic import TypeAdapter

from app.actions import PASSED, PICKED
from app.problems import (
    Fault,
    InvalidComparison,
    InvalidScreen,
    RatingOutOfRange,
    UnknownAction,
    UnknownFeedback,
    UnknownGroup,
    UnknownItemInBody,
)
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
from app.schemas.values import MAX_EVENTS
from app.services.comparisons import GROUP, Group, Pair, group_of, pair_of
from app.services.cursors import Place, decode_cursor, encode_cursor
from app.services.feedback_meanings import FeedbackMeanings
from app.services.item_groups import item_groups
from app.services.model_state.live_model import LiveModel
from app.store import Feedback, NewEvent, UserStore
from app.store.records import microseconds
from model.recommender import Recommender


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
        live: Knows items and the rating scale.
        meanings: Knows what counts as a rating.
    """

    def __init__(self, store: UserStore, live: LiveModel, meanings: FeedbackMeanings) -> None:
        self._store = store
        self._live = live
        self._meanings = meanings

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
        recommender = (await self._live.latest()).recommender
        for index, event in enumerate(events):
            _check(recommender, index, event)
            self._check_action(index, event)
        groups = _Groups(recommender)
        single = [
            one
            for index, event in enumerate(events)
            for one in _single_events(index, event, groups)
        ]
        if len(single) > MAX_EVENTS:
            raise InvalidScreen(
                f"The events name {len(single)} items, {MAX_EVENTS} are the most. Nothing was "
                "stored; send several requests."
            )
        now = datetime.now(UTC)
        newest = _newest_of_each_item(single, now)
        accepted, ignored, stored = await self._store.add_feedback(user_id, newest, now)
        return FeedbackAccepted(
            user_id=user_id,
            accepted=accepted,
            ignored=ignored + len(single) - len(newest),
            support_size=self._meanings.support_size(stored.feedback) if stored else 0,
            support_version=stored.support_version if stored else 0,
        )

    def _check_action(self, index: int, event: FeedbackEvent) -> None:
        if event.action is not None and event.action not in self._meanings.actions:
            message = f"there is no action {event.action!r}"
            raise UnknownAction(
                f"Event {index}: {message}; there are {', '.join(self._meanings.actions)}, and "
                "MELU_ACTIONS may name others. Nothing was stored.",
                errors=[Fault(loc=["body", "events", index, "action"], message=message)],
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
        feedback = list(stored.feedback) if stored else []
        if after is not None:
            feedback = [one for one in feedback if _comes_after(one, after)]
        page = feedback[:limit]
        more = len(feedback) > limit
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
        if not await self._store.delete_feedback(user_id, key, datetime.now(UTC)):
            raise UnknownFeedback(f"This user has given no feedback {what}.")


def _check(recommender: Recommender, index: int, event: FeedbackEvent) -> None:
    for where, item_id in _named_items(event):
        if item_id not in recommender.catalogue.index_of:
            message = f"there is no item {item_id!r}"
            raise UnknownItemInBody(
                f"Event {index}: {message}. Nothing was stored.",
                errors=[Fault(loc=["body", "events", index, where], message=message)],
            )
    if event.preferred is not None and event.preferred == event.over:
        raise _invalid_comparison(index, "over", "an item is not preferred over itself")
    if event.groups is not None and not any(event.groups.values()):
        raise _invalid_comparison(index, "groups", "one group at least has points")
    left_over = set(event.picked or ()) - set(event.shown or ())
    if left_over:
        message = f"{min(left_over)!r} was picked and not shown"
        raise InvalidScreen(
            f"Event {index}: {message}. Nothing was stored.",
            errors=[Fault(loc=["body", "events", index, "picked"], message=message)],
        )
    if event.rating is not None and recommender.rating_scale is None:
        message = "this data set has no ratings; send an action, such as like or dislike"
        raise RatingOutOfRange(
            f"Event {index}: {message}. Nothing was stored.",
            errors=[Fault(loc=["body", "events", index, "rating"], message=message)],
        )
    low, high = recommender.scale
    if event.rating is not None and not low <= event.rating <= high:
        message = f"a rating is between {low:g} and {high:g}"
        raise RatingOutOfRange(
            f"Event {index}: {message}. Nothing was stored.",
            errors=[Fault(loc=["body", "events", index, "rating"], message=message)],
        )


def _invalid_comparison(index: int, where: str, message: str) -> InvalidComparison:
    return InvalidComparison(
        f"Event {index}: {message}. Nothing was stored.",
        errors=[Fault(loc=["body", "events", index, where], message=message)],
    )


def _named_items(event: FeedbackEvent) -> Iterator[tuple[str, str]]:
    """Return where an event names an item, and which."""
    for where, item_id in (
        ("item_id", event.item_id),
        ("preferred", event.preferred),
        ("over", event.over),
    ):
        if item_id is not None:
            yield where, item_id
    for item_id in event.shown or ():
        yield "shown", item_id


class _Groups:
    """The groups of the model, looked up once an event names one."""

    def __init__(self, recommender: Recommender) -> None:
        self._recommender = recommender

    @cached_property
    def _by_id(self) -> dict[str, Group]:
        return {one.group.group_id: one.group for one in item_groups(self._recommender)}

    def with_points(self, index: int, points: Mapping[str, float]) -> dict[Group, float]:
        """Return the points of every group of the screen; 0 of those not named."""
        for group_id in points:
            if group_id not in self._by_id:
                message = f"there is no group {group_id!r}"
                raise UnknownGroup(
                    f"Event {index}: {message}; GET /onboarding/items?mode=groups tells those of "
                    "the model that serves now. Nothing was stored.",
                    errors=[Fault(loc=["body", "events", index, "groups"], message=message)],
                )
        return {group: points.get(group_id, 0.0) for group_id, group in self._by_id.items()}


@dataclass(frozen=True, slots=True)
class _SingleEvent:
    """An event on one item, or a comparison under a name of its own."""

    item_id: str
    value: float | str
    weight: float
    at: datetime | None
    event_id: str | None
    asked: bool = False


def _single_events(index: int, event: FeedbackEvent, groups: _Groups) -> list[_SingleEvent]:
    """Part an answer to a screen into one event an item, or a group."""
    if event.preferred is not None and event.over is not None:
        pair = Pair(event.preferred, event.over)
        return [_SingleEvent(pair.key, pair.value, 1.0, event.at, event.event_id)]
    if event.groups is not None:
        return [
            _SingleEvent(group.key, GROUP, points, event.at, event.event_id)
            for group, points in groups.with_points(index, event.groups).items()
        ]
    if event.shown is None or event.picked is None:
        assert event.item_id is not None  # noqa: S101 - the schema holds it
        value = event.rating if event.rating is not None else event.action
        assert value is not None  # noqa: S101 - the schema holds one of both
        weight = 1.0 if event.weight is None else event.weight
        asked = event.source is Source.ONBOARDING
        return [_SingleEvent(event.item_id, value, weight, event.at, event.event_id, asked)]
    picked = set(event.picked)
    return [
        _SingleEvent(item, PICKED if item in picked else PASSED, 1.0, event.at, event.event_id)
        for item in dict.fromkeys(event.shown)
    ]


def _newest_of_each_item(events: Sequence[_SingleEvent], now: datetime) -> list[NewEvent]:
    """Keep one event an item: the newest, of equal times the last.

    What was only passed over never takes the place of an answer.
    """
    newest: dict[str, _SingleEvent] = {}
    for event in events:
        known = newest.get(event.item_id)
        if known is not None and (known.value == PASSED) != (event.value == PASSED):
            if known.value == PASSED:
                newest[event.item_id] = event
        elif known is None or event.at is None or event.at >= (known.at or now):
            newest[event.item_id] = event
    return [_new_event(event, now) for event in newest.values()]


def _new_event(event: _SingleEvent, now: datetime) -> NewEvent:
    """Take an event over; a time still to come counts as now.

    A clock that runs ahead must not win over all that comes later. An event that brings a time is
    known by it, so that sending it again changes nothing, even once that time has come.
    """
    if event.at is None:
        return NewEvent(event.item_id, event.value, None, event.event_id, event.weight, event.asked)
    times = "" if event.weight == 1 else f"*{event.weight}"
    event_id = event.event_id or f"{event.at.isoformat()} {event.value}{times}"
    at = event.at if event.at < now else None
    return NewEvent(event.item_id, event.value, at, event_id, event.weight, event.asked)


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
    return FeedbackPlace(at=microseconds(feedback.at), item_id=feedback.item_id)


def _comes_after(feedback: Feedback, place: FeedbackPlace) -> bool:
    """Whether feedback is older; of equal times the greater item id comes later."""
    at = microseconds(feedback.at)
    return at < place.at or (at == place.at and feedback.item_id > place.item_id)
