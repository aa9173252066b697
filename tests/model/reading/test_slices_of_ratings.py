"""Parquet that is read a slice at a time gives what it gives as a whole."""

from pathlib import Path

import numpy as np
import polars as pl
import pytest

from model.data import Dataset, load_dataset, rating_table
from model.errors import DatasetError

ROWS, USERS, ITEMS = 2_000, 40, 60
TOML = """name = "sliced"
[ratings]
file = ["a.parquet", "b.parquet"]
user = "user"
item = "item"
rating = "stars"
timestamp = "at"
scale = [1, 5]
"""
CLICKS = TOML.replace('rating = "stars"', 'weight = "stars"').replace("scale = [1, 5]\n", "")

_TOLD = r"outside the scale.*3 row.*line 4 .*901 .*1251 "


def _rows(bad: tuple[int, ...] = ()) -> pl.DataFrame:
    random = np.random.default_rng(5)
    stars = random.integers(1, 6, ROWS).astype(np.float64)
    stars[list(bad)] = 9
    return pl.DataFrame(
        {
            # As some programs write whole numbers.
            "user": [f"{user}.0" for user in random.integers(USERS, size=ROWS)],
            "item": random.integers(ITEMS, size=ROWS),
            "stars": stars,
            "at": random.integers(1_600_000_000, 1_700_000_000, ROWS),
        }
    )


def _write(folder: Path, rows: pl.DataFrame, toml: str = TOML) -> Path:
    folder.mkdir()
    rows[:1_300].write_parquet(folder / "a.parquet")
    rows[1_300:].write_parquet(folder / "b.parquet")
    (folder / "dataset.toml").write_text(toml)
    return folder


def _load(monkeypatch: pytest.MonkeyPatch, folder: Path, slice_rows: int) -> Dataset:
    monkeypatch.setattr(rating_table, "SLICE_ROWS", slice_rows)
    return load_dataset(folder, skip_bad_rows=True)


@pytest.mark.parametrize("toml", [TOML, TOML.replace("scale = [1, 5]\n", ""), CLICKS])
def test_slices_give_the_same_data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, toml: str):
    folder = _write(tmp_path / "data", _rows(bad=(3, 900, 1_999)), toml)
    whole, sliced = (_load(monkeypatch, folder, rows) for rows in (1 << 20, 300))
    for name in ("user_index", "item_index", "rating"):
        np.testing.assert_array_equal(
            getattr(sliced.ratings, name), getattr(whole.ratings, name), strict=True
        )
    assert sliced.user_ids == whole.user_ids
    assert sliced.item_ids == whole.item_ids
    assert sliced.report == whole.report
    assert "7" in sliced.user_ids
    assert len(sliced.ratings) > 1_000


def test_bad_rows_are_told_as_of_a_whole_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    folder = _write(tmp_path / "data", _rows(bad=(3, 900, 1_250, 1_999)))
    told = []
    for slice_rows in (1 << 20, 300):
        monkeypatch.setattr(rating_table, "SLICE_ROWS", slice_rows)
        with pytest.raises(DatasetError, match=_TOLD) as bad:
            load_dataset(folder)
        told.append(str(bad.value))
    assert told[0] == told[1]
