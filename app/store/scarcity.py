"""What this process, its machine or its store runs out of."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

try:
    import resource
except ImportError:  # a platform without such limits
    resource = None  # type: ignore[assignment]

LEAST_DISK_BYTES = 64 * 1024 * 1024
_ROOT = Path("/")
_MOST_OF_THEM = 0.9
_MOST_MEMORY = 0.95
_UNLIMITED = 2**60
"""Kernels write a number like this, or `max`, where there is no limit."""


def scarce(store_folder: Path | None, root: Path = _ROOT) -> list[str]:
    """Name what is nearly used up.

    Args:
        store_folder: Where an embedded store writes; None for a store elsewhere.
        root: Of the file system, whose `proc` and `sys` tell.

    Returns:
        `descriptors`: nine tenths of the files and connections that the process may have open;
        `memory`: 95 % of the machine's or the container's; `threads`: nine tenths of those that it
        may have; `disk`: less than 64 MiB are left to the store.
    """
    found = []
    if _descriptors_are(root):
        found.append("descriptors")
    if any(used >= _MOST_MEMORY * limit for used, limit in _memory(root)):
        found.append("memory")
    if any(used >= _MOST_OF_THEM * limit for used, limit in _threads(root)):
        found.append("threads")
    if store_folder is not None:
        with suppress(OSError):
            if shutil.disk_usage(store_folder).free < LEAST_DISK_BYTES:
                found.append("disk")
    return found


def _descriptors_are(root: Path) -> bool:
    descriptors = root / "proc/self/fd"
    if resource is None or not descriptors.exists():
        return False
    limit, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    try:
        used = sum(1 for _ in descriptors.iterdir())
    except OSError:  # not even one is left to look with
        used = limit
    return limit != resource.RLIM_INFINITY and used >= _MOST_OF_THEM * limit


def _memory(root: Path) -> Iterator[tuple[int, int]]:
    """Yield bytes in use, and how many there are: of the machine, and of the container."""
    machine = _numbers(root / "proc/meminfo")
    if "MemTotal:" in machine and "MemAvailable:" in machine:
        yield machine["MemTotal:"] - machine["MemAvailable:"], machine["MemTotal:"]
    for folder, used, limit, cached in (
        ("sys/fs/cgroup", "memory.current", "memory.max", "inactive_file"),
        (
            "sys/fs/cgroup/memory",
            "memory.usage_in_bytes",
            "memory.limit_in_bytes",
            "total_inactive_file",
        ),
    ):
        for bounds in _limited(root / folder, used, limit):
            # What is cached of files goes when it is needed for something else.
            reclaimable = _numbers(root / folder / "memory.stat").get(cached, 0)
            yield bounds[0] - reclaimable, bounds[1]


def _threads(root: Path) -> Iterator[tuple[int, int]]:
    """Yield threads, and how many may be, of the container; both kinds of control groups."""
    for folder in ("sys/fs/cgroup", "sys/fs/cgroup/pids"):
        yield from _limited(root / folder, "pids.current", "pids.max")


def _limited(folder: Path, used: str, limit: str) -> Iterator[tuple[int, int]]:
    with suppress(OSError, ValueError):  # no such limit, or `max`
        bounds = int((folder / used).read_text()), int((folder / limit).read_text())
        if bounds[1] < _UNLIMITED:
            yield bounds


def _numbers(path: Path) -> dict[str, int]:
    found = {}
    with suppress(OSError):
        for line in path.read_text().splitlines():
            name, *values = line.split()
            if values and values[0].isdigit():
                found[name] = int(values[0])
    return found
