"""Where a page of a ranking begins, and the cursor that says so."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from typing import Annotated

from pydantic import Field, TypeAdapter

from app.problems import InvalidCursor
from app.schemas.recommendations import RecommendationQuery
from app.services.cursors import Place, decode_cursor, encode_cursor


@dataclass(frozen=True, slots=True)
class PageStart(Place):
    """Where a page begins.

    Attributes:
        list_id: The list, as `Fingerprint.list_id` names it.
        start: Items before the page.
        until: When the list may be gone, in seconds since the epoch.
        is_anonymous: Whether the list was made for an unknown user.
    """

    list_id: Annotated[str, Field(pattern="^[0-9a-f]{24}$")]
    start: Annotated[int, Field(ge=0)]
    until: int
    is_anonymous: bool

    def moved_to(self, start: int | None) -> PageStart | None:
        """Return another place in the same list; None for none."""
        return None if start is None else replace(self, start=start)


_PAGE_STARTS = TypeAdapter(PageStart)


class Pagination:
    """Gives cursors out and takes them back.

    Args:
        seconds: How long a cursor is valid at least; twice as long at most.
        list_items: Best items of a ranking that can be paged through.
    """

    def __init__(self, seconds: int, list_items: int) -> None:
        self._seconds = seconds
        self._list_items = list_items

    def until(self) -> int:
        """Return when a list that is frozen now may be gone.

        Time is split into spans, the same for every worker, and a list lasts to the end of the
        span that follows. So all answers of a span can have equal cursors, and equal ETags.
        """
        return (int(time.time()) // self._seconds + 2) * self._seconds

    def cursor(self, user_id: str, query: RecommendationQuery, page: PageStart) -> str:
        """Name a place in a list, as opaque text."""
        return encode_cursor(_request(user_id, query), page)

    def page_start(self, user_id: str, query: RecommendationQuery) -> PageStart:
        """Return the place that a query's cursor names.

        Args:
            user_id: The user.
            query: The parameters, with a cursor.

        Returns:
            The place.

        Raises:
            InvalidCursor: If the cursor was not given out to this user for these parameters, or
                is too old.
        """
        page = decode_cursor(query.cursor or "", _request(user_id, query), _PAGE_STARTS)
        # No list is longer, or is kept longer, than the settings say.
        if not 0 < page.start < self._list_items or page.until > self.until():
            raise InvalidCursor("The cursor is damaged; begin again without one.")
        if page.until <= time.time():
            raise gone()
        return page


def gone() -> InvalidCursor:
    """The problem of a cursor whose list is no longer kept."""
    return InvalidCursor("The list of this cursor is no longer kept; begin again without a cursor.")


def _request(user_id: str, query: RecommendationQuery) -> list[str]:
    return ["recommendations", user_id, query.ranking_key]
