"""Reading and drawing which users and items are cold."""

import json
from pathlib import Path

import numpy as np
import pytest

from model.data import Dataset
from model.errors import DatasetError
from model.evaluation import random_split, read_split


def _write(folder: Path, content: object) -> Path:
    path = folder / "split.json"
    path.write_text(json.dumps(content))
    return path


def test_ids_may_be_numbers_or_text(two_tastes: Dataset, tmp_path: Path):
    path = _write(tmp_path, {"cold_users": ["u3", "u7"], "cold_items": [2, "4", 99999]})
    split = read_split(path, two_tastes)
    assert [two_tastes.user_ids[u] for u in np.flatnonzero(split.cold_users)] == ["u3", "u7"]
    assert [two_tastes.item_ids[i] for i in np.flatnonzero(split.cold_items)] == ["2", "4"]


def test_a_list_may_be_empty(two_tastes: Dataset, tmp_path: Path):
    split = read_split(_write(tmp_path, {"cold_users": ["u3"], "cold_items": []}), two_tastes)
    assert not split.cold_items.any()


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ([1, 2], "should hold"),
        ({"cold_users": ["u1"]}, "cold_items"),
        ({"cold_users": "u1", "cold_items": []}, "cold_users"),
        ({"cold_users": [True], "cold_items": []}, "cold_users"),
        ({"cold_users": ["nobody"], "cold_items": []}, "none of the 1 ids"),
    ],
)
def test_a_split_that_does_not_fit_is_refused(
    content: object, message: str, two_tastes: Dataset, tmp_path: Path
):
    with pytest.raises(DatasetError, match=message):
        read_split(_write(tmp_path, content), two_tastes)


def test_a_file_that_is_missing_or_no_json_is_refused(two_tastes: Dataset, tmp_path: Path):
    with pytest.raises(DatasetError, match="can't be read"):
        read_split(tmp_path / "none.json", two_tastes)
    (tmp_path / "bad.json").write_text("{")
    with pytest.raises(DatasetError, match="not valid JSON"):
        read_split(tmp_path / "bad.json", two_tastes)


def test_without_a_file_a_random_fifth_is_cold(two_tastes: Dataset):
    split = random_split(two_tastes, np.random.default_rng(0))
    assert split.cold_users.sum() == 32
    assert split.cold_items.sum() == 12
    again = random_split(two_tastes, np.random.default_rng(0))
    other = random_split(two_tastes, np.random.default_rng(1))
    assert (again.cold_users == split.cold_users).all()
    assert (other.cold_users != split.cold_users).any()
