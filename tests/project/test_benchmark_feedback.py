"""`melu benchmark feedback`: a run of it from end to end."""

import json
import shutil
from pathlib import Path

import pytest

from scripts.benchmark.long_users import benchmark_feedback
from tests.running import require

pytestmark = pytest.mark.slow


def test_a_short_run_measures_each_request_of_each_user(bundle: Path, tmp_path: Path):
    require("redis", shutil.which("redis-server"))
    json_file, plot = tmp_path / "feedback.json", tmp_path / "feedback.png"

    benchmark_feedback(bundle, sizes=[1, 5000], requests=20, json_file=json_file, plot_file=plot)

    found = json.loads(json_file.read_text())["feedback"]
    assert [one["pieces"] for one in found] == [1] * 5 + [5000] * 6
    full = {one["request"]: one for one in found if one["pieces"] == 5000}
    # All is read and decoded for the one, and next to nothing for the other.
    assert full["get the user"]["worker_ms"] > full["put the profile"]["worker_ms"]
    assert full["get the user"]["store_ms"] > full["rate an item again"]["store_ms"] > 0
    assert plot.stat().st_size > 0
