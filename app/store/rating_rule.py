"""Which stored feedback counts as a rating: told to the store's scripts, which count it."""

from __future__ import annotations

from dataclasses import dataclass
from sys import float_info

from app.store.records import number


@dataclass(frozen=True)
class RatingRule:
    """What counts as a rating.

    Attributes:
        low: The lowest rating that counts.
        high: The highest.
        actions: Actions that count as one.
    """

    low: float = -float_info.max
    high: float = float_info.max
    actions: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        """As the scripts read it; the order of the actions makes no other rule."""
        return " ".join([number(self.low), number(self.high), *sorted(self.actions)])


ANY_RATING = RatingRule()
"""Every number counts, and no action does."""
