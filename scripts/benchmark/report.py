"""What the benchmarks share in telling a result: tables, JSON, a picture."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from matplotlib.figure import Figure
from rich.table import Table
from rich.text import Text

from scripts.files import write_figure, write_json, write_then_print
from scripts.terminal import machine, tables_output

_COLOUR = "#4477aa"
_WIDTH_WITHOUT_TERMINAL = 120


@dataclass(frozen=True)
class Requirement:
    """A number that a measurement has to reach, or to stay below.

    Attributes:
        title: What the number is.
        value: As measured.
        bound: The least it should be.
        at_most: Whether `bound` is the most instead.
        unit: Written behind both.
    """

    title: str
    value: float
    bound: float
    at_most: bool = False
    unit: str = ""

    @property
    def holds(self) -> bool:
        """Tell whether the number is as it should be."""
        return self.value <= self.bound if self.at_most else self.value >= self.bound


@dataclass(frozen=True)
class Report:
    """A benchmark's result.

    Attributes:
        name: Of the benchmark; its key in the JSON.
        values: The numbers, for the JSON.
        tables: The numbers, for reading.
        requirements: Ratios and bounds.
        bars: What the picture shows, name → length.
        bars_title: What the lengths are.
    """

    name: str
    values: Mapping[str, Any] | Sequence[Mapping[str, Any]]
    tables: Sequence[Table]
    requirements: Sequence[Requirement]
    bars: Mapping[str, float] = field(default_factory=dict)
    bars_title: str = ""


def publish(report: Report, *, json_file: Path | None, plot_file: Path | None) -> None:
    """Print a result to standard output and write it to files.

    Args:
        report: The result.
        json_file: Where to write it as JSON.
        plot_file: Where to draw it.

    Raises:
        ModelError: If a file can't be written.
    """
    content = {"machine": machine(), report.name: report.values}
    write_then_print(
        lambda: _print(report),
        (json_file, lambda path: write_json(path, content)),
        (plot_file, lambda path: write_figure(path, draw_bars(report.bars, report.bars_title))),
    )


def _print(report: Report) -> None:
    # A table for a file or a pipe should not be squeezed to the 80 columns of no terminal.
    console = tables_output(_WIDTH_WITHOUT_TERMINAL)
    for table in report.tables:
        console.print(table)
    console.print(requirements_table(report.requirements))
    console.print(machine())


def requirements_table(requirements: Sequence[Requirement]) -> Table:
    """Set measured numbers beside what is needed of them.

    Args:
        requirements: The numbers.

    Returns:
        A row each.
    """
    table = Table("", "measured", "needed", "")
    for one in requirements:
        sign = "≤" if one.at_most else "≥"
        table.add_row(
            one.title,
            f"{one.value:,.4g}{one.unit}",
            f"{sign} {one.bound:,g}{one.unit}",
            Text("holds", "green") if one.holds else Text("fails", "red"),
        )
    return table


def draw_bars(lengths: Mapping[str, float], title: str) -> Figure:
    """Draw numbers of one unit as bars.

    Args:
        lengths: Name → number.
        title: What they are.

    Returns:
        The picture.
    """
    figure = Figure(figsize=(8, 1 + 0.45 * len(lengths)), layout="constrained")
    axes = figure.add_subplot()
    bars = axes.barh(list(lengths), list(lengths.values()), color=_COLOUR)
    axes.bar_label(bars, [f"{length:,.4g}" for length in lengths.values()], padding=3)
    axes.margins(x=0.12)
    axes.invert_yaxis()
    axes.set(title=title)
    return figure
