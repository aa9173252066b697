"""Tests that share what is dear to start are dealt to one process."""

from pathlib import Path

from tests.together import TWO_WORKERS

ROOT = Path(__file__).parents[2]


def test_all_files_that_ask_for_two_workers_are_named():
    files = (ROOT / "tests" / "service").glob("test_*.py")
    asking = {file for file in files if "two_workers" in file.read_text()}

    assert {file.relative_to(ROOT).as_posix() for file in asking} == TWO_WORKERS
