"""What a piece of feedback counts as."""

from collections.abc import Mapping, Sequence

from app.store import Feedback


class ActionRatings:
    """Maps actions to ratings, or to none.

    Args:
        places: Action → its place on the scale from 0 (lowest) to 1 (highest), or None.
        scale: Lowest and highest rating.
    """

    def __init__(self, places: Mapping[str, float | None], scale: tuple[float, float]) -> None:
        self._low, self._high = low, high = scale
        self._ratings = {
            action: None if place is None else low + place * (high - low)
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
