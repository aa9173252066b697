"""Which file is what, and which column."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import polars as pl

from model.data.proposal.columns import Column
from model.data.proposal.entities import EntityTable, columns_of, found_entities
from model.data.proposal.found_table import FoundTable
from model.data.proposal.names import parts_of, tells
from model.data.proposal.signal import decide_signal
from model.data.proposal.sniffing import tables_in
from model.data.reading.raw_table import LINE
from model.errors import DatasetError

Choose = Callable[[str, Sequence[str], str], str]
"""Is asked a question, with the possible answers and the likeliest; returns an answer."""

_MAIL = {"email", "mail"}
_WIDE = 10
_FEWEST = 2
_MANY = 10


@dataclass
class Proposal:
    """A description of the data in a folder.

    Attributes:
        name: Of the data set.
        ratings: The file of ratings or interactions.
        columns: `user`, `item`, and as far as there are such `rating`, `weight`, `event` and
            `timestamp` → column.
        scale: Lowest and highest rating; None for interactions.
        events: Kind of interaction → what one counts.
        users: Their table, if there is one.
        items: Their table, if there is one.
        reasons: What was decided, and why, a sentence each.
    """

    name: str
    ratings: FoundTable
    columns: dict[str, str]
    scale: tuple[float, float] | None = None
    events: dict[str, float] = field(default_factory=dict)
    users: EntityTable | None = None
    items: EntityTable | None = None
    reasons: list[str] = field(default_factory=list)


def propose(folder: Path, choose: Choose) -> Proposal:
    """Look at the files of a folder.

    Args:
        folder: Has the files.
        choose: Is asked where names do not tell.

    Returns:
        What a `dataset.toml` would say of them.

    Raises:
        DatasetError: If there is no table that could be of ratings or interactions.
    """
    if not folder.is_dir():
        raise DatasetError(f"{folder} is no folder; name the one that has your files.")
    tables, reasons = tables_in(folder)
    if not tables:
        told = f" ({' '.join(reasons)})" if reasons else ""
        raise DatasetError(
            f"{folder} has no table: files whose names end with .csv, .tsv, .txt, .json, .jsonl, "
            f".parquet or .pq, packed by gzip or not{told}."
        )
    most = max(one.raw.rows for one in tables)
    ratings = max(tables, key=lambda one: _as_ratings(one, most))
    if not ratings.raw.rows:
        raise DatasetError(f"{ratings.path} has names of columns, and no rows.")
    columns = {one.name: one for one in columns_of(ratings)}
    if not columns:
        _check_guesses(ratings, columns)
    if len(columns) < _FEWEST:
        raise DatasetError(
            f"{ratings.path} has one column alone, {next(iter(columns), '')!r}; ratings take users "
            "and items. If something else than comma, semicolon, tab or bar parts its values, "
            "write one of these; if lines stand above the names of its columns, take them away."
        )
    single = {name: one for name, one in columns.items() if not one.is_list}
    if len(single) < _FEWEST:
        raise DatasetError(f"{ratings.path} holds lists: write a row for each user and item.")
    _check_guesses(ratings, single)
    user = _chosen(single, "user", choose, ratings)
    item = _chosen({n: c for n, c in single.items() if n != user}, "item", choose, ratings)
    if len(columns) > _WIDE and columns[user].distinct == ratings.raw.rows:
        raise DatasetError(
            f"{ratings.path} has {len(columns):,} columns and each of {user!r} in one row, as a "
            "matrix of users and items has: write a row for each rating: user, item and rating."
        )
    _check_each_repeats(ratings, columns[user], columns[item])
    proposal = Proposal(folder.resolve().name or "data", ratings, {"user": user, "item": item})
    proposal.reasons = reasons
    for what, name in proposal.columns.items():
        if empty := columns[name].values.null_count():
            proposal.reasons.append(
                f"{name!r} is empty in {empty:,} row(s), which are refused unless --skip-bad-rows "
                "is given. If they go on with the row above, as lines of an order do, fill it in; "
                "if they are totals, take them away."
            )
        if not tells(name, what):
            proposal.reasons.append(
                f"No column is called as {what}s are: {name!r} is a guess. Correct it if it is "
                "wrong."
            )
    proposal.reasons.append(
        f"{', '.join(ratings.names)}: {ratings.raw.rows:,} rows; users in {user!r}, items in "
        f"{item!r}."
    )
    # A row of totals tells nothing of what the others hold.
    whole = ratings.raw.table.drop_nulls([user, item])
    rest = {
        name: Column(name, whole.get_column(name)) for name in columns if name not in (user, item)
    }
    decide_signal(proposal, {name: one for name, one in rest.items() if not one.is_list})
    _tell_of_columns_left(proposal, rest, Column(item, whole.get_column(item)))
    others = [one for one in tables if one is not ratings]
    proposal.items = found_entities(others, columns[item], "item", proposal, ())
    taken = [] if proposal.items is None else [proposal.items.table]
    proposal.users = found_entities(others, columns[user], "user", proposal, taken)
    for table in others:
        if all(one is None or one.table is not table for one in (proposal.items, proposal.users)):
            proposal.reasons.append(_left_out(table, proposal))
    return proposal


def _check_guesses(table: FoundTable, columns: dict[str, Column]) -> None:
    """Refuse to guess who the users are or what the items where they may be in what is not read."""
    for what in ("user", "item"):
        if table.raw.left_out and not any(tells(name, what) for name in columns):
            raise DatasetError(
                f"{table.path}: no column is called as {what}s are, and what is left out may be "
                f"them: {next(iter(table.raw.left_out.values()))}"
            )


def _check_each_repeats(table: FoundTable, user: Column, item: Column) -> None:
    """Refuse a table of users or of items, in which a guess would find the others."""
    for what, found, other in (("user", user, item), ("item", item, user)):
        if not tells(found.name, what) and _FEWEST < other.distinct == table.raw.rows:
            raise DatasetError(
                f"{table.path} holds no ratings, as it seems: no column is called as {what}s are, "
                f"and {other.name!r} is another in each row. Ratings have a row for each user and "
                "item; if it has these, name its columns user and item."
            )


def _left_out(table: FoundTable, proposal: Proposal) -> str:
    """Tell why a table has no part in the description."""
    names = ", ".join(table.names)
    if {proposal.columns["user"], proposal.columns["item"]} <= {*table.columns}:
        return (
            f"{names} is left out: it has users and items as {proposal.ratings.name} has, but "
            "other columns, or is written in another way. If it is more of the same, write both "
            'alike and name both: file = ["…", "…"].'
        )
    if table.described.columns is not None and proposal.ratings.described.columns is None:
        header = ", ".join(proposal.ratings.columns)
        return (
            f"{names} is left out: no line in it names its columns. If it is more of "
            f"{proposal.ratings.name}, put such a line before its first: {header}."
        )
    for what, found in (("items", proposal.items), ("users", proposal.users)):
        if found is not None and found.id_column in table.columns:
            return (
                f"{names} is left out: {found.table.name} has the {what}. To use it put its "
                "columns there, or write both alike and name both."
            )
    return f"{names} is left out: none of its columns has the ids of users or items, each once."


def _tell_of_columns_left(proposal: Proposal, columns: dict[str, Column], item: Column) -> None:
    """Tell which columns of the ratings are not used, and which of them are about items."""
    left = [one for name, one in columns.items() if name not in proposal.columns.values()]
    if not left:
        return
    file = proposal.ratings.name
    proposal.reasons.append(
        f"{file}: {', '.join(repr(one.name) for one in left)} is left out: it is no user, item, "
        "rating, count, kind or time."
    )
    of_items = [one.name for one in left if not one.is_list and _is_of_items(one, item)]
    if of_items:
        proposal.reasons.append(
            f"{file}: {', '.join(map(repr, of_items))} is the same in all rows of an item. A table "
            f"of items with {item.name!r} and these, each item once, would let new items be ranked."
        )


def _is_of_items(column: Column, item: Column) -> bool:
    if column.distinct < 2 or item.distinct >= len(item.known):
        return False
    pairs = pl.DataFrame({"item": item.values, "value": column.values}).drop_nulls().unique()
    return pairs.height == pairs.get_column("item").n_unique()


def _as_ratings(table: FoundTable, most: int) -> tuple[bool, bool, int]:
    """Tell how likely a table is the one of ratings: by its names, what it tells, its length."""
    columns = columns_of(table)
    names = [one.name for one in columns]
    both = all(any(tells(name, what) for name in names) for what in ("user", "item"))
    is_told = any(
        any(tells(one.name, what) for what in ("rating", "weight", "event"))
        or (one.looks_like_ratings() and not any(tells(one.name, w) for w in ("user", "item")))
        for one in columns
        if not one.is_list
    )
    return (both, is_told and _MANY * table.raw.rows >= most, table.raw.rows)


def _chosen(columns: dict[str, Column], what: str, choose: Choose, table: FoundTable) -> str:
    """Return the column of users or items: by its name, or by asking."""
    ranked = sorted(columns, key=lambda name: -tells(name, what))
    best = tells(ranked[0], what)
    alike = [name for name in ranked if tells(name, what) == best]
    if best and len(alike) == 1:
        return ranked[0]
    if best == 0:
        # What is called the one is not the other.
        other = "item" if what == "user" else "user"
        alike = [name for name in ranked if not tells(name, other)] or ranked
        if what == "user":  # shops know customers by their address
            alike = [name for name in alike if _MAIL & {*parts_of(name)}] or alike
        alike = [name for name in alike if columns[name].distinct > 1] or alike
    # Ids stand in many rows, and there are many of them.
    alike.sort(key=lambda name: _unlike_ids(columns[name]))
    return choose(f"Which column of {table.name} holds the {what}s?", alike, alike[0])


def _unlike_ids(column: Column) -> float:
    rows = max(1, len(column.known))
    share = column.distinct / rows
    return abs(share - 0.1) + (1.0 if column.is_time or column.distinct < 3 else 0.0)


def rows_as_read(table: FoundTable, count: int) -> pl.DataFrame:
    """Return the first rows of a table, as they are read."""
    return table.raw.table.drop(LINE).head(count)
