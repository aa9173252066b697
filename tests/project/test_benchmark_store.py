"""`melu benchmark store`: a run of it from end to end."""

import json
from pathlib import Path

import pytest

from scripts.benchmark.store import benchmark_store

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("serve", [False, True])
def test_a_short_run_measures_memory_and_the_start(bundle: Path, tmp_path: Path, serve: bool):
    json_file, plot = tmp_path / "store.json", tmp_path / "store.png"
    benchmark_store(
        bundle if serve else None,
        users=200,
        feedback=5,
        starts=1,
        json_file=json_file,
        plot_file=plot,
    )
    found = json.loads(json_file.read_text())["store"]
    assert found["users"] == 200
    # Five entries of some forty bytes each, and what the store needs of its own.
    assert 200 < found["bytes_per_user"] < found["bytes_with_profile"] < 2000
    assert found["ready_s"] > 0 if serve else found["ready_s"] is None
    assert plot.stat().st_size > 0
