"""`melu evaluate-lists --strong-generalisation` prints and writes what it measured."""

import json
from pathlib import Path

import pytest

from model.data import load_dataset
from model.errors import ModelError
from model.presets import with_options
from scripts.commands.evaluation import evaluate_lists
from scripts.evaluate_strong_generalisation import evaluate_strong_generalisation_quality
from tests.conftest import QUICK_PRESETS
from tests.worlds import write_hidden_tastes

pytestmark = pytest.mark.slow


def test_strong_generalisation_is_printed_and_written(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
):
    monkeypatch.delenv("COLUMNS", raising=False)
    clicks = load_dataset(write_hidden_tastes(tmp_path / "data")).liked_only()
    preset = with_options(QUICK_PRESETS["default"], answer_passes=0)
    json_file = tmp_path / "strong.json"

    evaluate_strong_generalisation_quality(clicks, preset, seeds=1, json_file=json_file)

    found = json.loads(json_file.read_text())
    assert set(found["models"]) >= {"popularity", "item_knn", "ease", "ials", "served"}
    for metrics in found["models"].values():
        assert set(metrics) == {"recall@20", "recall@50", "ndcg@100"}
    assert found["served_less"]["popularity"]["ndcg@100"]["mean"] > 0
    assert "Recall@50" in capsys.readouterr().out


def test_what_can_not_be_asked_together_is_refused(tmp_path: Path):
    with pytest.raises(ModelError, match="a protocol of its own"):
        evaluate_lists(tmp_path, strong_generalisation=True, new_items=True)
