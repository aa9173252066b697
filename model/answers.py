"""What a user answered about an item, as both objectives read it.

A rating tells two things: what the user thinks of the item, and, by its place on the scale, whether
the user chose it gladly. Other answers tell only of choice, or less than that: that an item was
never heard of, or shown and passed over.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import IntEnum
from typing import NamedTuple

from model.data.signals import DISLIKED, LIKED, ROUNDING


class Kind(IntEnum):
    """What an answer says of choice."""

    LIKED = 0
    DISLIKED = 1
    RATED = 2
    """Known, and neither liked nor disliked."""
    UNSEEN = 3
    """Shown and not known."""


class Answer(NamedTuple):
    """One answer.

    Attributes:
        item: Internal item index.
        rating: On the data set's scale; None for what is no rating.
        kind: What it says of choice.
        weight: How many answers of its kind it counts as, where choice is learnt; a rating counts
            once among ratings.
        asked: Whether the service chose the item and showed it, among others; what users name by
            themselves is no choice among what was shown.
    """

    item: int
    rating: float | None
    kind: Kind
    weight: float = 1.0
    asked: bool = False


class Comparison(NamedTuple):
    """What was chosen of what was offered at once.

    Attributes:
        alternatives: Internal item indices of each: one item of a pair, some of a group.
        points: How often each was chosen.
    """

    alternatives: tuple[tuple[int, ...], ...]
    points: tuple[float, ...]


SupportSet = Sequence[tuple[int, float] | Answer | Comparison]
"""A user's answers; a plain pair of item index and rating says what its place on the scale says."""


def kind_of_rating(rating: float, scale: tuple[float, float]) -> Kind:
    """Tell what a rating says of choice; see `model.data.signals`."""
    low, high = scale
    if rating >= low + LIKED * (high - low) - ROUNDING:
        return Kind.LIKED
    return Kind.DISLIKED if rating <= low + DISLIKED * (high - low) + ROUNDING else Kind.RATED


def answers(support_set: SupportSet, scale: tuple[float, float]) -> list[Answer]:
    """Read every answer about an item; comparisons are left out.

    Args:
        support_set: A support set.
        scale: Lowest and highest rating.

    Returns:
        Answers in the same order.
    """
    return [
        one if isinstance(one, Answer) else Answer(*one, kind_of_rating(one[1], scale))
        for one in support_set
        if not isinstance(one, Comparison)
    ]


def comparisons(support_set: SupportSet) -> list[Comparison]:
    """Keep the comparisons."""
    return [one for one in support_set if isinstance(one, Comparison)]


def rated(support_set: SupportSet) -> list[tuple[int, float]]:
    """Keep the ratings: (item index, rating) pairs."""
    return [
        (one[0], one[1])
        for one in support_set
        if not isinstance(one, Comparison) and one[1] is not None
    ]
