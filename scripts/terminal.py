"""What the commands share in talking to a terminal.

Commands without a model use this too, so torch is imported only by what needs it.
"""

import io
import os
import platform
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

from model.bundle.reports import EpochReport

_LINE_SECONDS = 10.0
"""Between two lines of progress where there is no terminal."""


def plain_console(*, stderr: bool = False, width: int | None = None) -> Console:
    """Return a console that prints what it is given: brackets and colons in data are no markup.

    Args:
        stderr: Print to standard error.
        width: Of what it prints; that of the terminal if None.

    Returns:
        The console.
    """
    return Console(stderr=stderr, width=width, markup=False, emoji=False, highlight=False)


def print_whatever_the_encoding() -> None:
    """Let characters that standard output can't have be marked there, rather than end a command."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")


console = plain_console(stderr=True)
output = plain_console()


def quiet_unless(tells: bool) -> None:
    """Tell of progress in one process of several alone.

    Args:
        tells: Whether this is the one.
    """
    console.quiet = not tells


def tables_output(width: int) -> Console:
    """Return what tables are printed to: standard output.

    Args:
        width: Where that is a file or a pipe, for tables should not be squeezed to the 80 columns
            of no terminal.

    Returns:
        The console.
    """
    piped = not sys.stdout.isatty() and "COLUMNS" not in os.environ
    return plain_console(width=width if piped else None)


class TrainingProgress:
    """A progress bar for each phase of a training; phases may run side by side.

    Args:
        progress: The bars to draw on.
    """

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._bars: dict[str, TaskID] = {}
        self._begun: dict[str, float] = {}
        self._told_at = float("-inf")

    def __call__(self, report: EpochReport) -> None:
        """Draw one epoch; where no terminal is, tell of it in a line."""
        detail = f"loss {report.loss:.3f}"
        if report.validation_mae:
            mean = sum(report.validation_mae.values()) / len(report.validation_mae)
            detail += f"  held-out MAE {mean:.3f}"
        if report.list_quality is not None:
            detail += f"  held-out nDCG@20 {report.list_quality:.3f}"
        bar = self._bars.get(report.phase)
        if bar is None or report.epoch == 1:
            if bar is not None:
                self._progress.remove_task(bar)
            bar = self._bars[report.phase] = self._progress.add_task(
                f"meta-training, {report.phase}", total=report.epochs, detail=detail
            )
        self._progress.update(bar, completed=report.epoch, detail=detail)
        if not console.is_terminal and not console.quiet:
            self._tell(report, detail)

    def _tell(self, report: EpochReport, detail: str) -> None:
        now = time.monotonic()
        begun = self._begun.setdefault(report.phase, now)
        is_last = report.epoch == report.epochs
        if now - self._told_at < _LINE_SECONDS and not is_last:
            return
        self._told_at = now
        left = ""
        if report.epoch > 1 and not is_last:
            each = (now - begun) / (report.epoch - 1)
            left = f", at most {each * (report.epochs - report.epoch):.0f} s left"
        console.print(
            f"meta-training, {report.phase}: epoch {report.epoch} of {report.epochs}, "
            f"{detail}{left}",
            soft_wrap=True,
        )


@contextmanager
def training_progress() -> Iterator[TrainingProgress]:
    """Show progress bars with loss and time left while the block runs.

    Torch keeps to one thread meanwhile: the products are small, and more threads spend their time
    waiting for each other.
    """
    import torch

    torch.set_num_threads(1)
    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[detail]}", markup=False),
        TimeElapsedColumn(),
        TextColumn("at most"),
        TimeRemainingColumn(),
    )
    # Bars that nobody can see move would be printed once, at the end.
    with Progress(
        *columns, console=console, disable=not console.is_terminal or console.quiet
    ) as progress:
        yield TrainingProgress(progress)


def machine() -> str:
    """Name the machine, for numbers that depend on it."""
    import torch

    return (
        f"{_processor()}, {os.cpu_count()} cores, torch {torch.__version__} on "
        f"{torch.get_num_threads()} thread(s) a computation, Python {platform.python_version()}"
    )


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        lines = []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or platform.machine()
