"""`melu benchmark search`: how long a search for titles takes, by the number of titles."""

from __future__ import annotations

import random
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from itertools import product
from pathlib import Path

import polars as pl
from rich.table import Table

from app.services.search import TitleSearch
from model.bundle.bundle import load_bundle
from model.catalogue.bundled import Catalogue
from model.catalogue.live import LiveCatalogue
from model.errors import ModelError
from scripts.benchmark.report import Report, Requirement, publish
from scripts.files import check_files
from scripts.terminal import console

_TYPED = (
    *("s", "st", "star", "star wa", "star wars", "terminator", "the godf", "love 19"),
    *("night of the", "dea", "toy sto", "matr", "a", "the"),
)
_WITH_A_SLIP = (
    *("terminater", "starwars", "schindlrs list", "toy sotry", "brave heart", "usual suspcts"),
)
_MADE_TO_BE_SLOW = (
    "c " * 500,
    " ".join(f"n{number}" for number in range(200)),
    "x" * 900,
    "ab " * 300,
    "the a of an in on to at",
    "thee anne offf inne onne toxx attt foor",
    "stat wart lovf nighr mam dau lofe thr",
    "nigh lov man da da lo hous",
)
_SYLLABLES = ["".join(parts) for parts in product("bcdfghklmnprstvz", ("a", "er", "in", "o", "ou"))]
_MADE_UP_WORDS = 60_000
_REPEATS = 5
_MOST_MS = 50


@dataclass(frozen=True)
class SearchResult:
    """What was measured of some titles, in milliseconds.

    Attributes:
        titles: How many.
        built_ms: Time until they could be searched.
        typed_ms: A query as people type it, the middle one of them.
        typed_worst_ms: The slowest of them.
        slip_ms: A query with a slip or another gap, the middle one.
        slow_ms: The slowest of those made to be slow.
    """

    titles: int
    built_ms: float
    typed_ms: float
    typed_worst_ms: float
    slip_ms: float
    slow_ms: float


def benchmark_search(
    model: Path, *, sizes: Sequence[int], json_file: Path | None, plot_file: Path | None
) -> None:
    """Time searches; print, and write, what was found.

    Args:
        model: A bundle, for its titles.
        sizes: Numbers of titles; more than the bundle has are made of its words and of others.
        json_file: Where to write the result as JSON.
        plot_file: Where to draw it.

    Raises:
        ModelError: If a number is too small, or a file can't be written.
    """
    check_files(json_file, plot_file)
    if not sizes or min(sizes) < 1:
        raise ModelError("--titles: expected at least 1.")
    known = load_bundle(model).catalogue.titles.to_list()
    results = []
    for size in sizes:
        console.print(f"searching {size:,} titles")
        results.append(measure_search(_grown(known, size)))
    publish(_report(results), json_file=json_file, plot_file=plot_file)


def measure_search(titles: Sequence[str]) -> SearchResult:
    """Time searches of some titles.

    Args:
        titles: The titles.

    Returns:
        What was found.
    """
    columns = dict.fromkeys(("discrimination", "popularity", "score"), [0.0] * len(titles))
    ids = [str(number) for number in range(len(titles))]
    live = LiveCatalogue(Catalogue(pl.DataFrame({"item_id": ids, "title": titles, **columns})))
    started = time.perf_counter()
    search = TitleSearch(live.bundled)
    built = 1e3 * (time.perf_counter() - started)

    typed = sorted(_milliseconds(search, live, query) for query in _TYPED)
    slip = sorted(_milliseconds(search, live, query) for query in _WITH_A_SLIP)
    slow = max(_milliseconds(search, live, query) for query in _MADE_TO_BE_SLOW)
    return SearchResult(
        len(titles), built, typed[len(typed) // 2], typed[-1], slip[len(slip) // 2], slow
    )


def _milliseconds(search: TitleSearch, live: LiveCatalogue, query: str) -> float:
    """Return the least time of some, for noise only adds."""
    took = []
    for _ in range(_REPEATS):
        started = time.perf_counter()
        search.find(query, live)
        took.append(1e3 * (time.perf_counter() - started))
    return min(took)


def _grown(known: Sequence[str], size: int) -> list[str]:
    """Return titles: those known, and behind them others of their words and of made-up ones."""
    chance = random.Random(1)  # noqa: S311 - no secret
    words = [word for title in known for word in title.split("(")[0].split()]
    made_up = ["".join(chance.choices(_SYLLABLES, k=3)) for _ in range(_MADE_UP_WORDS)]
    titles = list(known[:size])
    while len(titles) < size:
        count = chance.randint(1, 5)
        parts = [chance.choice(words if chance.random() < 0.7 else made_up) for _ in range(count)]
        titles.append(f"{' '.join(parts)} ({chance.randint(1920, 2024)})")
    return titles


def _report(results: Sequence[SearchResult]) -> Report:
    table = Table("titles", "built", "typed, p50", "worst", "slip, p50", "made to be slow")
    for one in results:
        table.add_row(
            f"{one.titles:,}",
            f"{one.built_ms:,.0f} ms",
            *(
                f"{value:.2f} ms"
                for value in (one.typed_ms, one.typed_worst_ms, one.slip_ms, one.slow_ms)
            ),
        )
    slowest = max(max(one.typed_worst_ms, one.slow_ms) for one in results)
    return Report(
        name="search",
        values=[asdict(one) for one in results],
        tables=[table],
        requirements=[Requirement("slowest search", slowest, _MOST_MS, at_most=True, unit=" ms")],
        bars={f"{one.titles:,} titles": one.typed_ms for one in results},
        bars_title="Milliseconds of a query as people type it",
    )
