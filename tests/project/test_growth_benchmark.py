"""Planted data of any size, and what a training on them takes."""

import json
from pathlib import Path

import numpy as np
import pytest

from model.data import load_dataset
from model.errors import ModelError
from scripts.benchmark.growth import benchmark_growth
from scripts.benchmark.planted import Size, write_planted

pytestmark = pytest.mark.slow

SMALL = Size(3_000, 200, 400)


def test_planted_data_are_as_large_as_asked_and_follow_from_the_seed(tmp_path: Path):
    first, again, other = (
        load_dataset(write_planted(tmp_path / name, SMALL, seed=seed))
        for name, seed in (("first", 1), ("again", 1), ("other", 2))
    )
    assert len(first.user_ids) == 200
    assert len(first.item_ids) == 400
    assert 0.8 * 3_000 < len(first.ratings) < 1.2 * 3_000
    np.testing.assert_array_equal(first.ratings.rating, again.ratings.rating)
    assert (
        len(first.ratings) != len(other.ratings)
        or (first.ratings.rating != other.ratings.rating).any()
    )
    assert not first.report.bad_rows


def test_planted_tastes_can_be_learnt(tmp_path: Path):
    dataset = load_dataset(write_planted(tmp_path / "data", SMALL))
    assert np.bincount(dataset.ratings.user_index).min() >= 4
    assert np.unique(dataset.ratings.rating).tolist() == [1, 2, 3, 4, 5]
    counts = np.sort(np.bincount(dataset.ratings.item_index))[::-1]
    assert counts[:12].sum() > 2 * counts[-12:].sum()


@pytest.mark.parametrize("text", ["", "1,2", "a,b,c", "1.5,20,20", "100,10,50", "50,20,20"])
def test_a_size_that_is_none_is_refused_with_the_form(text: str):
    with pytest.raises(ModelError, match=r"RATINGS,USERS,ITEMS|too small"):
        Size.parse(text)


@pytest.mark.parametrize("processes", [1, 2])
def test_time_and_memory_of_a_training_are_told(
    tmp_path: Path,
    capfd: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    processes: int,
):
    monkeypatch.delenv("COLUMNS", raising=False)
    path = tmp_path / "growth.json"
    size = Size.parse("2000,60,40")
    benchmark_growth([size], preset="melu", processes=processes, json_file=path, plot_file=None)
    cost = json.loads(path.read_text())["growth"]["2000"]
    assert cost["cpu_seconds"] > 0
    assert 100 < cost["peak_mib"] < 4_000
    told = capfd.readouterr()
    assert "2,000 ratings, 60 users, 40 items" in told.out
    assert (f"{processes} processes" in told.err) == (processes > 1)


def test_a_training_that_fails_is_no_measurement(tmp_path: Path):
    with pytest.raises(ModelError, match="failed"):
        benchmark_growth([SMALL], preset="no such", json_file=None, plot_file=None)
