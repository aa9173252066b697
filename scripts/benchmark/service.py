"""`melu benchmark service`: answers a second, beside the naive design and beside doing nothing."""

from pathlib import Path
from typing import Any

import torch
from rich.table import Table

from scripts.benchmark.report import Report, Requirement, publish
from scripts.benchmark.service_measurement import ServiceResult, measure_service
from scripts.files import check_files
from scripts.terminal import console
from scripts.termination import terminating_in_order

_LEAST_OVER_NAIVE = 6.0
_LEAST_OF_NOOP = 0.6
_MOST_FOR_REASONS = 3.0
_MOST_TAIL = 10.0
_LEAST_OF_TARGET = 0.99


def benchmark_service(
    model: Path,
    *,
    users: int,
    seconds: int,
    sustained_seconds: int,
    json_file: Path | None,
    plot_file: Path | None,
) -> None:
    """Measure a service of a bundle; print, and write, what was found.

    Args:
        model: The bundle.
        users: How many users ask.
        seconds: Time to measure each of the peaks.
        sustained_seconds: Time of the constant rate.
        json_file: Where to write the result as JSON.
        plot_file: Where to draw it.

    Raises:
        ModelError: If it can't be measured, or a file can't be written.
    """
    check_files(json_file, plot_file)
    torch.set_num_threads(1)  # as the servers have it
    with terminating_in_order():
        result = measure_service(
            model,
            users=users,
            seconds=seconds,
            sustained_seconds=sustained_seconds,
            on_stage=console.print,
        )
    publish(service_report(result), json_file=json_file, plot_file=plot_file)


def service_report(result: ServiceResult) -> Report:
    """Tell what was measured, and what is needed of it.

    Args:
        result: What was measured.

    Returns:
        The report; rates are in answers a second.
    """
    rates = {
        "naive design, each after a rating": result.naive_rps,
        "service, each after a rating": result.adapting_rps,
        "service, nothing changed": result.unchanged_rps,
        "no-op, the same bytes": result.noop_rps,
    }
    sustained = result.sustained
    table = Table("one worker on one core", "answers a second")
    for name, rate in rates.items():
        table.add_row(name, f"{rate:,.0f}")
    table.add_row("service for a while, a rating to two questions", f"{sustained.rps:,.0f}")
    return Report(
        name="service",
        values=_values(result),
        tables=[table],
        requirements=[
            Requirement(
                "each after a rating, over naive",
                result.adapting_rps / result.naive_rps,
                _LEAST_OVER_NAIVE,
            ),
            Requirement(
                "nothing changed, over no-op",
                result.unchanged_rps / result.noop_rps,
                _LEAST_OF_NOOP,
            ),
            Requirement(
                f"with reasons, over without ({result.explained_ms:.1f} ms, "
                f"{result.plain_ms:.1f} ms)",
                result.explained_ms / result.plain_ms,
                _MOST_FOR_REASONS,
                at_most=True,
            ),
            Requirement(
                f"for a while, p99 over p50 ({sustained.p99_ms:.1f} ms, {sustained.p50_ms:.1f} ms)",
                sustained.p99_ms / sustained.p50_ms,
                _MOST_TAIL,
                at_most=True,
            ),
            Requirement("for a while, errors", sustained.errors, 0, at_most=True),
            Requirement(
                "for a while, rate over that asked for",
                sustained.rps / result.target_rps,
                _LEAST_OF_TARGET,
            ),
        ],
        bars=rates,
        bars_title="Answers a second, one worker on one core",
    )


def _values(result: ServiceResult) -> dict[str, Any]:
    sustained = result.sustained
    return {
        "naive_rps": round(result.naive_rps, 1),
        "adapting_rps": round(result.adapting_rps, 1),
        "unchanged_rps": round(result.unchanged_rps, 1),
        "noop_rps": round(result.noop_rps, 1),
        "plain_ms": round(result.plain_ms, 3),
        "explained_ms": round(result.explained_ms, 3),
        "sustained": {
            "target_rps": round(result.target_rps, 1),
            "rps": round(sustained.rps, 1),
            "errors": sustained.errors,
            "p50_ms": sustained.p50_ms,
            "p99_ms": sustained.p99_ms,
            "worst_delay_ms": sustained.worst_delay_ms,
        },
    }
