"""Read the table of ratings, or of interactions where there are none."""

from collections.abc import Iterable, Sequence

import numpy as np
import numpy.typing as npt
import polars as pl

from model.arrays import Float32Array
from model.catalogue.identifiers import MAX_ID_LENGTH
from model.data.dataset import Ratings
from model.data.description import (
    DatasetDescription,
    RatingsTable,
)
from model.data.reading.times import TIME, nanoseconds_beyond, seconds_since_epoch
from model.data.signals import LIKED
from model.data.tables import RowChecker
from model.ranks import Ranks

_STRONG = 0.99
"""Share of the pairs that are weaker than the strongest likes."""


def read_ratings(
    tables: Iterable[pl.DataFrame],
    description: DatasetDescription,
    user_ids: pl.Series,
    item_ids: pl.Series,
    checker: RowChecker,
    ranks: Ranks,
) -> Ratings:
    """Check the ratings, keep the newest of each (user, item) pair, and index them.

    Of several ranks, each keeps those of its own users.
    """
    described = description.ratings
    assert described.rating is not None  # noqa: S101 - else these are interactions
    assert described.scale is not None  # noqa: S101 - it comes with the ratings
    low, high = described.scale
    column_of_ratings = described.rating
    rating = pl.col("__rating__")
    problems = [
        (rating.is_null(), "a rating is no number", described.rating),
        (
            ~rating.is_between(low, high),
            f"a rating is outside the scale {low:g} to {high:g}",
            described.rating,
        ),
        *_unknown("a rating", description),
    ]
    kept = ["__user__", "__item__", "__rating__"]
    if described.timestamp:
        problems.append((pl.col("__at__").is_null(), f"a timestamp {TIME}", described.timestamp))
        kept += ["__at__", "__beyond__"]

    def read(table: pl.DataFrame) -> pl.DataFrame:
        table = _indexed(table, described, user_ids, item_ids).with_columns(
            __rating__=number_of(column_of_ratings)
        )
        if described.timestamp:
            times = table.get_column(described.timestamp)
            table = table.with_columns(
                seconds_since_epoch(times).alias("__at__"),
                nanoseconds_beyond(times).cast(pl.Int16).alias("__beyond__"),
            )
        return table

    table = _checked(map(read, tables), problems, kept, checker, ranks)
    if described.timestamp:
        table = table.sort("__at__", "__beyond__", maintain_order=True)
    newest = table
    if _has_pairs_twice(table):
        newest = table.unique(["__user__", "__item__"], keep="last", maintain_order=True)
    duplicates = ranks.total(np.array([table.height - newest.height]))
    checker.report.duplicate_ratings = int(duplicates[0])
    return Ratings(
        user_index=newest.get_column("__user__").to_numpy().astype(np.int64),
        item_index=newest.get_column("__item__").to_numpy().astype(np.int64),
        rating=newest.get_column("__rating__").to_numpy().astype(np.float32),
        at=newest.get_column("__at__").to_numpy() if described.timestamp else None,
        ranks=ranks,
    )


def read_interactions(
    tables: Iterable[pl.DataFrame],
    description: DatasetDescription,
    user_ids: pl.Series,
    item_ids: pl.Series,
    checker: RowChecker,
    ranks: Ranks,
) -> Ratings:
    """Check the interactions, add up those of each (user, item) pair, and index them.

    Of several ranks, each keeps those of its own users.
    """
    described = description.ratings
    weight, count = pl.lit(1.0), pl.lit(1.0)
    if described.weight is not None:
        weight = number_of(described.weight)
    if described.event is not None and described.events:
        names, counts = list(described.events), list(described.events.values())
        count = pl.col(described.event).replace_strict(
            names, counts, default=None, return_dtype=pl.Float64
        )
    number = pl.col("__weight__")
    problems = [
        *_unknown("an interaction", description),
        (number.is_null() | (number <= 0), "a weight is no number above zero", described.weight),
        (
            pl.col("__count__").is_null(),
            f"an event is none of {', '.join(described.events) or 'those described'}",
            described.event,
        ),
    ]

    def read(table: pl.DataFrame) -> pl.DataFrame:
        return _indexed(table, described, user_ids, item_ids).with_columns(
            __weight__=weight, __count__=count
        )

    kept = ["__user__", "__item__", "__weight__", "__count__"]
    table = _checked(map(read, tables), problems, kept, checker, ranks)
    total = table.group_by(["__user__", "__item__"], maintain_order=True).agg(
        (number * pl.col("__count__")).sum().alias("__total__")
    )
    return Ratings(
        user_index=total.get_column("__user__").to_numpy().astype(np.int64),
        item_index=total.get_column("__item__").to_numpy().astype(np.int64),
        rating=_strength(total.get_column("__total__").to_numpy(), ranks),
        ranks=ranks,
    )


