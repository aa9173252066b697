"""The contract in memory, as plainly as it can be said."""

from dataclasses import dataclass, field
from itertools import count

RATED_ACTIONS = frozenset({"like", "dislike", "click"})
NOW = 10**9  # after every time that a test names


@dataclass
class ModelFeedback:
    """The one event of a user on an item."""

    value: float | str
    at: int
    """Seconds after a beginning; from NOW on, the order of the requests that named no time."""

    @property
    def is_rating(self) -> bool:
        return not isinstance(self.value, str) or self.value in RATED_ACTIONS


@dataclass
class ModelUser:
    """What is stored of a user."""

    attributes: dict[str, object] = field(default_factory=dict)
    feedback: dict[str, ModelFeedback] = field(default_factory=dict)
    version: int = 0

    def newest_first(self) -> list[str]:
        return sorted(self.feedback, key=lambda item: (-self.feedback[item].at, item))

    def seen(self) -> set[str]:
        return {item for item, one in self.feedback.items() if one.value != "unseen"}


@dataclass
class ContractModel:
    """All users and items."""

    items: set[str]
    users: dict[str, ModelUser] = field(default_factory=dict)
    _requests: "count[int]" = field(default_factory=lambda: count(NOW))

    def put(self, user: str, attributes: dict[str, object]) -> bool:
        """Set a profile; return whether the user is new."""
        is_new = user not in self.users
        self.users.setdefault(user, ModelUser()).attributes = attributes
        return is_new

    def tell(
        self, user: str, events: dict[str, tuple[float | str, int | None]]
    ) -> tuple[int, int] | None:
        """Add an event an item; return how many were accepted and ignored, None for none at all."""
        if not events.keys() <= self.items:
            return None
        known = self.users.get(user, ModelUser())
        now = next(self._requests)
        accepted = 0
        for item, (value, at) in events.items():
            stored = known.feedback.get(item)
            if stored is None or (value != stored.value if at is None else at > stored.at):
                known.feedback[item] = ModelFeedback(value, now if at is None else at)
                accepted += 1
        if accepted:
            known.version += 1
            self.users[user] = known
        return accepted, len(events) - accepted

    def take_back(self, user: str, item: str) -> bool:
        """Delete the feedback on an item; return whether there was any."""
        known = self.users.get(user)
        if known is None or known.feedback.pop(item, None) is None:
            return False
        known.version += 1
        return True

    def merge(self, into: str, source: str) -> None:
        """Move feedback over; the newest event of an item wins, the source is gone."""
        moved = self.users.pop(source, None)
        if moved is None:
            return
        target = self.users.setdefault(into, ModelUser())
        for item, one in moved.feedback.items():
            stored = target.feedback.get(item)
            if stored is None or one.at > stored.at:
                target.feedback[item] = one

    def support(self, user: str) -> int:
        """Count the ratings of items that exist."""
        known = self.users.get(user, ModelUser())
        return sum(one.is_rating for item, one in known.feedback.items() if item in self.items)
