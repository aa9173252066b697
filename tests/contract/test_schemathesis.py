"""Thousands of requests made up from the OpenAPI description: none may surprise its reader."""

import os
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.access.credentials import KEY
from tests.running import Service

pytestmark = pytest.mark.contract

HERE = Path(__file__).parent
ACCESS = {"open": None, "with keys": KEY}


def play(bundle: Path, folder: Path, key: str | None) -> tuple[Service, str, int]:
    """Play the description against a service; return what was printed, and the exit status."""
    access = {} if key is None else {"MELU_API_KEYS": key}
    credential = [] if key is None else ["--header", f"Authorization: Bearer {key}"]
    service = Service(bundle, folder / "service", access).start()
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
            cwd=folder,
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )
    finally:
        service.stop()
    return service, run.stdout + run.stderr, run.returncode


@pytest.fixture(scope="module")
def runs(
    bundle: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[dict[str, Future[tuple[Service, str, int]]]]:
    """All runs, side by side: in each, client and service wait for one another in turn."""
    with ThreadPoolExecutor() as pool:
        yield {
            name: pool.submit(play, bundle, tmp_path_factory.mktemp("schemathesis"), key)
            for name, key in ACCESS.items()
        }


@pytest.mark.parametrize("access", ACCESS)
def test_every_answer_is_as_described(
    runs: dict[str, Future[tuple[Service, str, int]]], access: str
):
    service, printed, status = runs[access].result()

    assert status == 0, printed
    assert "Traceback" not in service.log
