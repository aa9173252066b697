"""The one door to Redis."""

from app.store.catalogue import CatalogueStore, CatalogueVersion, StoredItem
from app.store.connection import connect_store
from app.store.keys import digest_of_user
from app.store.layout import NewerLayout, StoreLayout
from app.store.pubsub import Announcements
from app.store.ranking_snapshots import RankingSnapshotStore
from app.store.rate_limits import RateLimits
from app.store.records import UNCHANGED, Attributes, Feedback, NewEvent, StoredUser, Unchanged
from app.store.users import ERASED_CHANNEL, Merge, UserStore

__all__ = [
    "ERASED_CHANNEL",
    "UNCHANGED",
    "Announcements",
    "Attributes",
    "CatalogueStore",
    "CatalogueVersion",
    "Feedback",
    "Merge",
    "NewEvent",
    "NewerLayout",
    "RankingSnapshotStore",
    "RateLimits",
    "StoreLayout",
    "StoredItem",
    "StoredUser",
    "Unchanged",
    "UserStore",
    "connect_store",
    "digest_of_user",
]
