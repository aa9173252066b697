"""Which file is what, and which column."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import polars as pl

from model.data.proposal.columns import Column
from model.data.proposal.features import ProposedFeature, proposed_feature
from model.data.proposal.names import tells
from model.data.proposal.sniffing import FoundTable, tables_in
from model.data.reading.as_text import whole_ids
from model.data.reading.raw_table import LINE
from model.errors import DatasetError

Choose = Callable[[str, Sequence[str], str], str]
"""Is asked a question, with the possible answers and the likeliest; returns an answer."""

_COVERED = 0.5
_EVENT_WEIGHTS = {
    "view": 1, "click": 1, "impression": 1, "detail": 1, "open": 1, "visit": 1, "play": 1,
    "like": 3, "favorite": 3, "favourite": 3, "fav": 3, "save": 3, "wishlist": 3, "cart": 3,
    "add": 3, "basket": 3, "addtocart": 3, "share": 3, "subscribe": 4,
    "buy": 5, "purchase": 5, "transaction": 5, "order": 5, "checkout": 5, "download": 4,
}  # fmt: skip
_MOST_EVENTS = 20
_AGAINST = ("remove", "dislike", "return", "refund", "cancel", "hide", "skip", "delete")


@dataclass
class EntityTable:
    """A table of users or items.

    Attributes:
        table: The file.
        id_column: Which column has the ids.
        title: Which has titles, of items.
        features: What is known of each.
    """

    table: FoundTable
    id_column: str
    title: str | None = None
    features: list[ProposedFeature] = field(default_factory=list)


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
            f"{folder} has no table: files whose names end with .csv, .tsv, .txt, .jsonl, .parquet "
            f"or .pq, packed by gzip or not{told}."
        )
    ratings = max(tables, key=_as_ratings)
    columns = {one.name: one for one in _columns_of(ratings)}
    if len(columns) < 2:
        raise DatasetError(f"{ratings.path} has one column alone; ratings take users and items.")
    user = _chosen(columns, "user", choose, ratings)
    item = _chosen({n: c for n, c in columns.items() if n != user}, "item", choose, ratings)
    proposal = Proposal(folder.resolve().name or "data", ratings, {"user": user, "item": item})
    proposal.reasons = reasons
    proposal.reasons.append(
        f"{_names(ratings)}: {ratings.raw.rows:,} rows; users in {user!r}, items in {item!r}."
    )
    rest = {name: one for name, one in columns.items() if name not in (user, item)}
    _decide_signal(proposal, rest)
    others = [one for one in tables if one is not ratings]
    proposal.items = _entities(others, columns[item], "item", proposal, ())
    taken = [] if proposal.items is None else [proposal.items.table]
    proposal.users = _entities(others, columns[user], "user", proposal, taken)
    for table in others:
        if all(one is None or one.table is not table for one in (proposal.items, proposal.users)):
            proposal.reasons.append(f"{table.path.name} is left out: none of its columns has ids.")
    return proposal


def _names(table: FoundTable) -> str:
    return ", ".join(path.name for path in (table.path, *table.more))


def _columns_of(table: FoundTable) -> list[Column]:
    return [Column(one.name, one) for one in table.raw.table.iter_columns() if one.name != LINE]


def _as_ratings(table: FoundTable) -> tuple[int, int]:
    """Tell how likely a table is the one of ratings: by its names, then by its length."""
    names = [one.name for one in _columns_of(table)]
    both = all(any(tells(name, what) for name in names) for what in ("user", "item"))
    return (both, table.raw.rows)


def _chosen(columns: dict[str, Column], what: str, choose: Choose, table: FoundTable) -> str:
    """Return the column of users or items: by its name, or by asking."""
    ranked = sorted(columns, key=lambda name: -tells(name, what))
    best = tells(ranked[0], what)
    alike = [name for name in ranked if tells(name, what) == best]
    if best and len(alike) == 1:
        return ranked[0]
    if best == 0:
        # Ids stand in many rows, and there are many of them.
        alike = [name for name in ranked if columns[name].distinct > 1] or ranked
        alike.sort(key=lambda name: _unlike_ids(columns[name]))
    return choose(f"Which column of {table.path.name} holds the {what}s?", alike, alike[0])


def _unlike_ids(column: Column) -> float:
    rows = max(1, len(column.known))
    share = column.distinct / rows
    return abs(share - 0.1) + (1.0 if column.is_time or column.distinct < 3 else 0.0)


def _decide_signal(proposal: Proposal, columns: dict[str, Column]) -> None:
    """Tell ratings from counts, events, and rows that only say that something happened."""
    say = proposal.reasons.append
    times = [n for n in _by_name(columns, "time") if columns[n].is_time]
    times = times or [name for name, one in columns.items() if one.is_time]
    if times:
        proposal.columns["timestamp"] = times[0]
        say(f"Times in {times[0]!r}.")
    rest = {name: one for name, one in columns.items() if name not in times}
    numbers = {name: one for name, one in rest.items() if one.numbers is not None}
    ratings = _by_name(numbers, "rating")
    weights = [name for name in _by_name(numbers, "weight") if name not in ratings]
    if not ratings and not weights:
        ratings = list(numbers)[:1]
    for name in ratings:
        one = numbers[name]
        if one.distinct < 2:
            say(f"{name!r} is {one.known[0]} in every row, so rows are interactions, not ratings.")
        elif one.looks_like_counts():
            weights.insert(0, name)
            say(f"{name!r} holds counts, most of them small: what an interaction counts.")
        else:
            _take_ratings(proposal, one)
            return
    for name in weights:
        one = numbers[name]
        if one.distinct > 1 and float(one.numbers.min()) > 0:  # type: ignore[union-attr, arg-type]
            proposal.columns["weight"] = name
            say(f"Interactions count by {name!r}.")
            break
        if one.distinct > 1:
            say(f"{name!r} has numbers that are not above zero, and is left out.")
    _take_events(proposal, {n: c for n, c in rest.items() if n not in numbers or tells(n, "event")})
    if "weight" not in proposal.columns and "event" not in proposal.columns:
        say("Each row is an interaction.")


def _by_name(columns: dict[str, Column], what: str) -> list[str]:
    named = [name for name in columns if tells(name, what)]
    return sorted(named, key=lambda name: -tells(name, what))


def _take_ratings(proposal: Proposal, column: Column) -> None:
    numbers = column.numbers
    assert numbers is not None  # noqa: S101 - else it is not asked about
    low, high = float(numbers.min()), float(numbers.max())  # type: ignore[arg-type]  # numbers
    proposal.columns["rating"] = column.name
    proposal.scale = (low, high)
    proposal.reasons.append(
        f"Ratings in {column.name!r}, {low:g} to {high:g}, {column.distinct:,} different ones."
    )
    zeros = float((numbers == 0).mean() or 0.0)  # type: ignore[arg-type]  # a share
    if low == 0 and zeros > 0.3:
        proposal.reasons.append(
            f"{zeros:.0%} of the ratings are 0: if that means no rating was given, leave these "
            'rows out with missing = ["0"] and --skip-bad-rows, and begin the scale above it.'
        )


def _take_events(proposal: Proposal, columns: dict[str, Column]) -> None:
    for name in _by_name(columns, "event"):
        column = columns[name]
        kinds = column.known.unique(maintain_order=True).to_list()
        if not 1 < len(kinds) <= _MOST_EVENTS:
            continue
        weights = {}
        for kind in kinds:
            words = kind.lower().replace("-", "_").split("_")
            if any(word in _AGAINST for word in words):
                proposal.reasons.append(
                    f"{kind!r} in {name!r} speaks against an item; it is left out of `events`, so "
                    "its rows are refused unless --skip-bad-rows is given."
                )
                continue
            known = [_EVENT_WEIGHTS[word] for word in words if word in _EVENT_WEIGHTS]
            weights[kind] = float(max(known, default=1))
        proposal.columns["event"] = name
        proposal.events = weights
        proposal.reasons.append(
            f"{name!r} tells kinds of interaction; what each counts is a guess."
        )
        return


def _entities(
    tables: Sequence[FoundTable],
    ids: Column,
    what: str,
    proposal: Proposal,
    taken: Sequence[FoundTable],
) -> EntityTable | None:
    """Find the table of users or items: a column of ids, each once, that the ratings have."""
    used = whole_ids(ids.values.drop_nulls().unique())
    best: tuple[float, int, FoundTable, str] | None = None
    for table in tables:
        if table in taken:
            continue
        for column in _columns_of(table):
            if column.is_list or column.distinct < len(column.known):
                continue
            covered = float(used.is_in(whole_ids(column.values).implode()).mean() or 0.0)  # type: ignore[arg-type]
            score = (covered, tells(column.name, what))
            if covered >= _COVERED and (best is None or score > best[:2]):
                best = (*score, table, column.name)
    if best is None:
        proposal.reasons.append(f"No table of {what}s: their ids are all that is known of them.")
        return None
    covered, _, table, name = best
    found = EntityTable(table, name)
    note = (
        ""
        if covered == 1
        else (
            f" It lacks {1 - covered:.1%} of those in the ratings, whose rows are refused unless "
            "--skip-bad-rows is given."
        )
    )
    proposal.reasons.append(f"{table.path.name}: the {what}s, by {name!r}.{note}")
    _add_features(found, what, proposal)
    return found


def _add_features(found: EntityTable, what: str, proposal: Proposal) -> None:
    file = found.table.path.name
    columns = [one for one in _columns_of(found.table) if one.name != found.id_column]
    if what == "item":
        titles = [one for one in columns if tells(one.name, "title") and one.numbers is None]
        titles.sort(key=lambda one: -tells(one.name, "title"))
        if titles and not titles[0].is_list:
            found.title = titles[0].name
            proposal.reasons.append(f"{file}: titles in {found.title!r}.")
    for column in columns:
        if column.name == found.title:
            continue
        feature = proposed_feature(column, of_users=what == "user")
        if isinstance(feature, str):
            proposal.reasons.append(f"{file}: {column.name!r} is left out: it {feature}.")
        else:
            found.features.append(feature)
            kind = feature.kind.name
            proposal.reasons.append(f"{file}: {column.name!r} is a {kind}: {feature.reason}.")


def rows_as_read(table: FoundTable, count: int) -> pl.DataFrame:
    """Return the first rows of a table, as they are read."""
    return table.raw.table.drop(LINE).head(count)
