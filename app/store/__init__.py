"""The one door to Redis."""

from app.store.connection import connect_store
from app.store.rate_limits import RateLimits
from app.store.users import UNCHANGED, Feedback, NewEvent, StoredUser, Unchanged, UserStore

__all__ = [
    "UNCHANGED",
    "Feedback",
    "NewEvent",
    "RateLimits",
    "StoredUser",
    "Unchanged",
    "UserStore",
    "connect_store",
]
