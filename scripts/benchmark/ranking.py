"""`melu benchmark ranking`: one user's ranking beside a forward pass that is anonymous."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from rich.table import Table

from model.bundle.bundle import load_bundle
from scripts.benchmark.ranking_measurement import (
    GROWN,
    STEPS,
    SUPPORT,
    TOP,
    RankingRow,
    measure_ranking,
)
from scripts.benchmark.report import Report, Requirement, publish
from scripts.files import check_files
from scripts.terminal import console

_MOST_OF_FORWARD = {"default": 0.5, "melu": 1.0}
_LARGE_ITEMS = 50_000
_MOST_OF_FORWARD_LARGE = {"default": 0.15, "melu": 1.0}


def benchmark_ranking(
    models: Sequence[Path],
    *,
    sizes: Sequence[int] = GROWN,
    rounds: int,
    json_file: Path | None,
    plot_file: Path | None,
) -> None:
    """Measure bundles; print, and write, what was found.

    Args:
        models: The bundles.
        sizes: Catalogues to grow beside each bundle's own.
        rounds: How often the things that are compared take turns.
        json_file: Where to write the rows as JSON.
        plot_file: Where to draw them.

    Raises:
        ModelError: If a bundle can't be used, or a file can't be written.
    """
    check_files(json_file, plot_file)
    rows = [
        row
        for model in models
        for row in measure_ranking(
            load_bundle(model), sizes=sizes, rounds=rounds, on_row=_tell_progress
        )
    ]
    publish(ranking_report(rows), json_file=json_file, plot_file=plot_file)


def ranking_report(rows: Sequence[RankingRow]) -> Report:
    """Tell what was measured, and what is needed of it.

    Args:
        rows: What was measured.

    Returns:
        The report; times in milliseconds.
    """
    table = Table(
        *("preset", "items", "ratings", "steps", f"adapt + top {TOP}, ms", "forward, ms"),
        *("naive, ms", "fold-in, ms", "of forward", "naive takes"),
        title="one user, one thread",
    )
    for row in rows:
        table.add_row(
            *(row.preset, f"{row.items:,}", str(row.support), str(row.steps)),
            *(f"{time:,.2f}" for time in (row.adapt_rank_ms, row.forward_ms, row.naive_ms)),
            "" if row.fold_in_ms is None else f"{row.fold_in_ms:,.2f}",
            *(f"{row.ratio:.2f}", f"{row.naive_ms / row.adapt_rank_ms:.1f} ×"),
        )
    usual = [row for row in rows if (row.support, row.steps) == (SUPPORT, STEPS)]
    return Report(
        name="ranking",
        values=[row.as_json() for row in rows],
        tables=[table],
        requirements=[
            Requirement(
                f"{row.preset}, {row.items:,} items: adapt + rank, of a forward pass",
                row.ratio,
                _most_of_forward(row),
                at_most=True,
            )
            for row in usual
        ],
        bars={
            f"{row.preset}, {row.items:,} items, {name}": time
            for row in usual
            for name, time in (
                ("adapt + rank", row.adapt_rank_ms),
                ("forward", row.forward_ms),
                ("naive", row.naive_ms),
                ("fold-in", row.fold_in_ms),
            )
            if time is not None
        },
        bars_title=f"Milliseconds, {SUPPORT} ratings, {STEPS} steps, one thread",
    )


def _most_of_forward(row: RankingRow) -> float:
    bounds = _MOST_OF_FORWARD if row.items < _LARGE_ITEMS else _MOST_OF_FORWARD_LARGE
    return bounds[row.preset]


def _tell_progress(row: RankingRow) -> None:
    console.print(
        f"{row.preset}, {row.items:,} items, {row.support} ratings, {row.steps} steps: "
        f"{row.adapt_rank_ms:.2f} ms, forward {row.forward_ms:.2f}, naive {row.naive_ms:.2f}"
    )
