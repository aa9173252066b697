"""Write a folder as a whole or not at all."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def replacing_folder(target: Path) -> Iterator[Path]:
    """Give a new empty folder that takes the place of `target` when the block ends well.

    An interrupted or failed block leaves `target` as it was.

    Args:
        target: The folder to write; one that exists is replaced.

    Yields:
        A staging folder on the same file system.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    staging = Path(tempfile.mkdtemp(prefix=f".{target.name}-", dir=target.parent))
    try:
        content = staging / "new"
        content.mkdir()
        yield content
        if target.exists():
            target.rename(staging / "old")
        content.rename(target)
    finally:
        shutil.rmtree(staging, ignore_errors=True)
