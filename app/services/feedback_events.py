"""Events of a body: checked against model and settings, and turned into what is stored."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property

from app.actions import PASSED, PICKED
from app.problems import (
    Fault,
    InvalidComparison,
    InvalidScreen,
    Problem,
    RatingOutOfRange,
    UnknownAction,
    UnknownGroup,
    UnknownItemInBody,
)
from app.schemas.feedback import FeedbackEvent, Source
from app.schemas.values import MAX_EVENTS
from app.services.comparisons import GROUP, Group, Pair
from app.services.feedback_meanings import FeedbackMeanings
from app.services.item_groups import item_groups
from app.store import NewEvent
from model.recommender import Recommender


@dataclass(frozen=True)
class ReadEvents:
    """What the events of a body tell.

    Attributes:
        newest: One event for each item, pair or group.
        outdated: How many others there were.
    """

    newest: list[NewEvent]
    outdated: int


class EventReader:
    """Checks events, and keeps the newest of each item.

    Args:
        meanings: Knows the actions.
    """

    def __init__(self, meanings: FeedbackMeanings) -> None:
        self._actions = meanings.actions

    def read(
        self, recommender: Recommender, events: Sequence[FeedbackEvent], field: str, now: datetime
    ) -> ReadEvents:
        """Check all events, and keep the newest of each item.

        Args:
            recommender: Knows items, groups and the rating scale.
            events: The events.
            field: What they are called in the body.
            now: A time still to come counts as this.

        Returns:
            What is to be stored.

        Raises:
            UnknownItemInBody: If an event names no item of the catalogue.
            UnknownAction: If settings don't know an action.
            InvalidScreen: If what was picked was not shown, or too many items are named.
            UnknownGroup: If the model has no such group.
            InvalidComparison: If an item is compared with itself, or no group has points.
            RatingOutOfRange: If a rating is outside the scale.
        """
        groups = _Groups(recommender)
        # Before anything else is looked at: a body has room for a hundred times as many.
        named = sum(_count(event, groups) for event in events)
        if named > MAX_EVENTS:
            raise InvalidScreen(
                f"The events name {named} items, {MAX_EVENTS} are the most of a request. "
                "Nothing was stored."
            )
        placed = [(_Place(field, index), event) for index, event in enumerate(events)]
        for place, event in placed:
            _check(recommender, place, event)
            self._check_action(place, event)
        single = [one for place, event in placed for one in _single_events(place, event, groups)]
        newest = _newest_of_each_item(single, now)
        return ReadEvents(newest, len(single) - len(newest))

    def _check_action(self, place: "_Place", event: FeedbackEvent) -> None:
        if event.action is not None and event.action not in self._actions:
            raise place.refusal(
                UnknownAction,
                "action",
                f"there is no action {event.action!r}",
                f"; there are {', '.join(self._actions)}, and MELU_ACTIONS may name others",
            )


@dataclass(frozen=True, slots=True)
class _Place:
    """Where an event stands in a body."""

    field: str
    index: int

    def refusal(self, kind: type[Problem], part: str, message: str, remedy: str = "") -> Problem:
        """Make the problem of a bad event."""
        return kind(
            f"Event {self.index}: {message}{remedy}. Nothing was stored.",
            errors=[Fault(loc=["body", self.field, self.index, part], message=message)],
        )


def _check(recommender: Recommender, place: _Place, event: FeedbackEvent) -> None:
    for part, item_id in _named_items(event):
        if item_id not in recommender.catalogue.index_of:
            raise place.refusal(UnknownItemInBody, part, f"there is no item {item_id!r}")
    if event.preferred is not None and event.preferred == event.over:
        raise place.refusal(InvalidComparison, "over", "an item is not preferred over itself")
    if event.groups is not None and not any(event.groups.values()):
        raise place.refusal(InvalidComparison, "groups", "one group at least has points")
    left_over = set(event.picked or ()) - set(event.shown or ())
    if left_over:
        raise place.refusal(InvalidScreen, "picked", f"{min(left_over)!r} was picked and not shown")
    if event.rating is not None and recommender.rating_scale is None:
        raise place.refusal(
            RatingOutOfRange,
            "rating",
            "this data set has no ratings; send an action, such as like or dislike",
        )
    low, high = recommender.scale
    if event.rating is not None and not low <= event.rating <= high:
        raise place.refusal(RatingOutOfRange, "rating", f"a rating is between {low:g} and {high:g}")


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

    def __len__(self) -> int:
        return len(self._by_id)

    def with_points(self, place: _Place, points: Mapping[str, float]) -> dict[Group, float]:
        """Return the points of every group of the screen; 0 of those not named."""
        for group_id in points:
            if group_id not in self._by_id:
                raise place.refusal(
                    UnknownGroup,
                    "groups",
                    f"there is no group {group_id!r}",
                    "; GET /onboarding/items?mode=groups tells those of the model that serves now",
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


def _count(event: FeedbackEvent, groups: _Groups) -> int:
    """Count what `_single_events` parts an event into."""
    if event.shown is not None:
        return len(set(event.shown))
    return 1 if event.groups is None else len(groups)


def _single_events(place: _Place, event: FeedbackEvent, groups: _Groups) -> list[_SingleEvent]:
    """Part an answer to a screen into one event an item, or a group."""
    if event.preferred is not None and event.over is not None:
        pair = Pair(event.preferred, event.over)
        return [_SingleEvent(pair.key, pair.value, 1.0, event.at, event.event_id)]
    if event.groups is not None:
        return [
            _SingleEvent(group.key, GROUP, points, event.at, event.event_id)
            for group, points in groups.with_points(place, event.groups).items()
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
    known by it, wherever its clock stands, so that sending it again changes nothing, even once that
    time has come.
    """
    if event.at is None:
        return NewEvent(event.item_id, event.value, None, event.event_id, event.weight, event.asked)
    times = "" if event.weight == 1 else f"*{event.weight}"
    event_id = event.event_id or f"{event.at.astimezone(UTC).isoformat()} {event.value}{times}"
    at = event.at if event.at < now else None
    return NewEvent(event.item_id, event.value, at, event_id, event.weight, event.asked)
