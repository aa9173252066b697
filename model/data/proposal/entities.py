"""Which table has the users or the items, and what of it is a feature."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import polars as pl

from model.data.proposal.columns import Column
from model.data.proposal.features import ProposedFeature, proposed_feature
from model.data.proposal.found_table import FoundTable
from model.data.proposal.names import tells
from model.data.reading.as_text import whole_ids
from model.data.reading.raw_table import LINE

if TYPE_CHECKING:
    from model.data.proposal.proposal import Proposal

_COVERED = 0.5
_ONCE = 0.95
"""Share of the rows of a table of users or items that have an id of their own."""


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


def columns_of(table: FoundTable) -> list[Column]:
    """Return the columns of a table, without the numbers of its lines."""
    return [Column(one.name, one) for one in table.raw.table.iter_columns() if one.name != LINE]


def found_entities(
    tables: Sequence[FoundTable],
    ids: Column,
    what: str,
    proposal: Proposal,
    taken: Sequence[FoundTable],
) -> EntityTable | None:
    """Find the table of users or items: a column of ids, each once, that the ratings have.

    Args:
        tables: To look in.
        ids: Those of the ratings.
        what: `user` or `item`.
        proposal: Is told the reasons.
        taken: Tables that are something else.

    Returns:
        The table; None if there is none.
    """
    used = whole_ids(ids.values.drop_nulls().unique())
    best: tuple[tuple[float, bool, bool, int], FoundTable, str] | None = None
    for table in tables:
        if table in taken:
            continue
        for column in columns_of(table):
            if column.is_list or column.distinct < _ONCE * len(column.known):
                continue
            if not _may_be_ids(column, table, ids, what):
                continue
            covered = float(used.is_in(whole_ids(column.values).implode()).mean() or 0.0)  # type: ignore[arg-type]
            has_title = any(tells(name, "title") for name in table.columns)
            score = (covered, column.name == ids.name, has_title, tells(column.name, what))
            if covered >= _COVERED and (best is None or score > best[0]):
                best = (score, table, column.name)
    if best is None:
        proposal.reasons.append(f"No table of {what}s: their ids are all that is known of them.")
        proposal.reasons += _written_otherwise(tables, ids, what)
        return None
    (covered, *_), table, name = best
    found = EntityTable(table, name)
    note = (
        ""
        if covered == 1
        else (
            f" It lacks {1 - covered:.1%} of those in the ratings, whose rows are refused unless "
            "--skip-bad-rows is given."
        )
    )
    column = next(one for one in columns_of(table) if one.name == name)
    if twice := len(column.known) - column.distinct:
        note += f" {twice:,} row(s) repeat an id, and are refused unless --skip-bad-rows is given."
    proposal.reasons.append(f"{table.name}: the {what}s, by {name!r}.{note}")
    _add_features(found, what, proposal)
    return found


def _written_otherwise(tables: Sequence[FoundTable], ids: Column, what: str) -> list[str]:
    """Tell of columns that have the ids but for zeros or blanks around them, or their case."""
    used = _bare(ids.known).unique()
    return [
        f"{table.name}: {column.name!r} has the ids of {what}s written in another way, such "
        f"as {column.known[0]!r} beside {ids.known[0]!r} in the ratings. Write them alike."
        for table in tables
        for column in columns_of(table)
        if not column.is_list
        and column.distinct >= max(1, _ONCE * len(column.known))
        and _may_be_ids(column, table, ids, what)
        and float(used.is_in(_bare(column.known).implode()).mean() or 0.0) >= _COVERED  # type: ignore[arg-type]
    ]


def _bare(ids: pl.Series) -> pl.Series:
    return whole_ids(ids).str.strip_chars().str.to_lowercase().str.strip_chars_start("0")


def _may_be_ids(column: Column, table: FoundTable, ids: Column, what: str) -> bool:
    """Tell whether a column may hold the ids of users or items, by its name and its file's.

    Numbers from 1 on are ids of anything: something has to be called as the ratings' ids are.
    """
    other = "item" if what == "user" else "user"
    names = (column.name, table.name.split(".")[0])
    is_called, is_other = (any(tells(name, one) for name in names) for one in (what, other))
    if column.name == ids.name:
        return True
    return is_called or not (is_other or column.is_whole)


def _add_features(found: EntityTable, what: str, proposal: Proposal) -> None:
    file = found.table.name
    columns = [one for one in columns_of(found.table) if one.name != found.id_column]
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
