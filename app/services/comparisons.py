"""Comparisons as the store keeps them: under a name that no item has, for ids hold no `/`.

    <one>/<other>           pair:first or pair:second, of two ids in their order
    <one>/<two>/<three>     group:points, with the points for a weight; a group is the items that it
                            was shown by

So an answer keeps its meaning when another model serves, whose groups are others.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import blake2b

from app.store import Feedback
from model.answers import Comparison
from model.catalogue.live import LiveCatalogue

# No action is called so: names of actions hold no `:`.
PAIR_FIRST, PAIR_SECOND, GROUP = "pair:first", "pair:second", "group:points"
_BETWEEN = "/"
_DIGEST_BYTES = 5


def is_comparison(feedback: Feedback) -> bool:
    """Tell whether feedback compares."""
    return _BETWEEN in feedback.item_id


@dataclass(frozen=True, slots=True)
class Pair:
    """One item that is preferred over another."""

    preferred: str
    over: str

    @property
    def key(self) -> str:
        """What it is kept under, whichever is preferred."""
        return _BETWEEN.join(sorted((self.preferred, self.over)))

    @property
    def value(self) -> str:
        """What is kept."""
        return PAIR_FIRST if self.preferred < self.over else PAIR_SECOND


@dataclass(frozen=True, slots=True)
class Group:
    """A group of items, by the items that it is shown by."""

    item_ids: tuple[str, ...]

    @property
    def key(self) -> str:
        """What its points are kept under."""
        return _BETWEEN.join(self.item_ids)

    @property
    def group_id(self) -> str:
        """What clients call it; another group has another."""
        return f"g{blake2b(self.key.encode(), digest_size=_DIGEST_BYTES).hexdigest()}"


def pair_of(feedback: Feedback) -> Pair | None:
    """Read a pair; None if feedback is something else."""
    if feedback.value not in (PAIR_FIRST, PAIR_SECOND):
        return None
    first, second = feedback.item_id.split(_BETWEEN)
    return Pair(first, second) if feedback.value == PAIR_FIRST else Pair(second, first)


def group_of(feedback: Feedback) -> Group | None:
    """Read a group; its points are the weight. None if feedback is something else."""
    if feedback.value != GROUP:
        return None
    return Group(tuple(feedback.item_id.split(_BETWEEN)))


ComparedIds = tuple[tuple[tuple[str, ...], ...], tuple[float, ...]]
"""Item ids of each alternative, and the points of each; see `model.answers.Comparison`."""


def compared(feedback: Sequence[Feedback], limit: int) -> list[ComparedIds]:
    """Read all comparisons of a user.

    Args:
        feedback: Newest first.
        limit: Newest pairs to read.

    Returns:
        Pairs, and all groups as one comparison: they were shown side by side.
    """
    found: list[ComparedIds] = []
    groups: list[tuple[str, ...]] = []
    points: list[float] = []
    for one in feedback:
        if not is_comparison(one):
            continue
        group = group_of(one)
        if group is not None:
            groups.append(group.item_ids)
            points.append(one.weight)
        elif (pair := pair_of(one)) is not None and len(found) < limit:
            found.append((((pair.preferred,), (pair.over,)), (1.0, 0.0)))
    if groups:
        found.append((tuple(groups), tuple(points)))
    return found


def of_items_that_exist(
    comparisons: Sequence[ComparedIds], catalogue: LiveCatalogue
) -> list[Comparison]:
    """Name items by index; leave out what was deleted, and comparisons with nothing else.

    Args:
        comparisons: What `compared` returned.
        catalogue: The items.

    Returns:
        Comparisons of two alternatives at least.
    """
    index_of = catalogue.index_of
    found = []
    for alternatives, points in comparisons:
        left = [
            (tuple(index_of[one] for one in items if one in index_of), point)
            for items, point in zip(alternatives, points, strict=True)
        ]
        left = [one for one in left if one[0]]
        if len(left) > 1:
            found.append(
                Comparison(tuple(one for one, _ in left), tuple(point for _, point in left))
            )
    return found
