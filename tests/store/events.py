"""Events at known times."""

from datetime import UTC, datetime, timedelta

from app.store import NewEvent

NOW = datetime(2026, 1, 2, 3, 4, 5, 678_901, tzinfo=UTC)
SECOND = timedelta(seconds=1)
MICROSECOND = timedelta(microseconds=1)


def rating(item_id: str, value: float = 4.0, at: datetime | None = None) -> NewEvent:
    return NewEvent(item_id, value, at)
