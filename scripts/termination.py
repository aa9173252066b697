"""Let SIGTERM end a command as an error would."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType


@contextmanager
def terminating_in_order() -> Iterator[None]:
    """Let SIGTERM unwind a block, so that what it began is stopped or taken away.

    Yields:
        Nothing.
    """
    usual = signal.signal(signal.SIGTERM, _exit)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, usual)


def _exit(_signal: int, _frame: FrameType | None) -> None:
    raise SystemExit(1)
