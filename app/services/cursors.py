"""Cursors: where the next page begins, as opaque text."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as Base64Error
from hashlib import blake2b

import orjson

from app.problems import InvalidCursor


def encode_cursor(request: list[str], place: list[str | int]) -> str:
    """Name the place where the next page of a request begins.

    Args:
        request: What the pages belong to; a cursor is valid for an equal request only.
        place: Where the next page begins.

    Returns:
        Text safe in a URL.
    """
    return urlsafe_b64encode(orjson.dumps([_digest(request), place])).decode().rstrip("=")


def decode_cursor(cursor: str, request: list[str]) -> list[str | int]:
    """Return the place that `encode_cursor` named.

    Args:
        cursor: What a client sent.
        request: The request that it was sent with.

    Returns:
        The place.

    Raises:
        InvalidCursor: If the cursor is not one of this request's.
    """
    try:
        padded = cursor.encode("ascii") + b"=" * (-len(cursor) % 4)
        decoded = orjson.loads(urlsafe_b64decode(padded))
        whose, place = decoded
    except (ValueError, TypeError, Base64Error) as error:
        raise InvalidCursor(_REMEDY) from error
    if whose != _digest(request) or not isinstance(place, list):
        raise InvalidCursor(_REMEDY)
    return place


def _digest(request: list[str]) -> str:
    """A request may be long; its cursors stay short."""
    return blake2b(orjson.dumps(request), digest_size=12).hexdigest()


_REMEDY = (
    "The cursor was not given out for this request; pass `next_cursor` of the page before with "
    "otherwise equal parameters, or none to begin again."
)
