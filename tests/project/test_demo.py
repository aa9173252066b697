"""`melu demo`, on a small stand-in for the data that it would fetch."""

import os
import subprocess
import sys
from pathlib import Path

import httpx
import polars as pl
import pytest

from tests.forked import ForkedProcess
from tests.ports import free_port
from tests.running import wait_for
from tests.worlds import write_two_tastes

pytestmark = pytest.mark.slow

USERS = 40
"""Fewer than the world has: what is learnt is not looked at, and takes a third less time."""


def test_it_trains_once_and_serves(tmp_path: Path):
    # Complete data are not fetched again.
    data = write_two_tastes(tmp_path / "demo" / "ml-100k")
    described = data / "dataset.toml"
    described.write_text(described.read_text().replace('"two-tastes"', '"ml-100k"'))
    ratings = pl.read_csv(data / "ratings.csv")
    known = pl.Series([f"u{user}" for user in range(USERS)])
    ratings.filter(pl.col("user_id").is_in(known.implode())).write_csv(data / "ratings.csv")
    port, log = free_port(), tmp_path / "log"
    arguments = ("demo", "--port", str(port), "--folder", str(tmp_path / "demo"))
    inherited = {k: v for k, v in os.environ.items() if not k.startswith("MELU_")}

    def as_from_a_shell() -> "subprocess.Popen[bytes]":
        with log.open("ab") as file:
            return subprocess.Popen(
                [sys.executable, "-m", "scripts.cli", *arguments],
                env=inherited,
                stdout=file,
                stderr=subprocess.STDOUT,
            )

    versions = []
    for start in (as_from_a_shell, lambda: ForkedProcess(arguments, inherited, log)):
        process = start()
        try:

            def is_ready(process: "subprocess.Popen[bytes] | ForkedProcess" = process) -> bool:
                assert process.poll() is None, log.read_text()
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
