"""`melu benchmark capacity`: what a worker and the store take for a great many users."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch
from rich.table import Table

from scripts.benchmark.capacity_measurement import CapacityResult, measure_capacity
from scripts.benchmark.report import Report, Requirement, publish
from scripts.files import check_files
from scripts.terminal import console
from scripts.termination import terminating_in_order

_MOST_BYTES = 1024
_MIB = 2**20
_DIGITS = 3


def benchmark_capacity(
    model: Path,
    *,
    users: int,
    feedback: int,
    seconds: int,
    sustained_seconds: int,
    json_file: Path | None,
    plot_file: Path | None,
) -> None:
    """Measure a worker on a full store; print, and write, what was found.

    Args:
        model: The bundle.
        users: How many users the store holds.
        feedback: Pieces of feedback of each.
        seconds: Time to ask for unchanged lists in each round.
        sustained_seconds: Time of the constant rate.
        json_file: Where to write the result as JSON.
        plot_file: Where to draw it.

    Raises:
        ModelError: If it can't be measured, or a file can't be written.
    """
    check_files(json_file, plot_file)
    torch.set_num_threads(1)  # as the server has it
    with terminating_in_order():
        result = measure_capacity(
            model,
            users=users,
            feedback=feedback,
            seconds=seconds,
            sustained_seconds=sustained_seconds,
            on_stage=console.print,
        )
    publish(capacity_report(result), json_file=json_file, plot_file=plot_file)


def capacity_report(result: CapacityResult) -> Report:
    """Tell what was measured, and what is needed of it.

    Args:
        result: What was measured.

    Returns:
        The report.
    """
    memory = Table(
        f"{result.users:,} users of {result.feedback} pieces of feedback, {result.store}", ""
    )
    memory.add_row("store memory, bytes a user", f"{result.bytes_per_user:,.0f}")
    memory.add_row("of the machine, bytes a user", f"{result.resident_per_user:,.0f}")
    memory.add_row("append-only file, bytes a user", f"{result.disk_bytes_per_user:,.0f}")
    memory.add_row("store memory, MiB", f"{result.users * result.bytes_per_user / _MIB:,.0f}")
    memory.add_row(f"worker memory, {result.items:,} items, MiB", f"{result.rss_mib:,.0f}")
    memory.add_row("written in, s", f"{result.fill_s:,.0f}")
    columns = ("answers a second", "p50, ms", "p99, ms", "worker, µs", "store, µs")
    rates = Table("one worker on one core", *columns)
    for kind, found in result.requests.items():
        rates.add_row(
            kind,
            f"{found.rps:,.0f}",
            f"{found.p50_ms:.2f}",
            f"{found.p99_ms:.2f}",
            f"{found.worker_us:.0f}",
            f"{found.store_us:.0f}",
        )
    sustained = result.sustained
    rates.add_row(
        "a rating to two lists, at half the rate",
        f"{sustained.rps:,.0f}",
        f"{sustained.p50_ms:.2f}",
        f"{sustained.p99_ms:.2f}",
        "",
        "",
    )
    return Report(
        name="capacity",
        values=_rounded(asdict(result) | {"sustained": asdict(sustained) | {"rps": sustained.rps}}),
        tables=[memory, rates],
        requirements=[
            Requirement(
                "store memory", result.bytes_per_user, _MOST_BYTES, at_most=True, unit=" B a user"
            ),
            Requirement("at a constant rate, errors", sustained.errors, 0, at_most=True),
        ],
        bars={kind: found.rps for kind, found in result.requests.items()},
        bars_title="Answers a second, one worker on one core",
    )


def _rounded(values: dict[str, Any]) -> dict[str, Any]:
    return {
        name: _rounded(value)
        if isinstance(value, dict)
        else round(value, _DIGITS)
        if isinstance(value, float)
        else value
        for name, value in values.items()
    }
