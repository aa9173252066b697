"""`melu benchmark large`: a catalogue too large to score every item."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import torch
from rich.table import Table

from scripts.benchmark.large_measurement import TIMED_USERS, LargeResult, measure_large
from scripts.benchmark.report import Report, Requirement, publish
from scripts.files import check_files
from scripts.terminal import console
from scripts.termination import terminating_in_order

SMALL_ITEMS = 10_000
_MOST_P50_MS = 8.0
_LEAST_RECALL = 0.99
_MOST_RSS_MIB = 1536.0
_MOST_QUESTIONS_MS = (20.0, 40.0)
_LEAST_MS = 1e-3
_MOST_GROWTH = 5.0


def benchmark_large(
    model: Path,
    *,
    items: int,
    small_items: int = SMALL_ITEMS,
    users: int,
    recall_users: int,
    timed_users: int = TIMED_USERS,
    json_file: Path | None,
    plot_file: Path | None,
) -> None:
    """Measure a grown catalogue; print, and write, what was found.

    Args:
        model: The bundle to grow from.
        items: Size of the catalogue.
        small_items: Size of the catalogue that it is compared with.
        users: Users who rate and ask in each round.
        recall_users: Users to measure recall on.
        timed_users: Users to time ranking and questions for.
        json_file: Where to write the result as JSON.
        plot_file: Where to draw it.

    Raises:
        ModelError: If it can't be measured, or a file can't be written.
    """
    check_files(json_file, plot_file)
    torch.set_num_threads(1)  # as the servers have it
    with terminating_in_order():
        result = measure_large(
            model,
            items=items,
            small_items=small_items,
            users=users,
            recall_users=recall_users,
            timed_users=timed_users,
            on_stage=console.print,
        )
    publish(large_report(result), json_file=json_file, plot_file=plot_file)


def large_report(result: LargeResult) -> Report:
    """Tell what was measured, and what is needed of it.

    Args:
        result: What was measured.

    Returns:
        The report.
    """
    growth = result.adapt_rank_ms / result.small_adapt_rank_ms
    http_growth = result.p50_ms / result.small_p50_ms
    sizes = (result.small_items, result.items)
    table = Table("one worker on one core", *(f"{size:,} items" for size in sizes), "growth")
    table.add_row(
        "adapt + rank, ms",
        f"{result.small_adapt_rank_ms:.2f}",
        f"{result.adapt_rank_ms:.2f}",
        f"{growth:.2f} ×",
    )
    if result.fold_in_ms is not None and result.small_fold_in_ms is not None:
        table.add_row(
            "fold-in of another library, ms",
            f"{result.small_fold_in_ms:.2f}",
            f"{result.fold_in_ms:.2f}",
            f"{result.fold_in_ms / result.small_fold_in_ms:.2f} ×",
        )
    asked = {
        "12 questions": (result.small_questions_ms, result.questions_ms),
        "grid of 24": (result.small_grid_ms, result.grid_ms),
        "pair": (result.small_pair_ms, result.pair_ms),
    }
    for name, (few, many) in asked.items():
        table.add_row(
            f"{name}, ms", f"{few:.2f}", f"{many:.2f}", f"{many / max(few, _LEAST_MS):.2f} ×"
        )
    table.add_row(
        "HTTP request after new feedback, p50, ms",
        f"{result.small_p50_ms:.2f}",
        f"{result.p50_ms:.2f}",
        f"{http_growth:.2f} ×",
    )
    table.add_row("most memory at start-up, MiB", "", f"{result.peak_rss_mib:,.0f}", "")
    table.add_row("ready after, s", "", f"{result.ready_s:.1f}", "")
    values = asdict(result) | {"growth": growth, "http_growth": http_growth}
    return Report(
        name="large",
        values={n: round(v, 4) if isinstance(v, float) else v for n, v in values.items()},
        tables=[table],
        requirements=[
            Requirement("HTTP request, p50", result.p50_ms, _MOST_P50_MS, at_most=True, unit=" ms"),
            *(
                Requirement(f"{name}, {size:,} items", found, most, at_most=True, unit=" ms")
                for name, times in asked.items()
                for size, found, most in zip(sizes, times, _MOST_QUESTIONS_MS, strict=True)
            ),
            Requirement(
                f"recall@20 against exact ({result.recall_users:,} users)",
                result.recall_at_20,
                _LEAST_RECALL,
            ),
            Requirement(
                "memory of the worker", result.rss_mib, _MOST_RSS_MIB, at_most=True, unit=" MiB"
            ),
            Requirement(
                f"adapt + rank, {result.items:,} over {result.small_items:,} items",
                growth,
                _MOST_GROWTH,
                at_most=True,
            ),
            Requirement(
                f"HTTP request, {result.items:,} over {result.small_items:,} items",
                http_growth,
                _MOST_GROWTH,
                at_most=True,
            ),
            *_ahead_of_fold_in(result),
        ],
        bars={
            f"adapt + rank, {result.small_items:,} items": result.small_adapt_rank_ms,
            f"adapt + rank, {result.items:,} items": result.adapt_rank_ms,
            f"HTTP request, {result.small_items:,} items": result.small_p50_ms,
            f"HTTP request, {result.items:,} items": result.p50_ms,
        },
        bars_title="Milliseconds, one worker on one core",
    )


def _ahead_of_fold_in(result: LargeResult) -> list[Requirement]:
    """Ask for less time than the other library takes, where it is installed."""
    if result.fold_in_ms is None:
        return []
    return [
        Requirement(
            f"adapt + rank, of a fold-in, {result.items:,} items",
            result.adapt_rank_ms / result.fold_in_ms,
            1.0,
            at_most=True,
        )
    ]
