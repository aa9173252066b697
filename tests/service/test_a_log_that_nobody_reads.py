"""A reader of the log that stops reading must not stop the service."""

import os
import subprocess
import sys
import time
from pathlib import Path

import httpx
import pytest

from app.logs import output
from app.logs.output import LogOutput
from tests.ports import free_port
from tests.running import Service, wait_for

pytestmark = [pytest.mark.clock, pytest.mark.patient]


def test_a_stalled_reader_stops_nothing(bundle: Path, tmp_path: Path):
    port = free_port()
    reading, writing = os.pipe()
    inherited = {k: v for k, v in os.environ.items() if not k.startswith("MELU_")}
    environment = {"MELU_STORE_FOLDER": str(tmp_path / "store"), "MELU_LOG_LEVEL": "debug"}
    process = subprocess.Popen(
        [sys.executable, "-m", "scripts.cli", "serve", "--model", str(bundle), "--port", str(port)],
        env=inherited | environment,
        stdout=subprocess.DEVNULL,
        stderr=writing,
    )
    os.close(writing)
    try:
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=5) as client:

            def is_ready() -> bool:
                try:
                    return client.get("/readyz").status_code == 200
                except httpx.TransportError:
                    return False

            wait_for(is_ready, "the service")
            # A pipe holds 64 kB; each line has about 150 bytes.
            longest = 0.0
            for _ in range(1_500):
                began = time.monotonic()
                assert client.get("/users/a/recommendations?limit=1").status_code == 200
                longest = max(longest, time.monotonic() - began)
            assert longest < 2
        process.terminate()
        assert process.wait(timeout=30) == 0
    finally:
        process.kill()
        process.wait()
        os.close(reading)


def test_all_lines_are_written_in_their_order(capsys: pytest.CaptureFixture[str]):
    out = LogOutput()
    for number in range(1_000):
        out.write(f"line {number}")

    assert out.flush(5)
    assert capsys.readouterr().err.splitlines() == [f"line {number}" for number in range(1_000)]


def test_what_is_lost_is_told(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(output, "MOST_WAITING", 3)

    class Slow:
        """Writes once it is let to."""

        def __init__(self) -> None:
            self.text = ""
            self.is_stalled = True

        def write(self, text: str) -> None:
            while self.is_stalled:
                time.sleep(0.01)
            self.text += text

        def flush(self) -> None:
            """Do nothing."""

    slow = Slow()
    monkeypatch.setattr(sys, "stderr", slow)
    out = LogOutput()
    out.write("first")
    wait_for(lambda: not out._waiting, "the first to be taken", 5)
    for number in range(5):
        out.write(f"line {number}")
    assert not out.flush(0.05)
    slow.is_stalled = False

    assert out.flush(5)
    assert slow.text.splitlines() == [
        "first",
        "line 0",
        "line 1",
        "line 2",
        "2 lines of the log were lost: nobody read them in time",
    ]


def test_the_log_is_whole_after_the_end(bundle: Path, tmp_path: Path):
    service = Service(bundle, tmp_path / "ends").start()
    httpx.get(f"{service.url}/items/0")

    service.stop()

    assert "route=/items/{item_id}" in service.log
