"""What a piece of feedback tells, to each objective."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from math import log

from app.actions import PASSED, PICKED, RESERVED, UNSEEN, ActionMeaning
from app.store import Feedback, RatingRule
from model.answers import Kind

_MIDDLE = 0.5
_USUAL = 4096
"""Ratings and actions, with their weights, that are not thought about each time."""


@dataclass(frozen=True)
class Meaning:
    """What a piece of feedback tells.

    Attributes:
        rating: What it counts as on the data set's scale; None for no rating.
        kind: What it says of choice; None where its rating says it.
        weight: How much it counts as where choice is learnt.
    """

    rating: float | None
    kind: Kind | None
    weight: float = 1.0


class FeedbackMeanings:
    """Reads ratings and actions.

    Args:
        actions: Action → what it means.
        scale: Lowest and highest rating.
        has_ratings: Whether users rate; else whatever speaks for an item is a like, and whatever
            speaks against it is none.

    Attributes:
        actions: Names of all actions that there are.
    """

    actions: tuple[str, ...]

    def __init__(
        self,
        actions: Mapping[str, ActionMeaning],
        scale: tuple[float, float],
        *,
        has_ratings: bool = True,
    ) -> None:
        self._low, self._high = low, high = scale
        self._usual = lru_cache(_USUAL)(self._of)
        self.actions = (*actions, *RESERVED)
        self._meanings: dict[str, Meaning] = {
            UNSEEN: Meaning(None, Kind.UNSEEN),
            PASSED: Meaning(None, Kind.UNSEEN),
            PICKED: Meaning(None, Kind.LIKED),
        }
        for name, action in actions.items():
            place = action.place
            if place is not None:
                place = place if has_ratings else float(place >= _MIDDLE)
                self._meanings[name] = Meaning(low + place * (high - low), None, action.weight)
            elif action.positive is not None:
                kind = Kind.LIKED if action.positive else Kind.DISLIKED
                self._meanings[name] = Meaning(None, kind, action.weight)

    @property
    def rating_rule(self) -> RatingRule:
        """What `of` takes for a rating, as the store counts it."""
        actions = [name for name, one in self._meanings.items() if one.rating is not None]
        return RatingRule(self._low, self._high, tuple(actions))

    def of(self, feedback: Feedback) -> Meaning | None:
        """Return what feedback on an item tells; None if nothing."""
        return self._usual(feedback.value, feedback.weight)

    def _of(self, value: float | str, weight: float) -> Meaning | None:
        if isinstance(value, str):
            meaning = self._meanings.get(value)
        elif self._low <= value <= self._high:
            meaning = Meaning(value, None)
        else:
            # Stored under a model with another scale, a rating says nothing on this one.
            meaning = None
        if meaning is None or weight == 1:
            return meaning
        return Meaning(meaning.rating, meaning.kind, meaning.weight * _damped(weight))

    def tells(self, value: float | str) -> bool:
        """Tell whether a rating or action means anything; "not now" does not."""
        return not isinstance(value, str) or value in self._meanings

    def support_size(self, feedback: Sequence[Feedback]) -> int:
        """Count the pieces of feedback that count as a rating."""
        return sum(
            (one := self.of(each)) is not None and one.rating is not None for each in feedback
        )


def _damped(weight: float) -> float:
    """Let many count for more than one, and a thousand not for a thousand."""
    return weight if weight <= 1 else 1 + log(weight)
