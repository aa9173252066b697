"""`melu benchmark large`: a run of it from end to end."""

import json
import shutil
from pathlib import Path

import pytest

from scripts.benchmark.large import benchmark_large
from tests.running import require

pytestmark = pytest.mark.slow


def test_a_short_run_measures_everything(bundle: Path, tmp_path: Path):
    require("wrk", shutil.which("wrk"))
    json_file, plot = tmp_path / "large.json", tmp_path / "large.png"
    benchmark_large(
        bundle,
        items=100_001,
        small_items=100,
        users=10,
        recall_users=2,
        timed_users=10,
        json_file=json_file,
        plot_file=plot,
    )
    found = json.loads(json_file.read_text())["large"]
    assert found["items"] == 100_001
    assert found["recall_at_20"] > 0.5
    for name in (
        "p50_ms",
        "fold_in_ms",
        "small_fold_in_ms",
        "rss_mib",
        "growth",
        "http_growth",
        "ready_s",
        "questions_ms",
        "grid_ms",
    ):
        assert found[name] > 0, name
    assert found["pair_ms"] > 0
    assert found["small_pair_ms"] > 0
    assert found["rss_mib"] <= found["peak_rss_mib"]
    assert plot.stat().st_size > 0
