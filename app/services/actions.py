"""What a piece of feedback counts as."""

from collections.abc import Mapping, Sequence

from app.store import Feedback

_MIDDLE = 0.5


class ActionRatings:
    """Maps actions to ratings, or to none.

    Args:
        places: Action → its place on the scale from 0 (lowest) to 1 (highest), or None.
        scale: Lowest and highest rating.
        has_ratings: Whether users rate; else whatever speaks for an item is a like, and whatever
            speaks against it is none.
    """

    def __init__(
        self,
        places: Mapping[str, float | None],
        scale: tuple[float, float],
        *,
        has_ratings: bool = True,
    ) -> None:
        self._low, self._high = low, high = scale
        self._ratings = {
            action: None
            if place is None
            else low + (place if has_ratings else float(place >= _MIDDLE)) * (high - low)
            for action, place in places.items()
        }

    def rating(self, feedback: Feedback) -> float | None:
        """Return the rating that feedback counts as, None if it counts as none."""
        if isinstance(feedback.value, str):
            return self._ratings.get(feedback.value)
        # Stored under a model with another scale, a rating says nothing on this one.
        return feedback.value if self._low <= feedback.value <= self._high else None

    def support_size(self, feedback: Sequence[Feedback]) -> int:
        """Count the pieces of feedback that count as a rating."""
        return sum(self.rating(one) is not None for one in feedback)