def _checked(
    tables: Iterable[pl.DataFrame],
    problems: Sequence[tuple[pl.Expr, str, str | None]],
    kept: Sequence[str],
    checker: RowChecker,
    ranks: Ranks,
) -> pl.DataFrame:
    """Leave bad rows out; of the others, hold a few narrow columns and what is this rank's."""
    gathering = checker.gathering()
    parts = []
    for table in tables:
        for bad, problem, column in problems:
            table = gathering.keep(table, bad, problem, column)
        narrow = table.select(pl.col("__user__", "__item__").cast(pl.Int32), *kept[2:])
        mine = ranks.mine(narrow.get_column("__user__").to_numpy())
        parts.append(narrow if isinstance(mine, slice) else narrow[mine])
    gathering.tell([problem for _, problem, _ in problems])
    return pl.concat(parts)


def _has_pairs_twice(table: pl.DataFrame) -> bool:
    """Tell whether somebody rated an item twice, in far less memory than it takes to mend."""
    user, item = (table.get_column(name).to_numpy() for name in ("__user__", "__item__"))
    pairs = np.sort(user.astype(np.int64) * (int(item.max(initial=0)) + 1) + item)
    return bool((pairs[1:] == pairs[:-1]).any())


def number_of(column: str) -> pl.Expr:
    """Read text as numbers; null where it is none, or not finite."""
    number = pl.col(column).str.strip_chars().cast(pl.Float64, strict=False)
    return pl.when(number.is_finite()).then(number)


def _unknown(what: str, description: DatasetDescription) -> list[tuple[pl.Expr, str, str | None]]:
    """Rows that `_indexed` found no user or no item for: without a table every valid id is one."""
    described = description.ratings
    malformed = f"is not 1 to {MAX_ID_LENGTH} printable characters without '/'"
    user = "names an unknown user" if description.users else f"has a user id that {malformed}"
    item = "names an unknown item" if description.items else f"has an item id that {malformed}"
    return [
        (pl.col("__user__").is_null(), f"{what} {user}", described.user),
        (pl.col("__item__").is_null(), f"{what} {item}", described.item),
    ]


def _indexed(
    table: pl.DataFrame, described: RatingsTable, user_ids: pl.Series, item_ids: pl.Series
) -> pl.DataFrame:
    """Add internal indices of users and items; null for those that are not listed."""
    return table.with_columns(
        __user__=pl.col(described.user).replace_strict(
            user_ids, np.arange(len(user_ids)), default=None, return_dtype=pl.Int64
        ),
        __item__=pl.col(described.item).replace_strict(
            item_ids, np.arange(len(item_ids)), default=None, return_dtype=pl.Int64
        ),
    )


def _strength(total: npt.NDArray[np.float64], ranks: Ranks) -> Float32Array:
    """Place totals among the likes by their logarithm; all are as strong where they are equal."""
    logs = np.log1p(np.minimum(total, np.finfo(np.float64).max))  # sums may go beyond it
    ends = [end for some in ranks.gathered(_ends(logs)) for end in some]
    if not ends or min(ends) == max(ends):
        return np.ones(len(logs), dtype=np.float32)
    # A few who play one song all day must not make all others look weak.
    high = np.quantile(logs, _STRONG) if ranks.size == 1 else _strong(logs, ranks)
    strength: Float32Array = (LIKED + (1 - LIKED) * np.minimum(logs / high, 1)).astype(np.float32)
    return strength


def _ends(logs: npt.NDArray[np.float64]) -> tuple[float, ...]:
    return (float(logs.min()), float(logs.max())) if len(logs) else ()


def _strong(logs: npt.NDArray[np.float64], ranks: Ranks) -> float:
    """Return the quantile of the values of all ranks, of which each tells its largest alone."""
    count = int(ranks.total(np.array([len(logs)]))[0])
    place = (count - 1) * _STRONG
    first = int(place)
    highest = np.concatenate(ranks.gathered(np.sort(logs)[-(count - first) :]))
    from_first = np.sort(highest)[-(count - first) :]
    return float(np.interp(place - first, np.arange(len(from_first)), from_first))
