"""`melu demo`, on a small stand-in for the data that it would fetch."""

import os
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from tests.ports import free_port
from tests.running import wait_for
from tests.worlds import write_two_tastes

pytestmark = pytest.mark.slow


def test_it_trains_once_and_serves(tmp_path: Path):
    # Complete data are not fetched again.
    data = write_two_tastes(tmp_path / "demo" / "ml-100k")
    described = data / "dataset.toml"
    described.write_text(described.read_text().replace('"two-tastes"', '"ml-100k"'))
    port = free_port()
    inherited = {k: v for k, v in os.environ.items() if not k.startswith("MELU_")}

    versions = []
    for _ in range(2):
        with (tmp_path / "log").open("ab") as log:
            process = subprocess.Popen(
                [
                    *(sys.executable, "-m", "scripts.cli", "demo"),
                    *("--port", str(port), "--folder", str(tmp_path / "demo")),
                ],
                env=inherited,
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        try:

            def is_ready(process: "subprocess.Popen[bytes]" = process) -> bool:
                assert process.poll() is None, (tmp_path / "log").read_text()
                try:
                    return httpx.get(f"http://127.0.0.1:{port}/readyz").status_code == 200
                except httpx.HTTPError:
                    return False

            wait_for(is_ready, "the demo", seconds=180)
            model = httpx.get(f"http://127.0.0.1:{port}/model").json()
            page = httpx.get(f"http://127.0.0.1:{port}/")
            versions.append((model["version"], model["created_at"]))
        finally:
            process.terminate()
            process.wait(timeout=30)

    assert model["dataset"] == "ml-100k"
    assert page.status_code == 200
    assert len(set(versions)) == 1
    assert (tmp_path / "demo" / "store").is_dir()
