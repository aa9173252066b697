"""What the commands share in talking to a terminal."""

import platform
from collections.abc import Iterator
from contextlib import contextmanager

import torch
from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

from model.data import LoadReport
from model.reports import EpochReport

console = Console(stderr=True)
output = Console()


def print_load_report(report: LoadReport) -> None:
    """Tell what the loader left out, if anything."""
    for problem, lines in report.bad_rows.items():
        console.print(f"[yellow]skipped {len(lines):,} row(s)[/] {problem}, first at {lines[0]}")
    if report.duplicate_ratings:
        console.print(f"{report.duplicate_ratings:,} older ratings of a pair gave way to newer")
    if report.dropped_features:
        console.print(f"dropped without spread: {', '.join(report.dropped_features)}")


class TrainingProgress:
    """A progress bar over the epochs of both phases of a training.

    Args:
        progress: The bars to draw on.
    """

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._bar = progress.add_task("meta-training", total=None, detail="")
        self._phase = ""

    def __call__(self, report: EpochReport) -> None:
        """Draw one epoch."""
        if report.phase != self._phase:
            self._phase = report.phase
            what = "finding the stop" if report.phase == "search" else "all users"
            self._progress.reset(
                self._bar, total=report.epochs, description=f"meta-training, {what}"
            )
        detail = f"loss {report.loss:.3f}"
        if report.validation_mae:
            mean = sum(report.validation_mae.values()) / len(report.validation_mae)
            detail += f"  held-out MAE {mean:.3f}"
        self._progress.update(self._bar, completed=report.epoch, detail=detail)


@contextmanager
def training_progress() -> Iterator[TrainingProgress]:
    """Show a progress bar with loss and time left while the block runs."""
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[detail]}"),
        TimeElapsedColumn(),
        TextColumn("at most"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=console) as progress:
        yield TrainingProgress(progress)


def machine() -> str:
    """Name the machine, for numbers that depend on it."""
    return (
        f"{platform.processor() or platform.machine()}, {torch.get_num_threads()} threads, "
        f"Python {platform.python_version()}, torch {torch.__version__}"
    )
