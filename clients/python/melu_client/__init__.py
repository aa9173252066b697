"""The client of MeLU Online: `Melu`, and `AsyncMelu` with the same methods to await."""

from importlib.metadata import PackageNotFoundError, version

from melu_client.api_types import BulkItem, FeedbackEvent, ItemChange
from melu_client.asynchronous import AsyncMelu
from melu_client.bulk import ImportProgress, ImportResult, RefusedItem
from melu_client.errors import (
    Forbidden,
    InvalidRequest,
    MeluError,
    NotFound,
    RateLimited,
    Unauthorised,
    Unavailable,
    UnknownFeedback,
    UnknownItem,
    UnknownUser,
    Unreachable,
)
from melu_client.synchronous import Melu

__all__ = [
    "AsyncMelu",
    "BulkItem",
    "FeedbackEvent",
    "Forbidden",
    "ImportProgress",
    "ImportResult",
    "InvalidRequest",
    "ItemChange",
    "Melu",
    "MeluError",
    "NotFound",
    "RateLimited",
    "RefusedItem",
    "Unauthorised",
    "Unavailable",
    "UnknownFeedback",
    "UnknownItem",
    "UnknownUser",
    "Unreachable",
]

try:
    __version__ = version("melu-client")
except PackageNotFoundError:  # used from its folder
    __version__ = "0"
