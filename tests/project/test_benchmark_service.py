"""`melu benchmark service`: a fair comparison, and a run of it from end to end."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from model.bundle.bundle import load_bundle
from model.data import Dataset
from model.presets import PRESETS, with_options
from model.recommender import Recommender
from scripts.benchmark.load import LoadError, require_wrk
from scripts.benchmark.naive_model import naive_model
from scripts.benchmark.service import benchmark_service
from scripts.benchmark.service_measurement import same_ranking
from tests.running import require
from tests.training import train_bundle

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module", params=["default", "melu"])
def bundle_of_preset(
    request: pytest.FixtureRequest,
    bundle: Path,
    two_tastes: Dataset,
    tmp_path_factory: pytest.TempPathFactory,
) -> Path:
    if request.param == "default":
        return bundle
    preset = with_options(PRESETS["melu"], epochs=2)
    folder = tmp_path_factory.mktemp("melu") / "model"
    train_bundle(two_tastes, preset, folder, seed=1)
    return folder


@pytest.mark.parametrize("ratings", [0, 1, 20])
def test_the_naive_design_predicts_what_the_service_predicts(bundle_of_preset: Path, ratings: int):
    random = np.random.default_rng(ratings)
    recommender = Recommender.load(bundle_of_preset)
    items = random.choice(len(recommender.catalogue), ratings, replace=False)
    support_set = [(int(item), float(random.integers(1, 6))) for item in items]
    attributes = {"city": "Oslo", "age": 40}
    served = recommender.score(recommender.adapt(attributes, support_set))
    naive = naive_model(load_bundle(bundle_of_preset)).predict(attributes, support_set)
    np.testing.assert_allclose(naive.numpy(), served, atol=1e-4)


def _answer(*scores: tuple[str, float], version: int = 1) -> dict[str, object]:
    return {
        "strategy": "adapted",
        "support_size": 3,
        "support_version": version,
        "items": [{"item_id": item, "relevance": None, "score": score} for item, score in scores],
    }


def test_rankings_are_alike_but_for_near_ties():
    one = _answer(("a", 4.0), ("b", 3.5), ("c", 3.0))
    assert same_ranking(one, _answer(("a", 4.0), ("b", 3.5001), ("c", 3.0)))
    assert same_ranking(one, _answer(("a", 4.0), ("b", 3.5), ("d", 3.0001)))
    assert not same_ranking(one, _answer(("a", 4.0), ("b", 3.4), ("c", 3.0)))
    assert not same_ranking(one, _answer(("b", 4.0), ("a", 3.5), ("c", 3.0)))
    assert not same_ranking(one, _answer(("a", 4.0), ("b", 3.5), ("c", 3.0), version=2))


def test_without_wrk_the_remedy_is_named(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(shutil, "which", lambda _program: None)
    with pytest.raises(LoadError, match="apt-get install wrk"):
        require_wrk()


def test_a_short_run_measures_everything(bundle: Path, tmp_path: Path):
    require("wrk", shutil.which("wrk"))
    json_file, plot = tmp_path / "service.json", tmp_path / "service.png"
    benchmark_service(
        bundle, users=30, seconds=1, sustained_seconds=1, json_file=json_file, plot_file=plot
    )
    found = json.loads(json_file.read_text())["service"]
    for name in ("naive_rps", "adapting_rps", "unchanged_rps", "noop_rps"):
        assert found[name] > 1, name
    assert found["plain_ms"] > 0
    assert found["explained_ms"] > 0
    sustained = found["sustained"]
    assert sustained["errors"] == 0
    assert sustained["rps"] > 0.5 * sustained["target_rps"]
    assert 0 < sustained["p50_ms"] <= sustained["p99_ms"]
    assert plot.stat().st_size > 0
