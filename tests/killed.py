"""Something that is killed outright before one of its steps, for real.

`python -m tests.killed STEP HOW WHAT PATH…` kills itself by SIGKILL before the step of that number,
counted over whatever renames, removes or exchanges folders; where there are fewer it just ends.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path

from model.bundle.folders import replacing_folder
from scripts.loop.swap import promote_bundle, roll_back

STEPS = {"os.rename", "shutil.rmtree"}
WITHOUT_EXCHANGE = "without exchange"
"""As on a system that can't let two folders change places in one step."""


def write(folder: Path) -> None:
    """Replace a folder by one with a file that says so."""
    with replacing_folder(folder) as content:
        (content / "text").write_text("new")


WHAT: dict[str, Callable[..., object]] = {
    "promote": lambda candidate, current: promote_bundle(candidate, current, keep=5),
    "roll back": roll_back,
    "write": write,
}


def kill_before(step: int, how: str) -> None:
    """Kill this process before the step of that number.

    Args:
        step: From 1.
        how: `WITHOUT_EXCHANGE`, or anything else.
    """
    left = step

    def hook(event: str, arguments: tuple[object, ...]) -> None:
        nonlocal left
        is_exchange = event == "ctypes.dlsym" and arguments[1:] == ("renameat2",)
        if is_exchange and how == WITHOUT_EXCHANGE:
            raise OSError("no exchange")
        if is_exchange or event in STEPS:
            left -= 1
            if not left:
                os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(hook)


def main() -> None:
    """Do what the arguments say."""
    step, how, what, *paths = sys.argv[1:]
    kill_before(int(step), how)
    WHAT[what](*map(Path, paths))


if __name__ == "__main__":
    main()
