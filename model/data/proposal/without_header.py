"""Names for the columns of a file whose first line is a row, by what they hold."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import polars as pl

from model.data.proposal.columns import Column
from model.data.proposal.names import names_a_row, tells

_ONCE = 0.95
_MOST_EVENTS = 20
_IDS = 2
_TITLE_SHARE = 0.9
_MOST_RATINGS = 10


def plain_names(count: int) -> tuple[str, ...]:
    """Return names that tell nothing but the place of each column."""
    return tuple(f"column_{place}" for place in range(1, count + 1))


def names_by_content(path: Path, columns: Sequence[Column]) -> tuple[str, ...] | None:
    """Name the columns of a file that has no header.

    Users come before items, as in most files of ratings; a file that is called
    after users or items, and has each id once, is a table of them.

    Args:
        path: The file.
        columns: Its columns, called by their places.

    Returns:
        The names; None if the first line may be a header after all, or what they hold does not
        tell.
    """
    if len(columns) < _IDS or any(map(_may_have_name, columns)):
        return None
    about = [what for what in ("user", "item") if tells(path.name, what)]
    first = columns[0]
    if len(about) == 1 and first.distinct >= _ONCE * max(1, len(first.known)):
        return _of_entities(about[0], columns)
    return _of_rows(columns)


def _may_have_name(column: Column) -> bool:
    """Tell whether a column has a word above its numbers, or one that columns are called by."""
    start = column.values.head(1).cast(pl.String).str.strip_chars()
    if start[0] in (None, ""):
        return False
    if any(tells(start[0], what) > 1 for what in ("user", "item")) or names_a_row(start[0]):
        return True
    if column.numbers is None:
        return False
    return bool(start.cast(pl.Float64, strict=False).has_nulls())


def _of_entities(what: str, columns: Sequence[Column]) -> tuple[str, ...]:
    names = [f"{what}_id", *plain_names(len(columns))[1:]]
    if what == "item":
        for place, one in enumerate(columns[1:], start=1):
            is_text = one.numbers is None and not one.is_date and len(one.known)
            if is_text and one.distinct >= _TITLE_SHARE * len(one.known):
                names[place] = "title"
                break
    return tuple(names)


def _of_rows(columns: Sequence[Column]) -> tuple[str, ...] | None:
    """Name users, items, ratings or counts or events, and times; None where these are unsure.

    Before the users there may be the number of the row, and when it was.
    """
    first, are_times = 0, [one.is_time for one in columns]
    if _numbers_rows(columns[first]):
        first += 1
    if are_times[first] and _is_surely_time(columns[first]):
        first += 1
    ids, rest = columns[first : first + _IDS], columns[first + _IDS :]
    if len(ids) < _IDS or any(are_times[first : first + _IDS]):
        return None
    if any(one.distinct >= _ONCE * max(1, len(one.known)) for one in ids):
        return None
    # Behind a time there may be anything: of ratings and events there are few.
    if first and any(one.distinct <= _MOST_RATINGS for one in ids):
        return None
    names = list(plain_names(len(columns)))
    names[first : first + _IDS] = "user_id", "item_id"
    times = [place for place, is_time in enumerate(are_times) if is_time]
    if times:
        names[times[-1]] = "timestamp"
    for place, one in enumerate(rest, start=first + _IDS):
        told = None if place in times else _signal(one)
        if told is not None and one.distinct > 1:
            names[place] = told
            break
    return tuple(names)


def _numbers_rows(column: Column) -> bool:
    """Tell whether a column counts its rows, from 0 or from 1."""
    numbers = column.numbers
    if numbers is None or len(numbers) != len(column.values) or numbers[0] not in (0, 1):
        return False
    return bool((numbers.diff().drop_nulls() == 1).all())


def _is_surely_time(column: Column) -> bool:
    """Tell times from ids of ten digits, which stand in many rows each."""
    return column.is_date or column.numbers is None or 2 * column.distinct >= len(column.known)


def _signal(column: Column) -> str | None:
    if column.numbers is None:
        is_word = column.known.cast(pl.Float64, strict=False).is_null()
        return "event" if is_word.all() and column.distinct <= _MOST_EVENTS else None
    if column.looks_like_counts():
        return "count"
    return "rating" if column.looks_like_ratings() else None
