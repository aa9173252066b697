"""Lines to standard error, written by a thread of their own.

Whoever reads them may stop reading, and a write would then wait for ever. Nothing that answers
requests waits for it: lines that too many others wait before are counted and left out.
"""

from __future__ import annotations

import atexit
import logging
import sys
import threading
from collections import deque
from contextlib import suppress

MOST_WAITING = 10_000
_END_SECONDS = 1.0


class LogOutput:
    """Takes lines at once, and writes them in their order."""

    def __init__(self) -> None:
        self._waiting: deque[str] = deque()
        self._lost = 0
        self._change = threading.Condition()
        self._is_writing = False
        self._thread: threading.Thread | None = None

    def write(self, text: str) -> None:
        """Have some lines written.

        Args:
            text: Lines, without the last one's end.
        """
        with self._change:
            if len(self._waiting) >= MOST_WAITING:
                self._lost += text.count("\n") + 1
                return
            self._waiting.append(text)
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="log", daemon=True)
                self._thread.start()
                atexit.register(self.flush, _END_SECONDS)
            self._change.notify_all()

    def flush(self, seconds: float) -> bool:
        """Wait until all is written.

        Args:
            seconds: How long at most.

        Returns:
            Whether it is.
        """
        with self._change:
            return self._change.wait_for(
                lambda: not self._waiting and not self._is_writing, seconds
            )

    def _run(self) -> None:
        while True:
            with self._change:
                self._change.wait_for(lambda: self._waiting)
                lines, lost = [*self._waiting], self._lost
                self._waiting.clear()
                self._lost = 0
                self._is_writing = True
            if lost:
                lines.append(f"{lost} lines of the log were lost: nobody read them in time")
            # Without anybody who could be told of it.
            with suppress(OSError, ValueError):
                sys.stderr.write("\n".join(lines) + "\n")
                sys.stderr.flush()
            with self._change:
                self._is_writing = False
                self._change.notify_all()


OUTPUT = LogOutput()
"""Of this process."""


class OutputHandler(logging.Handler):
    """Logging's way to `OUTPUT`."""

    def emit(self, record: logging.LogRecord) -> None:
        """Have a record written."""
        try:
            OUTPUT.write(self.format(record))
        except Exception:  # noqa: BLE001 - as every handler does
            self.handleError(record)
