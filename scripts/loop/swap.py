"""The served bundle's folder: put another into its place, keep those before, and go back."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from model.bundle.folders import SPARE, exchange, settle_exchange, staging_beside
from model.bundle.manifest import MANIFEST_FILE, read_manifest
from model.errors import BundleError, ModelError
from model.recommender import Recommender
from scripts.terminal import console

_FORMER, _WITHDRAWN = ".former", ".withdrawn"
_CANDIDATE, _DROPPED = "candidate", "withdrawn before"
_REPLACING, _RETURNING = "replacing", "returning"
_PARTS = (_CANDIDATE, _DROPPED, _REPLACING, _RETURNING)
_WHEN = "%Y%m%dT%H%M%S%fZ"


def promote_bundle(
    candidate: Path, current: Path, *, keep: int, instead_of: str | None = None
) -> Path | None:
    """Copy a candidate into the place of the current bundle, in one step for whoever looks.

    A service that serves the folder takes the bundle over by itself. Where the place is a link, it
    is the folder that the link leads to which is replaced, and the link stays.

    Args:
        candidate: A bundle; it stays where it is.
        current: Where the served bundle is, or should be.
        keep: How many bundles of before are kept beside it; older ones are deleted.
        instead_of: Version that the candidate was judged beside, empty if there was no bundle;
            None if any may go.

    Returns:
        Where the bundle of before is kept; None if there was none.

    Raises:
        ModelError: If the candidate is damaged, another bundle is served by now than it was judged
            beside, or the folders can't be written.
    """
    current = current.resolve()
    with _staging(current) as staging:
        shutil.copytree(candidate, staging / _CANDIDATE)
        # What is served must be whole, and answer.
        Recommender.load(staging / _CANDIDATE).warm_up()
        served = (_version(current) or "") if current.exists() else ""
        if instead_of is not None and served != instead_of:
            raise BundleError(
                f"{current} holds {served or 'nothing that can be read'} by now, and the candidate "
                f"was judged beside {instead_of or 'nothing'}. Judge it again: `melu promote`."
            )
        kept = _put(staging, current)
    former = bundles_before(current)
    for one in former[: max(0, len(former) - keep)]:
        shutil.rmtree(one, ignore_errors=True)
    return kept if kept is not None and kept.exists() else None


def roll_back(current: Path) -> tuple[str, str | None, Path | None]:
    """Let the newest bundle of before take the place of the current one, be that whole or not.

    Args:
        current: Where the served bundle is, or was.

    Returns:
        The version that is served now; the one before, None if it can't be read; and where that is
        kept now, None if nothing was there.

    Raises:
        ModelError: If there is no bundle to go back to, it is damaged, or the folders can't be
            written.
    """
    current = current.resolve()
    with _staging(current) as staging:
        former = bundles_before(current)
        if not former:
            raise BundleError(
                f"there is no bundle of before {current}: none was promoted, or --keep 0 kept none."
            )
        newest = former[-1]
        try:
            # What is served must be whole, and answer.
            Recommender.load(newest).warm_up()
        except BundleError as error:
            raise BundleError(
                f"the newest bundle of before can't be served: {error} Delete {newest} to go back "
                "to the one before that."
            ) from error
        version, before = read_manifest(newest).version, _version(current)
        if not current.exists():
            newest.rename(current)
            return version, before, None
        returning = _place(staging, _RETURNING, version, newest.name)
        newest.rename(returning)
        exchange(returning, current)
        return version, before, _withdraw(returning, staging, current)


def finish_swap(current: Path) -> None:
    """Put each bundle where it belongs, if a promotion or a way back was killed half-way.

    Args:
        current: Where the served bundle is, or should be.

    Raises:
        ModelError: If the folders can't be written.
    """
    current = current.resolve()
    if current.parent.is_dir():
        with _staging(current):
            pass


def bundles_before(current: Path) -> list[Path]:
    """Return the bundles that were served before, oldest first.

    Args:
        current: Where the served bundle is.

    Returns:
        Their folders.
    """
    current = current.resolve()
    folder = current.with_name(current.name + _FORMER)
    return sorted(one.parent for one in folder.glob(f"*/{MANIFEST_FILE}"))


def _version(folder: Path) -> str | None:
    try:
        return read_manifest(folder).version
    except BundleError:
        return None


def _put(staging: Path, current: Path) -> Path | None:
    candidate = staging / _CANDIDATE
    if not current.exists():
        candidate.rename(current)
        return None
    version = read_manifest(current).version
    name = f"{datetime.now(UTC).strftime(_WHEN)}-{_digest(version)}"
    replacing = _place(staging, _REPLACING, version, name)
    candidate.rename(replacing)
    exchange(replacing, current)
    return _keep(replacing, current)


def _place(staging: Path, what: str, version: str, name: str) -> Path:
    """Return where a bundle waits to change places; its folder tells which one is a former one."""
    folder = staging / what / _digest(version)
    folder.mkdir(parents=True)
    return folder / name


def _digest(version: str) -> str:
    # The first part of a version is the data set's name, which may be any text.
    return version.rpartition("-")[2]


def _keep(bundle: Path, current: Path) -> Path:
    former = current.with_name(current.name + _FORMER)
    former.mkdir(exist_ok=True)
    return bundle.rename(former / bundle.name)


def _withdraw(bundle: Path, staging: Path, current: Path) -> Path:
    withdrawn = current.with_name(current.name + _WITHDRAWN)
    if withdrawn.exists():
        withdrawn.rename(staging / _DROPPED)
    return bundle.rename(withdrawn)


def _settle(staging: Path, current: Path) -> None:
    """Finish or take back what was stopped half-way, so that each bundle is where it belongs.

    A former bundle stays one, or becomes one; of the others the candidate is a copy, and what was
    to be gone back from is withdrawn.
    """
    for spare in _waiting(staging, SPARE):
        settle_exchange(spare.with_name(spare.name.removesuffix(SPARE)), current)
    for waiting in _waiting(staging):
        what, digest, _ = waiting.relative_to(staging).parts
        version = _version(waiting)
        if version is not None and _digest(version) == digest:
            place = _keep(waiting, current)
        elif what == _RETURNING:
            place = _withdraw(waiting, staging, current)
        else:
            continue
        console.print(
            f"{current} was being replaced when that was ended: it holds "
            f"{_version(current) or 'nothing that can be read'}, and "
            f"{version or 'what was there'} is in {place}."
        )


def _waiting(staging: Path, ending: str = "") -> list[Path]:
    return [one for what in (_REPLACING, _RETURNING) for one in staging.glob(f"{what}/*/*{ending}")]


@contextmanager
def _staging(current: Path) -> Iterator[Path]:
    """Give a folder beside the bundle, on the same file system, that is gone afterwards."""

    def settle(staging: Path) -> None:
        _settle(staging, current)

    try:
        with staging_beside(current, settle, _PARTS, ".swap") as staging:
            yield staging
    except OSError as error:
        raise ModelError(
            f"{current} can't be replaced: {error.strerror or error}. The folder that it is in "
            "must be writable, and it must be no mount point itself."
        ) from error
