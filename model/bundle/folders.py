"""Write a folder as a whole or not at all."""

import ctypes
import glob
import os
import re
import shutil
import sys
import tempfile
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path

from model.errors import ModelError

try:
    import fcntl
except ImportError:  # a platform without such locks
    fcntl = None  # type: ignore[assignment]

_AT_FDCWD = -100
_RENAME_EXCHANGE = 2
_NEW = "new"
SPARE = ".spare"
"""Behind the name of a folder that changes places with another, where that takes three steps."""


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
    try:
        # Who may do everything may still not do it everywhere: on a share that trusts no root, or
        # with a name that is too long.
        Path(tempfile.mkdtemp(prefix=f".{target.name}.try-", dir=parent)).rmdir()
    except OSError as error:
        raise ModelError(
            f"{target} can't be written: {parent} takes no new folder: {error.strerror}. Choose "
            "another place."
        ) from error


@contextmanager
def replacing_folder(target: Path) -> Iterator[Path]:
    """Give a new empty folder that takes the place of `target` when the block ends well.

    An interrupted or failed block leaves `target` as it was.

    Args:
        target: The folder to write; one that exists is replaced.

    Yields:
        A staging folder on the same file system.
    """

    def settle(staging: Path) -> None:
        settle_exchange(staging / _NEW, target)

    with staging_beside(target, settle, {_NEW, _NEW + SPARE}) as staging:
        content = staging / _NEW
        content.mkdir()
        yield content
        if target.exists():
            exchange(content, target)
        else:
            content.rename(target)


@contextmanager
def staging_beside(
    target: Path, settle: Callable[[Path], None], parts: Collection[str], kind: str = ""
) -> Iterator[Path]:
    """Give a folder on the file system of another, that is taken away however the block ends.

    What processes left of it that were killed is taken away first. A folder that one still works in
    is left alone: each holds a lock on its own.

    Args:
        target: The folder that is to be replaced.
        settle: Called with the staging folder before that is taken away, of whatever process it
            was; finishes or takes back what was stopped half-way.
        parts: Names of all that may be in it; what holds anything else is not ours.
        kind: Tells staging folders for one purpose from those for another.

    Yields:
        The folder.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    prefix = f".{target.name}{kind}-"
    for left in _beside(target, prefix, parts):
        with _held(left) as is_free:
            if is_free:
                settle(left)
                shutil.rmtree(left, ignore_errors=True)
    while True:
        staging = Path(tempfile.mkdtemp(prefix=prefix, dir=target.parent))
        with _held(staging):
            if not staging.exists():  # taken for one that was left, before it was held
                continue
            try:
                yield staging
            finally:
                settle(staging)
                shutil.rmtree(staging, ignore_errors=True)
            return


def _beside(target: Path, prefix: str, parts: Collection[str]) -> list[Path]:
    named = re.compile(re.escape(prefix) + "[a-z0-9_]{8}")
    found = [one for one in target.parent.iterdir() if named.fullmatch(one.name)]
    return [one for one in found if _has_only(one, parts)]


def _has_only(folder: Path, parts: Collection[str]) -> bool:
    try:
        return {part.name for part in folder.iterdir()} <= set(parts)
    except OSError:  # no folder, another user's, or gone by now
        return False


@contextmanager
def _held(folder: Path) -> Iterator[bool]:
    """Hold a folder as long as the block lasts; say whether nobody else does."""
    try:
        descriptor = os.open(folder, os.O_RDONLY)
    except OSError:  # another user's, or gone by now
        yield False
        return
    try:
        yield _is_locked_by(descriptor)
    finally:
        os.close(descriptor)


def _is_locked_by(descriptor: int) -> bool:
    if fcntl is None:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


def remove_leftovers(target: Path) -> None:
    """Take away what a process that was killed left of replacing a folder.

    Args:
        target: The folder; nobody else may be replacing it now.
    """
    for staging in target.parent.glob(f".{glob.escape(target.name)}-*"):
        shutil.rmtree(staging, ignore_errors=True)


def exchange(one: Path, other: Path) -> None:
    """Let two folders change places.

    On Linux in one step, so that whoever looks finds the one or the other. Elsewhere there is a
    moment in which there is no `other`; `settle_exchange` ends it for whoever was stopped in it.

    Args:
        one: A folder.
        other: Another, on the same file system.
    """
    if _exchange(one, other):
        return
    spare = _spare_of(one)
    other.rename(spare)
    one.rename(other)
    spare.rename(one)


def settle_exchange(one: Path, other: Path) -> None:
    """Take an exchange back that was stopped half-way, or finish it, so that there is `other`.

    Args:
        one: A folder.
        other: The one that it was to change places with.
    """
    spare = _spare_of(one)
    if spare.exists():
        spare.rename(one if other.exists() else other)


def _spare_of(one: Path) -> Path:
    return one.with_name(one.name + SPARE)


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
