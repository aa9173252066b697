"""The tutorial works as it stands."""

import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.ports import free_port

pytestmark = pytest.mark.slow

PAGE = Path(__file__).parents[2] / "docs" / "tutorial.md"


def test_it_goes_from_raw_files_to_a_list(tmp_path: Path):
    port = free_port()
    commands = "\n".join(
        re.findall(r"^```sh\n(.*?)^```", PAGE.read_text(), re.DOTALL | re.MULTILINE)
    )
    commands = commands.replace("127.0.0.1:8000", f"127.0.0.1:{port}")
    assert commands.count("melu ") >= 5
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    inherited = {k: v for k, v in os.environ.items() if not k.startswith("MELU_")}
    try:
        done = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", commands],
            cwd=tmp_path,
            env=inherited | {"PATH": path, "MELU_PORT": str(port)},
            capture_output=True,
            text=True,
            timeout=240,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
    finally:
        pid = tmp_path / "serve.pid"
        if pid.exists():
            os.kill(int(pid.read_text()), signal.SIGTERM)

    def answer(name: str):
        return json.loads((tmp_path / name).read_text())

    assert len(answer("asked.json")["items"]) == 3
    listed = answer("list.json")
    assert listed["strategy"] == "adapted"
    # Both that Ann liked are for camping, and so are most of those that she gets.
    kinds = [item["attributes"]["category"] for item in listed["items"]]
    assert kinds.count("camping") >= 4, kinds
    assert answer("new.json")["title"] == "Tent for two"
    products = (tmp_path / "shop" / "dataset.toml").read_text()
    assert 'encoding = "latin-1"' in products
