"""Write a folder as a whole or not at all."""

import ctypes
import glob
import os
import shutil
import sys
import tempfile
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from fnmatch import fnmatchcase
from pathlib import Path

from model.errors import ModelError

_AT_FDCWD = -100
_RENAME_EXCHANGE = 2


def is_replaceable(target: Path, mark: str, own: Collection[str]) -> bool:
    """Tell whether a folder may be replaced: it would take along whatever else is in it.

    Args:
        target: The folder; there need not be anything.
        mark: Name of the file by which a folder of the kind is known.
        own: Patterns of the names that such a folder has.

    Returns:
        Whether there is nothing, an empty folder, or one of the kind without anything else.

    Raises:
        ModelError: If it can't be looked at.
    """
    try:
        if not target.exists():
            return True
        if not target.is_dir():
            return False
        names = [path.name for path in target.iterdir()]
    except OSError as error:
        raise ModelError(f"{target} can't be read: {error.strerror}. Choose another.") from error
    is_own = all(any(fnmatchcase(name, pattern) for pattern in own) for name in names)
    return not names or ((target / mark).is_file() and is_own)


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
        put_in_place(content, target, staging / "old")
    finally:
        shutil.rmtree(staging, ignore_errors=True)


def remove_leftovers(target: Path) -> None:
    """Take away what a process that was killed left of replacing a folder.

    Args:
        target: The folder; nobody else may be replacing it now.
    """
    for staging in target.parent.glob(f".{glob.escape(target.name)}-*"):
        shutil.rmtree(staging, ignore_errors=True)


def put_in_place(content: Path, target: Path, old: Path) -> None:
    """Let a folder take the place of another, which goes to a third place.

    On Linux both change places in one step, so that whoever looks finds the one or the other.
    Elsewhere there is a moment in which there is neither.

    Args:
        content: The folder.
        target: Where it should be; there need not be anything.
        old: Where what was there goes; on the same file system.
    """
    if not target.exists():
        content.rename(target)
        return
    # To the third place first: whoever is stopped in the middle leaves neither in a folder that is
    # cleared away.
    content.rename(old)
    if not _exchange(old, target):
        old.rename(content)
        target.rename(old)
        content.rename(target)


def _exchange(one: Path, other: Path) -> bool:
    """Let two paths change places in one step, if the system can."""
    if not sys.platform.startswith("linux"):
        return False
    try:
        rename = ctypes.CDLL(None, use_errno=True).renameat2
    except (AttributeError, OSError):  # a C library without it
        return False
    paths = (_AT_FDCWD, os.fsencode(one), _AT_FDCWD, os.fsencode(other))
    # Some file systems can't; they say so.
    return bool(rename(*paths, _RENAME_EXCHANGE) == 0)
