"""Thousands of requests made up from the OpenAPI description: none may surprise its reader."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.access.credentials import KEY
from tests.running import Service

HERE = Path(__file__).parent


@pytest.mark.parametrize("key", [None, KEY], ids=["open", "with keys"])
def test_every_answer_is_as_described(bundle: Path, tmp_path: Path, key: str | None):
    access = {} if key is None else {"MELU_API_KEYS": key}
    credential = [] if key is None else ["--header", f"Authorization: Bearer {key}"]
    service = Service(bundle, tmp_path / "service", access).start()
    try:
        run = subprocess.run(
            [
                *(sys.executable, "-m", "schemathesis.cli"),
                *("--config-file", str(HERE / "schemathesis.toml")),
                *("run", f"{service.url}/openapi.json", "--no-color", *credential),
            ],
            env=os.environ
            | {
                "SCHEMATHESIS_HOOKS": "tests.contract.schemathesis_checks",
                "PYTHONPATH": str(HERE.parents[1]),
            },
            cwd=tmp_path,
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )
    finally:
        service.stop()

    assert run.returncode == 0, run.stdout + run.stderr
    assert "Traceback" not in service.log
