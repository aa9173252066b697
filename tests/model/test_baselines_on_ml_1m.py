"""The baselines on real data: set MELU_ML_1M to a prepared MovieLens 1M to run this."""

import os
from pathlib import Path

import numpy as np
import pytest

from model.baselines import Baselines
from model.data import load_dataset
from model.evaluation import Results, draw_trial, random_split, read_split
from model.evaluation.results import measure

FOLDER = os.environ.get("MELU_ML_1M", "")


@pytest.mark.skipif(not FOLDER, reason="MELU_ML_1M does not name a prepared MovieLens 1M")
def test_baselines_stand_where_they_are_known_to_stand():
    folder = Path(FOLDER)
    dataset = load_dataset(folder)
    authors = folder / "melu_split.json"
    split = (
        read_split(authors, dataset)
        if authors.is_file()
        else random_split(dataset, np.random.default_rng(0))
    )
    trial = draw_trial(dataset, split, "A", 0)
    episodes = trial.episodes["user_cold"]
    baselines = Baselines.fit(dataset, trial.training)
    results = Results()
    predicted = baselines.predict(episodes)
    results.add(
        episodes.user_index,
        {name: measure(values, episodes, dataset.scale) for name, values in predicted.items()},
    )
    error = {name: results.estimate(name, "mae").mean for name in predicted}
    if authors.is_file():
        assert error["item_mean"] == pytest.approx(0.785, abs=0.02)
        assert error["bias"] == pytest.approx(0.735, abs=0.015)
        assert error["gp"] == pytest.approx(0.693, abs=0.015)
    # Splits differ by more than that; the order of the baselines does not.
    for better, worse in (("gp", "ridge"), ("ppca", "ridge"), ("knn", "ridge"), ("ridge", "bias")):
        found = results.difference(better, worse, "mae")
        assert found.mean < -2 * found.standard_error, (better, worse)
    assert results.estimate("gp", "ndcg_exp@5").mean > results.estimate("bias", "ndcg_exp@5").mean
