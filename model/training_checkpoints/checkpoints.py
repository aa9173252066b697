"""A folder of checkpoints, one file for each part of a training that runs by itself."""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Lock
from typing import Any, Self

from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor

from model.errors import CheckpointError
from model.ranks import ALONE, Ranks
from model.training_checkpoints.state import TrainingState

_SECONDS = 60.0
_MARK = "identity"
_STATE = "state"
_NOTES = "notes"


class Checkpoint:
    """The checkpoint of one part of a training, as of one member.

    Args:
        path: Its file; None for a training that keeps none.
        identity: What the training follows from; see `identity_of`.
        seconds: Least time between two that are written.
        resume: Whether to go on from what the file holds.
        before_writing: Called each time before one is.
        ranks: The processes that train together: rank 0 writes and reads, and all go on from that.
    """

    def __init__(
        self,
        path: Path | None,
        identity: str,
        seconds: float,
        *,
        resume: bool = False,
        before_writing: Callable[[], None] = lambda: None,
        ranks: Ranks = ALONE,
    ) -> None:
        self._path = path
        self._ranks = ranks
        self._resume = resume
        self._before_writing = before_writing
        self._identity = identity
        self._seconds = seconds
        self._written_at = time.monotonic()

    def restore(self, state: TrainingState) -> dict[str, Any]:
        """Go on from what was kept, if anything was.

        Args:
            state: Overwritten in place.

        Returns:
            The notes that were kept with it; empty, and the state untouched, if there is nothing
            to go on from.

        Raises:
            CheckpointError: If the file is damaged, or of another training.
        """
        if not self._resume or self._path is None:
            return {}
        path = self._path
        with _readable(path):
            found = self._ranks.told(lambda: _read(path))
            if found is None:
                return {}
            about, tensors = found
            if about.get(_MARK) != self._identity:
                raise CheckpointError(
                    f"{path.parent} is of other data, options, another seed or number of "
                    "processes; train with those, or leave out --resume to begin anew."
                )
            state.restore(tensors, json.loads(about[_STATE]))
            notes: dict[str, Any] = json.loads(about[_NOTES])
        return notes

    def keep(self, state: TrainingState, notes: dict[str, Any]) -> None:
        """Write the state down, unless that was done a short while ago.

        Args:
            state: What to write.
            notes: What else is needed to go on, as JSON.

        Raises:
            CheckpointError: If the file can't be written.
        """
        now = time.monotonic()
        if self._path is None or self._ranks.rank or now - self._written_at < self._seconds:
            return
        about = {
            _MARK: self._identity,
            _STATE: json.dumps(state.as_json()),
            _NOTES: json.dumps(notes),
        }
        unfinished = self._path.with_suffix(".unfinished")
        self._before_writing()
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            tensors = {
                name: one.detach().contiguous() for name, one in state.named_tensors().items()
            }
            save_file(tensors, unfinished, about)
            unfinished.replace(self._path)
        except (OSError, SafetensorError) as error:
            raise CheckpointError(
                f"{self._path} can't be written: {error}; make room, or train with "
                "--no-checkpoints."
            ) from error
        self._written_at = now


NO_CHECKPOINT = Checkpoint(None, "", 0.0)


def _read(path: Path) -> tuple[dict[str, str], dict[str, Tensor]] | None:
    """Return what a checkpoint says of itself and its tensors; None if there is none."""
    if not path.exists():
        return None
    with safe_open(path, framework="pt") as file:
        tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
        return file.metadata() or {}, tensors


@contextmanager
def _readable(path: Path) -> Iterator[None]:
    try:
        yield
    except (SafetensorError, KeyError, RuntimeError, ValueError, OSError) as error:
        raise CheckpointError(
            f"{path} can't be read: {error}; leave out --resume to begin anew."
        ) from error


class Checkpoints:
    """The checkpoints of a training.

    Args:
        folder: Where they are; None to keep none.
        identity: What the training follows from; see `identity_of`.
        resume: Whether to go on from those in the folder; else they are left until there is
            something to put in their place.
        seconds: Least time between two that are written of the same part.
        ranks: The processes that train together.
    """

    def __init__(
        self,
        folder: Path | None = None,
        identity: str = "",
        *,
        resume: bool = False,
        seconds: float = _SECONDS,
        ranks: Ranks = ALONE,
    ) -> None:
        self._ranks = ranks
        self._folder = folder
        self._identity = identity
        self._resume = resume
        self._seconds = seconds
        self._replacing = Lock()
        self._replaced = resume

    @classmethod
    def none(cls) -> Self:
        """Return what keeps nothing."""
        return cls()

    @property
    def found(self) -> bool:
        """Whether there are checkpoints in the folder."""
        return self._folder is not None and any(self._folder.glob("*.safetensors"))

    def part(self, name: str) -> Checkpoint:
        """Return the checkpoint of one part of the training.

        Args:
            name: Of the part, fit for a file name.

        Returns:
            Its checkpoint.
        """
        path = self._folder / f"{name}.safetensors" if self._folder else None
        return Checkpoint(
            path,
            self._identity,
            self._seconds,
            resume=self._resume,
            before_writing=self._replace_others,
            ranks=self._ranks,
        )

    def _replace_others(self) -> None:
        """Before the first is written, forget those of a training that is not gone on from."""
        with self._replacing:
            if not self._replaced:
                self.remove()
                self._replaced = True

    def remove(self) -> None:
        """Forget all of them, as when the training is done."""
        if self._folder is not None and not self._ranks.rank:
            shutil.rmtree(self._folder, ignore_errors=True)
