"""`melu benchmark growth`: how the time and memory of a training grow with the data.

Each size is planted, then `melu train` runs on it in a process of its own, so that what it takes at
most is known exactly.
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from rich.table import Table

from model.errors import ModelError
from scripts.benchmark.planted import Size, write_planted
from scripts.benchmark.report import Report, Requirement, publish
from scripts.files import check_files
from scripts.terminal import console

SIZES = (
    Size(100_000, 1_000, 2_000),
    Size(650_000, 10_500, 21_000),
    Size(1_000_000, 6_000, 4_000),
    Size(5_000_000, 50_000, 20_000),
)
_MOST_SECONDS = {SIZES[1]: 240.0, SIZES[3]: 900.0}
_MOST_MIB = {SIZES[3]: 4096.0}
_TORCHRUN = ("torch.distributed.run", "--standalone", "--nproc-per-node")


@dataclass(frozen=True)
class Cost:
    """What a training took.

    Attributes:
        size: Of the data.
        seconds: From the start of `melu train` to its end.
        cpu_seconds: Of all its threads and processes together.
        peak_mib: Most memory at a time, of the largest of its processes.
    """

    size: Size
    seconds: float
    cpu_seconds: float
    peak_mib: float


def benchmark_growth(
    sizes: Sequence[Size],
    *,
    preset: str,
    processes: int = 1,
    json_file: Path | None,
    plot_file: Path | None,
) -> None:
    """Train on planted data of some sizes; print, and write, what was found.

    Args:
        sizes: How large.
        preset: What to train.
        processes: In how many processes, by torchrun; in this machine's memory all at once.
        json_file: Where to write the numbers.
        plot_file: Where to draw them.

    Raises:
        ModelError: If a training fails, or a file can't be written.
    """
    check_files(json_file, plot_file)
    costs = [_measured(size, preset, processes) for size in sizes]
    publish(_report(costs), json_file=json_file, plot_file=plot_file)


def _measured(size: Size, preset: str, processes: int) -> Cost:
    console.print(f"planting {size}")
    with tempfile.TemporaryDirectory(prefix="melu-growth-") as folder:
        data = write_planted(Path(folder) / "data", size)
        started = time.perf_counter()
        child = os.posix_spawn(
            sys.executable,
            [
                sys.executable,
                *(("-m", *_TORCHRUN, str(processes)) if processes > 1 else ()),
                *("-m", "scripts.cli", "train", str(data), "--preset", preset),
                *("--out", str(Path(folder) / "model"), "--no-checkpoints"),
            ],
            os.environ,
        )
        # Of this child alone; what `getrusage` tells is of all that ever were.
        _, status, usage = os.wait4(child, 0)
        seconds = time.perf_counter() - started
    if status:
        raise ModelError(f"the training on {size} failed; what it printed stands above.")
    return Cost(size, seconds, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024)


def _report(costs: Sequence[Cost]) -> Report:
    table = Table("planted data", "seconds", "CPU seconds", "peak MiB", "CPU µs a rating")
    requirements = []
    for cost in costs:
        table.add_row(
            str(cost.size),
            f"{cost.seconds:.0f}",
            f"{cost.cpu_seconds:.0f}",
            f"{cost.peak_mib:,.0f}",
            f"{1e6 * cost.cpu_seconds / cost.size.ratings:.0f}",
        )
        for name, most, unit, found in (
            ("time", _MOST_SECONDS, " s", cost.seconds),
            ("memory", _MOST_MIB, " MiB", cost.peak_mib),
        ):
            if cost.size in most:
                requirements.append(
                    Requirement(
                        f"{name}, {cost.size.ratings:,} ratings",
                        found,
                        most[cost.size],
                        at_most=True,
                        unit=unit,
                    )
                )
    return Report(
        name="growth",
        values={
            f"{cost.size.ratings}": {
                "users": cost.size.users,
                "items": cost.size.items,
                "seconds": round(cost.seconds, 1),
                "cpu_seconds": round(cost.cpu_seconds, 1),
                "peak_mib": round(cost.peak_mib, 1),
            }
            for cost in costs
        },
        tables=[table],
        requirements=requirements,
        bars={str(cost.size): cost.seconds for cost in costs},
        bars_title="Seconds of a training",
    )
