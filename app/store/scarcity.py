"""What this process or its store runs out of."""

from __future__ import annotations

import shutil
from contextlib import suppress
from pathlib import Path

try:
    import resource
except ImportError:  # a platform without such limits
    resource = None  # type: ignore[assignment]

LEAST_DISK_BYTES = 64 * 1024 * 1024
_DESCRIPTORS = Path("/proc/self/fd")
_MOST_OF_THEM = 0.9


def scarce(store_folder: Path | None) -> list[str]:
    """Name what is nearly used up.

    Args:
        store_folder: Where an embedded store writes; None for a store elsewhere.

    Returns:
        `descriptors`: nine tenths of the files and connections that the process may have open;
        `disk`: less than 64 MiB are left to the store.
    """
    found = []
    if resource is not None and _DESCRIPTORS.exists():
        limit, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
        try:
            used = sum(1 for _ in _DESCRIPTORS.iterdir())
        except OSError:  # not even one is left to look with
            used = limit
        if limit != resource.RLIM_INFINITY and used >= _MOST_OF_THEM * limit:
            found.append("descriptors")
    if store_folder is not None:
        with suppress(OSError):
            if shutil.disk_usage(store_folder).free < LEAST_DISK_BYTES:
                found.append("disk")
    return found
