"""The one door to Redis."""

from app.store.connection import connect_store
from app.store.lists import ListStore
from app.store.users import UNCHANGED, Feedback, NewEvent, StoredUser, Unchanged, UserStore

__all__ = [
    "UNCHANGED",
    "Feedback",
    "ListStore",
    "NewEvent",
    "StoredUser",
    "Unchanged",
    "UserStore",
    "connect_store",
]
