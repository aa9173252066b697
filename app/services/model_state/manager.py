"""Take over a new bundle while the service runs."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Generic, Protocol, TypeVar

from app.metrics import MODEL_RELOADS, note_model
from app.problems import InvalidBundle
from app.services.arms.alignment import aligned, check_candidate
from app.services.model_state.live_model import LiveModel
from model.bundle.manifest import MANIFEST_FILE
from model.errors import BundleError
from model.recommender import Recommender

Fingerprint = frozenset[tuple[str, int, int, int]]

logger = logging.getLogger("uvicorn.error")


@dataclass(frozen=True)
class Reloaded:
    """What became of a reload.

    Attributes:
        version: Of the bundle that answers now.
        previous: Of the one before; None if there was none.
        candidate: Of the candidate's bundle; None without one.
    """

    version: str
    previous: str | None
    candidate: str | None = None


class _Services(Protocol):
    """What the manager knows of the services: the models that they share."""

    @property
    def live(self) -> LiveModel:
        """The model that answers."""

    @property
    def candidate(self) -> LiveModel | None:
        """That of a candidate that has a bundle of its own."""

    def warnings(self) -> Sequence[str]:
        """What of the settings they can't follow."""


S = TypeVar("S", bound=_Services)


class ModelManager(Generic[S]):
    """Holds the services of the bundle that answers, and replaces the bundle.

    A new bundle is loaded, checked and warmed up before it answers. Requests under way go on with
    the one that they began with; a bad bundle changes nothing. Where a candidate has a bundle too,
    both are loaded and held against each other.

    Args:
        folder: The bundle.
        build: Puts the services together for the first bundle, and the candidate's.
        candidate: The candidate's bundle; None without one.
    """

    def __init__(
        self,
        folder: Path,
        build: Callable[[Recommender, Recommender | None], S],
        candidate: Path | None = None,
    ) -> None:
        self._folders = [folder] if candidate is None else [folder, candidate]
        self._build = build
        self._lock = asyncio.Lock()
        self._tried: list[Fingerprint | None] = []
        self.services: S | None = None

    async def reload(self) -> Reloaded:
        """Load the bundle, and the candidate's if there is one, and let them answer.

        Returns:
            The versions after and before.

        Raises:
            InvalidBundle: If one can't be used; then what answered before goes on.
        """
        async with self._lock:
            self._tried = await asyncio.to_thread(self._look)
            before = self.services
            try:
                recommender, candidate = await asyncio.to_thread(_load, self._folders)
                if before is None:
                    # Its search index grows with the catalogue.
                    self.services = await asyncio.to_thread(self._build, recommender, candidate)
                    previous = None
                else:
                    previous = before.live.current.recommender.manifest.version
                    if recommender.manifest.version != previous:
                        _check_same_schema(recommender, before.live.current.recommender)
                        await before.live.replace(recommender)
                    if before.candidate is not None and candidate is not None:
                        # It follows the items of the other, so it is another if that one is.
                        await before.candidate.replace(candidate)
            except BundleError as error:
                MODEL_RELOADS.labels("refused").inc()
                raise InvalidBundle(f"The bundle can't be used: {error}") from error
            MODEL_RELOADS.labels("serving").inc()
            version = recommender.manifest.version
            manifest = recommender.manifest
            note_model(version, manifest.dataset, manifest.preset.name)
            if version != previous:
                logger.info("Serving %s", version)
            for warning in () if self.services is None else self.services.warnings():
                logger.warning("%s", warning)
            candidates = None if candidate is None else candidate.manifest.version
            return Reloaded(version, previous, candidates)

    async def watch(self, seconds: float) -> None:
        """Reload whenever a folder's files are others, until cancelled.

        Args:
            seconds: Time between two looks.
        """
        while True:
            await asyncio.sleep(seconds)
            found = await asyncio.to_thread(self._look)
            if None in found or found == self._tried:
                continue
            try:
                await self.reload()
            except InvalidBundle as error:
                logger.error("%s What answered before goes on.", error)  # noqa: TRY400 - no trace

    def _look(self) -> list[Fingerprint | None]:
        return [_fingerprint(folder) for folder in self._folders]


def _load(folders: Sequence[Path]) -> tuple[Recommender, Recommender | None]:
    """Load the bundle, and the candidate's over the same items."""
    recommender, *others = (Recommender.load(folder) for folder in folders)
    recommender.warm_up()
    if not others:
        return recommender, None
    check_candidate(others[0].bundle, recommender.bundle)
    candidate = aligned(others[0], recommender)
    candidate.warm_up()
    return recommender, candidate


def _fingerprint(folder: Path) -> Fingerprint | None:
    """What tells one state of the folder from another at little cost; None if it is no bundle."""
    try:
        found = {path.name: path.stat() for path in folder.iterdir()}
    except OSError:  # it is being replaced just now
        return None
    if MANIFEST_FILE not in found:
        return None
    return frozenset((name, s.st_ino, s.st_size, s.st_mtime_ns) for name, s in found.items())


def _check_same_schema(new: Recommender, old: Recommender) -> None:
    """Feedback and attributes in the store must mean to the new model what they meant before."""
    if new.manifest.dataset != old.manifest.dataset:
        raise BundleError(
            f"it was trained on {new.manifest.dataset!r}, and the service holds feedback on "
            f"{old.manifest.dataset!r}. Restart the service with an empty store to change over"
        )
    if new.rating_scale != old.rating_scale:
        raise BundleError(
            f"its rating scale is {new.rating_scale}, that of the stored feedback "
            f"{old.rating_scale}. Restart the service to change over"
        )
