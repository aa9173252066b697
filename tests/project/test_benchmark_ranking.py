"""`melu benchmark ranking`: a fair comparison, and a run of it from end to end."""

import json
from pathlib import Path

import pytest

from model.bundle.bundle import load_bundle
from model.data import Dataset
from model.recommender import Recommender
from scripts.benchmark.naive_model import naive_model
from scripts.benchmark.naive_relevance import NaiveLists
from scripts.benchmark.ranking import benchmark_ranking
from scripts.benchmark.ranking_measurement import (
    RankingBenchmarkError,
    compare_rankings,
    with_steps,
)
from tests.conftest import QUICK_PRESETS
from tests.training import train_bundle

pytestmark = pytest.mark.slow

USER = [(0, 5.0), (1, 4.0), (30, 1.0)]


@pytest.fixture(scope="module")
def melu_bundle(two_tastes: Dataset, tmp_path_factory: pytest.TempPathFactory) -> Path:
    preset = QUICK_PRESETS["melu"]
    folder = tmp_path_factory.mktemp("melu") / "model"
    train_bundle(two_tastes, preset, folder, seed=1)
    return folder


@pytest.mark.parametrize("steps", [1, 5, 9])
def test_with_other_steps_it_is_still_the_naive_design_s_ranking(
    bundle: Path, melu_bundle: Path, steps: int
):
    for folder in (bundle, melu_bundle):
        changed = with_steps(load_bundle(folder), steps)
        assert changed.manifest.preset.estimator.local_steps == steps
        lists = NaiveLists(changed, naive_model(changed))
        compare_rankings(Recommender(changed), lists, USER)


def test_rankings_of_two_models_are_not_compared(bundle: Path, melu_bundle: Path):
    other = load_bundle(melu_bundle)

    with pytest.raises(RankingBenchmarkError, match="differ"):
        compare_rankings(Recommender.load(bundle), NaiveLists(other, naive_model(other)), USER)


def test_a_short_run_measures_both_presets(bundle: Path, melu_bundle: Path, tmp_path: Path):
    json_file, plot = tmp_path / "ranking.json", tmp_path / "ranking.png"
    benchmark_ranking(
        [bundle, melu_bundle], sizes=[200], rounds=1, json_file=json_file, plot_file=plot
    )
    rows = json.loads(json_file.read_text())["ranking"]
    for preset in ("default", "melu"):
        mine = [row for row in rows if row["preset"] == preset]
        assert {row["items"] for row in mine} == {60, 200}
        assert {row["support"] for row in mine} >= {1, 5, 20}
        assert {row["steps"] for row in mine} >= {1, 5, 10}
    for row in rows:
        for name in ("adapt_rank_ms", "forward_ms", "naive_ms", "fold_in_ms"):
            assert row[name] > 0
    assert plot.stat().st_size > 0
