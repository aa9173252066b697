"""Cursors: where the next page begins, as opaque text.

A cursor comes back from a client, so it is input like any other: its place is parsed strictly,
and whatever this service would not have written is refused.
"""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as Base64Error
from dataclasses import dataclass
from hashlib import blake2b
from typing import TypeVar

import orjson
from pydantic import ConfigDict, TypeAdapter

from app.problems import InvalidCursor

_DIGEST_BYTES = 12


@dataclass(frozen=True, slots=True)
class Place:
    """Where a page begins; each kind of list has fields of its own.

    A plain dataclass, since places are written far more often than cursors are read.
    """

    __pydantic_config__ = ConfigDict(strict=True, extra="forbid", allow_inf_nan=False)


Kind = TypeVar("Kind", bound=Place)


def encode_cursor(request: list[str], place: Place) -> str:
    """Name the place where the next page of a request begins.

    Args:
        request: What the pages belong to; a cursor is valid for an equal request only.
        place: Where the next page begins.

    Returns:
        Text safe in a URL.
    """
    content = orjson.dumps([digest_of_request(request), place])
    return urlsafe_b64encode(content).decode().rstrip("=")


def decode_cursor(cursor: str, request: list[str], kind: TypeAdapter[Kind]) -> Kind:
    """Return the place that `encode_cursor` named.

    Args:
        cursor: What a client sent.
        request: The request that it was sent with.
        kind: What a place of this kind of list may say.

    Returns:
        The place.

    Raises:
        InvalidCursor: If the cursor is not one of this request's.
    """
    try:
        padded = cursor.encode("ascii") + b"=" * (-len(cursor) % 4)
        whose, place = orjson.loads(urlsafe_b64decode(padded))
        if whose != digest_of_request(request):
            raise InvalidCursor(_REMEDY)
        found = kind.validate_json(orjson.dumps(place))
    except (ValueError, TypeError, Base64Error) as error:  # a ValidationError is a ValueError
        raise InvalidCursor(_REMEDY) from error
    return found


def digest_of_request(request: list[str]) -> str:
    """Name the request that a cursor belongs to: one may be long, and its cursors stay short."""
    return blake2b(orjson.dumps(request), digest_size=_DIGEST_BYTES).hexdigest()


_REMEDY = (
    "The cursor was not given out for this request; pass `next_cursor` of the page before with "
    "otherwise equal parameters, or none to begin again."
)
