"""The one door to Redis."""

from app.store.catalogue import CatalogueStore, CatalogueVersion, StoredItem
from app.store.clients import StoreClient, close_store, connect_store
from app.store.erasure_log import ErasureLog
from app.store.keys import ERASED_CHANNEL, digest_of_user
from app.store.layout import StoreLayout, UnusableStore
from app.store.pubsub import Announcements
from app.store.ranking_snapshots import RankingSnapshotStore
from app.store.rate_limits import RateLimits
from app.store.rating_rule import ANY_RATING, RatingRule
from app.store.records import (
    UNCHANGED,
    Attributes,
    Feedback,
    NewEvent,
    StoredUser,
    Unchanged,
    unstored_user,
)
from app.store.replicas import Acknowledgement
from app.store.served_lists import Answered, Counted, Mark, Marked, ServedListStore
from app.store.user_merging import Merge
from app.store.users import Added, UserStore, UserSummary

__all__ = [
    "ANY_RATING",
    "ERASED_CHANNEL",
    "UNCHANGED",
    "Acknowledgement",
    "Added",
    "Announcements",
    "Answered",
    "Attributes",
    "CatalogueStore",
    "CatalogueVersion",
    "Counted",
    "ErasureLog",
    "Feedback",
    "Mark",
    "Marked",
    "Merge",
    "NewEvent",
    "RankingSnapshotStore",
    "RateLimits",
    "RatingRule",
    "ServedListStore",
    "StoreClient",
    "StoreLayout",
    "StoredItem",
    "StoredUser",
    "Unchanged",
    "UnusableStore",
    "UserStore",
    "UserSummary",
    "close_store",
    "connect_store",
    "digest_of_user",
    "unstored_user",
]
