"""`melu evaluate-exploration` prints, writes and draws what it measured."""

import json
from pathlib import Path

import pytest

from model.data import load_dataset
from model.presets import with_options
from scripts.evaluate_exploration import evaluate_exploration_quality
from tests.conftest import QUICK_PRESETS
from tests.worlds import write_hidden_tastes

pytestmark = pytest.mark.slow


def test_exploring_is_printed_written_and_drawn(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
):
    monkeypatch.delenv("COLUMNS", raising=False)
    clicks = load_dataset(write_hidden_tastes(tmp_path / "data")).liked_only()
    preset = with_options(QUICK_PRESETS["default"], answer_passes=0)
    json_file, plot = tmp_path / "explore.json", tmp_path / "explore.png"

    evaluate_exploration_quality(
        clicks, preset, shares=[0.5], seeds=1, least=5, json_file=json_file, plot_file=plot
    )

    found = json.loads(json_file.read_text())
    none, half = found["shares"]["0"], found["shares"]["0.5"]
    assert none["explored_places"] == [0]
    assert 0 < half["explored_places"][0] <= found["visitors"] * 10 * 10
    # Without ratings there is no error of predicted ones.
    assert set(half["metrics"]) == {"ndcg", "ndcg_among_new", "ndcg_among_all"}
    assert none["less_none"]["ndcg"]["mean"] == 0
    assert half["less_none"]["ndcg"]["mean"] < 0
    assert half["new_items_seen"] > none["new_items_seen"]
    assert sum(map(sum, half["ratings"])) > sum(map(sum, none["ratings"]))
    assert plot.stat().st_size > 0
    assert f"of {found['new_items']}" in capsys.readouterr().out
