"""Node and what npm installed for the tests of the JavaScript client."""

import os
import re
import shutil
import subprocess
from pathlib import Path

from tests.running import require

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "clients" / "javascript"
TOOLS = PACKAGE / "node_modules" / ".bin"


def node() -> str:
    """The program, where it is new enough and `npm ci` has run; else skip or fail."""
    program = shutil.which("node")
    require("node", program and TOOLS.exists())
    assert program is not None
    said = subprocess.run([program, "--version"], capture_output=True, text=True, check=True)
    require("node", int(re.findall(r"\d+", said.stdout)[0]) >= 20)
    return program


def run(*command: object, folder: Path = ROOT, **environment: str) -> str:
    """Run a command to its end; fail with what it said if it fails."""
    done = subprocess.run(
        [str(part) for part in command],
        cwd=folder,
        env=os.environ | environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout
