"""`melu evaluate-lists` prints, writes and draws what it measured."""

import json
from pathlib import Path

import pytest

from model.data import Dataset
from model.errors import DatasetError, ModelError
from model.evaluation.lists import PROTOCOLS
from scripts.evaluate_lists import evaluate_list_quality
from tests.conftest import QUICK_PRESETS

pytestmark = pytest.mark.slow


def test_everything_is_written(
    two_tastes: Dataset,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
):
    monkeypatch.delenv("COLUMNS", raising=False)
    json_file, plot = tmp_path / "lists.json", tmp_path / "lists.png"

    evaluate_list_quality(
        two_tastes,
        QUICK_PRESETS["default"],
        PROTOCOLS[10],
        seeds=1,
        json_file=json_file,
        plot_file=plot,
    )

    found = json.loads(json_file.read_text())
    assert set(found["models"]) >= {"popularity", "item_knn", "ease", "ials", "served", "rating"}
    for by_size in found["models"].values():
        assert set(by_size) == {"0", "1", "3", "5", "10"}
        for values in by_size.values():
            assert 0 <= values["ndcg"]["mean"] <= 1
            assert 0 <= values["disliked"]["mean"] <= 1
    assert found["served_less"]["popularity"]["3"]["mean"] > 0.1
    assert found["baseline_settings"][0]["item_knn"]["3"]["shrinkage"] > 0
    assert found["machine"]
    assert plot.stat().st_size > 0
    assert "the best baseline" in capsys.readouterr().out


def test_a_folder_that_does_not_exist_is_told_before_the_work(two_tastes: Dataset, tmp_path: Path):
    with pytest.raises(ModelError, match="make it first"):
        evaluate_list_quality(
            two_tastes,
            QUICK_PRESETS["default"],
            PROTOCOLS[10],
            seeds=1,
            json_file=tmp_path / "none" / "lists.json",
            plot_file=None,
        )


def test_too_few_ratings_are_told(two_tastes: Dataset):
    with pytest.raises(DatasetError, match="too sparse to measure lists"):
        evaluate_list_quality(
            two_tastes,
            QUICK_PRESETS["default"],
            PROTOCOLS[20],
            seeds=1,
            json_file=None,
            plot_file=None,
        )
