"""`melu benchmark store`: memory of the store a user, and how soon a service is ready."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from rich.table import Table

from scripts.benchmark.report import Report, Requirement, publish
from scripts.benchmark.store_measurement import StoreResult, measure_store
from scripts.files import check_files
from scripts.terminal import console
from scripts.termination import terminating_in_order

STARTS = 3
_MOST_BYTES = 1024
_MOST_READY_S = 4.0


def benchmark_store(
    model: Path | None,
    *,
    users: int,
    feedback: int,
    starts: int = STARTS,
    json_file: Path | None,
    plot_file: Path | None,
) -> None:
    """Measure an embedded store; print, and write, what was found.

    Args:
        model: The bundle to start a service with; none is started if None.
        users: How many users to write.
        feedback: Pieces of feedback of each.
        starts: How often to start the service, for the median.
        json_file: Where to write the result as JSON.
        plot_file: Where to draw it.

    Raises:
        ModelError: If it can't be measured, or a file can't be written.
    """
    check_files(json_file, plot_file)
    with terminating_in_order():
        result = measure_store(
            model, users=users, feedback=feedback, starts=starts, on_stage=console.print
        )
    publish(store_report(result), json_file=json_file, plot_file=plot_file)


def store_report(result: StoreResult) -> Report:
    """Tell what was measured, and what is needed of it.

    Args:
        result: What was measured.

    Returns:
        The report.
    """
    table = Table(
        f"{result.users:,} users, {result.feedback} pieces of feedback each", "bytes a user"
    )
    table.add_row("rated, each event with an id", f"{result.bytes_per_user:,.0f}")
    table.add_row("the same and a profile", f"{result.bytes_with_profile:,.0f}")
    requirements = [
        Requirement(
            "store memory", result.bytes_per_user, _MOST_BYTES, at_most=True, unit=" B a user"
        )
    ]
    if result.ready_s is not None:
        title = "ready after the start of the process"
        requirements.append(
            Requirement(title, result.ready_s, _MOST_READY_S, at_most=True, unit=" s")
        )
    values: dict[str, Any] = {
        "users": result.users,
        "feedback": result.feedback,
        "bytes_per_user": round(result.bytes_per_user, 1),
        "bytes_with_profile": round(result.bytes_with_profile, 1),
        "ready_s": result.ready_s and round(result.ready_s, 3),
    }
    return Report(
        name="store",
        values=values,
        tables=[table],
        requirements=requirements,
        bars={
            "feedback": result.bytes_per_user,
            "feedback and profile": result.bytes_with_profile,
        },
        bars_title=f"Bytes a user, {result.feedback} pieces of feedback",
    )
