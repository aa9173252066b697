"""Write a folder as a whole or not at all."""

import ctypes
import glob
import os
import shutil
import sys
import tempfile
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path

from model.errors import ModelError

_AT_FDCWD = -100
_RENAME_EXCHANGE = 2


@dataclass(frozen=True)
class OwnFolder:
    """A kind of folder that a command writes, and replaces where one is.

    Attributes:
        mark: Name of the file by which one is known.
        names: Patterns of the names that one has.
        otherwise: What is said of a place where something else is.
        error: What is raised then.
        begins: What the file `mark` begins with.
    """

    mark: str
    names: Collection[str]
    otherwise: str
    error: type[ModelError]
    begins: bytes = b""

    def is_marked(self, folder: Path) -> bool:
        """Tell whether a folder has the file by which one of the kind is known."""
        mark = folder / self.mark
        return mark.is_file() and mark.read_bytes().startswith(self.begins)

    def check(self, target: Path) -> None:
        """Find out whether a place may be written to, before an hour of work.

        Args:
            target: The folder; there need not be anything.

        Raises:
            ModelError: If anything is there but an empty folder, or one of the kind and nothing
                beside: whatever else is in it would be taken along. Or if it is not the user's to
                write.
        """
        try:
            is_free = self._is_free(target)
        except OSError as error:
            raise ModelError(
                f"{target} can't be read: {error.strerror}. Choose another."
            ) from error
        if not is_free:
            raise self.error(f"{target} exists and {self.otherwise}; choose another --out.")
        check_writable(target)

    def _is_free(self, target: Path) -> bool:
        if not target.exists():
            return True
        if not target.is_dir():
            return False
        names = [path.name for path in target.iterdir()]
        if not names:
            return True
        if not all(any(fnmatchcase(name, pattern) for pattern in self.names) for name in names):
            return False
        return self.is_marked(target)


def check_writable(target: Path) -> None:
    """Find out before the work whether a folder can be written, or the one that is there replaced.

    Args:
        target: The folder; there need not be anything.

    Raises:
        ModelError: If it is not the user's to write.
    """
    place = target.absolute()
    try:
        # A folder that goes elsewhere is written itself: what leads out of it leads elsewhere then.
        kept = [place] if place.is_dir() and not place.is_symlink() else []
        parent = next(one for one in place.parents if one.is_dir())
    except OSError as error:
        raise ModelError(f"{target} can't be read: {error.strerror}. Choose another.") from error
    for one in (parent, *kept):
        if not os.access(one, os.W_OK | os.X_OK):
            raise ModelError(
                f"{target} can't be written: {one} is not yours to write. Choose another place, or "
                "have it made yours."
            )


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
