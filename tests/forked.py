"""Start `melu` without importing all of it again each time.

A process that has imported what the service imports, and does nothing else, forks for each one:
that saves two of the three seconds of processor time that a start takes. What runs then is the same
program with arguments, environment, output and working directory of its own.
"""

from __future__ import annotations

import codecs
import multiprocessing
import os
import pkgutil
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from importlib import import_module
from pathlib import Path

_context = multiprocessing.get_context("forkserver")
# The last one is what torch imports when the first optimiser is made: .8 s of each training.
_context.set_forkserver_preload(["app.main", "scripts.cli", "scripts.serve", "torch._dynamo"])


class ForkedProcess:
    """What tests need of `subprocess.Popen`, for a fork.

    Args:
        arguments: Of the program.
        environment: The whole of it.
        output: File that what it prints is appended to.
        errors: File that what it says of errors is appended to; `output` if None.
        program: Module with a `main` that reads its arguments from `sys.argv`.
        user: Id of the user, and the group, to run as; that of the tests if None.
    """

    def __init__(
        self,
        arguments: Sequence[str],
        environment: Mapping[str, str],
        output: Path,
        errors: Path | None = None,
        program: str = "scripts.cli",
        user: int | None = None,
    ) -> None:
        files = (str(output), str(errors or output))
        # A daemon ends with the tests, whatever they forget.
        self._process = _context.Process(
            target=_run,
            args=(program, list(arguments), dict(environment), files, Path.cwd(), user),
            daemon=True,
        )
        self._process.start()
        assert self._process.pid is not None
        self.pid: int = self._process.pid

    def poll(self) -> int | None:
        """Return the exit status, None while it runs."""
        return self._process.exitcode

    def wait(self, timeout: float | None = None) -> int:
        """Wait for its end; return the exit status."""
        self._process.join(timeout)
        if self._process.exitcode is None:
            assert timeout is not None
            raise subprocess.TimeoutExpired("melu", timeout)
        return self._process.exitcode

    def send_signal(self, number: int) -> None:
        """Send a signal, if it runs still."""
        if self._process.exitcode is None:
            os.kill(self.pid, number)

    def terminate(self) -> None:
        """SIGTERM."""
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        """SIGKILL."""
        self.send_signal(signal.SIGKILL)


def _run(
    program: str,
    arguments: list[str],
    environment: dict[str, str],
    files: tuple[str, str],
    folder: Path,
    user: int | None,
) -> None:
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment)
    for number, file in enumerate(files, start=1):
        target = os.open(file, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
        os.dup2(target, number)
        os.close(target)
    # The process that forks ignores this one.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    if user is not None:
        _become(user)
    sys.argv = ["melu", *arguments]
    import_module(program).main()


def _become(user: int) -> None:
    """Go on as another user, who may be unable to read what Python and the project are in."""
    for package in ("model", "app", "scripts"):
        for module in pkgutil.walk_packages(import_module(package).__path__, f"{package}."):
            if not module.name.startswith(("scripts.benchmark", "scripts.guide")):
                import_module(module.name)
    for encoding in ("utf-8-sig", "utf-16", "utf-32", "latin-1", "cp1252", "idna"):
        codecs.lookup(encoding)
    os.setgroups([])
    os.setgid(user)
    os.setuid(user)
