"""The one door to Redis."""

from app.store.connection import connect_store
from app.store.users import Feedback, NewEvent, StoredUser, UserStore

__all__ = ["Feedback", "NewEvent", "StoredUser", "UserStore", "connect_store"]
