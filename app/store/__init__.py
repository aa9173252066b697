"""The one door to Redis."""

from app.store.catalogue import CatalogueStore, CatalogueVersion, StoredItem
from app.store.connection import connect_store
from app.store.users import UNCHANGED, Feedback, NewEvent, StoredUser, Unchanged, UserStore

__all__ = [
    "UNCHANGED",
    "CatalogueStore",
    "CatalogueVersion",
    "Feedback",
    "NewEvent",
    "StoredItem",
    "StoredUser",
    "Unchanged",
    "UserStore",
    "connect_store",
]
