"""The same users are held out of every training, and no training sees them."""

import shutil
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from model.bundle.training_report import read_training_report
from model.data import load_dataset
from model.data.hold_out import HoldOut
from model.errors import BundleError
from scripts.train import chosen_preset, train_bundle


def test_a_share_holds_all_of_a_smaller_one_and_nobody_else_matters():
    names = [f"user {number}" for number in range(5000)]
    tenth, fifth = HoldOut(0.1).holds(names), HoldOut(0.2).holds(names)

    assert abs(tenth.mean() - 0.1) < 0.02
    assert abs(fifth.mean() - 0.2) < 0.02
    assert not (tenth & ~fifth).any()
    assert np.array_equal(HoldOut(0.1).holds(names[::-1])[::-1], tenth)
    assert not HoldOut(0.0).holds(names).any()


def test_shares_for_different_purposes_are_drawn_apart():
    names = [f"user {number}" for number in range(5000)]
    judged, validation = HoldOut(0.2).holds(names), HoldOut(0.2, "validation").holds(names)

    assert abs((judged & validation).mean() - 0.04) < 0.015


def test_what_held_out_users_say_changes_no_bundle(two_tastes_folder: Path, tmp_path: Path):
    other = Path(shutil.copytree(two_tastes_folder, tmp_path / "other"))
    table = pl.read_csv(other / "ratings.csv")
    held_out = HoldOut(0.2).holds(table.get_column("user_id").to_list())
    turned = pl.when(pl.Series(held_out)).then(6 - pl.col("rating")).otherwise(pl.col("rating"))
    table.with_columns(rating=turned).write_csv(other / "ratings.csv")
    preset = chosen_preset("melu", epochs=1)
    versions = [
        train_bundle(load_dataset(folder), tmp_path / f"{at}", preset, seed=1, held_out=share)
        for at, (folder, share) in enumerate(
            [(two_tastes_folder, 0.2), (other, 0.2), (two_tastes_folder, 0.0)]
        )
    ]

    assert held_out.any()
    assert versions[0].version == versions[1].version != versions[2].version
    assert read_training_report(tmp_path / "0").held_out == 0.2
    # What begins with weights that know these users can't hold them out any more.
    with pytest.raises(BundleError, match="has learnt of these users"):
        train_bundle(
            load_dataset(other),
            tmp_path / "3",
            preset,
            seed=1,
            held_out=0.2,
            begin=tmp_path / "2",
        )
