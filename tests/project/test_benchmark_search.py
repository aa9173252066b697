"""`melu benchmark search`: a run of it from end to end."""

import json
from pathlib import Path

from scripts.benchmark.search import benchmark_search


def test_a_short_run_times_searches(bundle: Path, tmp_path: Path):
    json_file, plot = tmp_path / "search.json", tmp_path / "search.png"

    benchmark_search(bundle, sizes=[60, 500], json_file=json_file, plot_file=plot)

    found = json.loads(json_file.read_text())["search"]
    assert [one["titles"] for one in found] == [60, 500]
    for number in range(2):
        assert 0 < found[number]["typed_ms"] <= found[number]["typed_worst_ms"]
        assert found[number]["built_ms"] > 0
        assert found[number]["slow_ms"] > 0
    assert plot.stat().st_size > 0
