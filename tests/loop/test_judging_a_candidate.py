"""A candidate that serves held-out users worse is refused, and nothing changes."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from typer.testing import CliRunner

from model.bundle.manifest import read_manifest
from model.data import Dataset, load_dataset
from model.data.hold_out import HoldOut
from model.errors import BundleError, DatasetError
from model.evaluation.comparison import draw_judged_users, judge
from model.recommender import Recommender
from scripts.cli import app as cli
from scripts.commands.loop import REFUSED
from scripts.loop.promote import Bounds, judge_candidate
from scripts.train import train_bundle
from tests.conftest import QUICK_PRESETS

HELD_OUT = 0.3


def _train(folder: Path, out: Path, *, held_out: float = HELD_OUT) -> Path:
    train_bundle(
        load_dataset(folder),
        out,
        QUICK_PRESETS["melu"],
        seed=1,
        keeps_checkpoints=False,
        held_out=held_out,
    )
    return out


@pytest.fixture(scope="module")
def good(two_tastes_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return _train(two_tastes_folder, tmp_path_factory.mktemp("good") / "model")


@pytest.fixture(scope="module")
def bad(two_tastes_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Trained on ratings that say nothing of any taste."""
    folder = Path(shutil.copytree(two_tastes_folder, tmp_path_factory.mktemp("bad") / "data"))
    table = pl.read_csv(folder / "ratings.csv")
    shuffled = table.get_column("rating").shuffle(seed=1)
    table.with_columns(rating=shuffled).write_csv(folder / "ratings.csv")
    return _train(folder, folder.with_name("model"))


def test_one_that_is_worse_is_refused_by_its_exit_status(
    good: Path, bad: Path, two_tastes_folder: Path, tmp_path: Path
):
    served = Path(shutil.copytree(good, tmp_path / "model"))
    told = tmp_path / "report.json"
    options = ["--current", str(served), "--data", str(two_tastes_folder), "--json", str(told)]

    ended = CliRunner().invoke(cli, ["promote", str(bad), *options])

    assert ended.exit_code == REFUSED, ended.output
    assert "refused: its lists are worse" in ended.output
    report = json.loads(told.read_text())
    assert not report["passed"]
    assert report["ndcg_difference"]["mean"] < -2 * report["ndcg_difference"]["standard_error"]
    assert read_manifest(served).version == read_manifest(good).version
    assert not served.with_name("model.former").exists()


def test_how_much_worse_it_may_be_can_be_set(good: Path, bad: Path, two_tastes: Dataset):
    faults = judge_candidate(bad, good, two_tastes, bounds=Bounds(0.0, 0.0)).faults
    lenient = judge_candidate(bad, good, two_tastes, bounds=Bounds(1.0, 4.0)).faults

    assert [fault.partition(" are worse")[0] for fault in faults] == [
        "its lists",
        "its predicted ratings",
    ]
    assert lenient == []


def test_the_same_bundle_is_as_good_as_itself(good: Path, two_tastes: Dataset):
    verdict = judge_candidate(good, good, two_tastes, bounds=Bounds(0.0, 0.0))

    assert verdict.faults == []
    assert verdict.users >= 20
    assert verdict.lists.mean == verdict.lists.standard_error == 0


def test_only_held_out_users_judge(two_tastes: Dataset):
    hold_out = HoldOut(HELD_OUT)

    found = draw_judged_users(two_tastes, hold_out, seed=0)

    names = [two_tastes.user_ids[trial.user] for trial in found.trials]
    assert len(names) >= 20
    assert hold_out.holds(names).all()
    with pytest.raises(DatasetError, match="larger --hold-out"):
        draw_judged_users(two_tastes, HoldOut(0.05), seed=0)


def test_a_bundle_that_saw_everybody_can_not_be_judged(
    good: Path, bundle_of: Callable[[str], Path], two_tastes: Dataset
):
    with pytest.raises(BundleError, match="nobody is left to judge it by"):
        judge_candidate(good, bundle_of("melu"), two_tastes, bounds=Bounds())


def test_items_that_a_bundle_does_not_know_are_on_its_lists_too(good: Path, two_tastes: Dataset):
    """As they would be if they had been put to a service."""
    items = two_tastes.item_features
    clones = 20
    more = replace(
        two_tastes,
        item_ids=[*two_tastes.item_ids, *(f"new {at}" for at in range(clones))],
        titles=[*two_tastes.titles, *(f"New {at}" for at in range(clones))],
        item_features=pl.concat([items, items[:clones]]),
    )
    # Who likes a comedy likes its clone: lists that left new ones out would miss half.
    ratings = two_tastes.ratings
    cloned = ratings.item_index < clones
    both = replace(
        ratings,
        user_index=np.concatenate([ratings.user_index, ratings.user_index[cloned]]),
        item_index=np.concatenate([ratings.item_index, ratings.item_index[cloned] + 60]),
        rating=np.concatenate([ratings.rating, ratings.rating[cloned]]),
        at=None,
    )
    more = replace(more, ratings=both)
    users = draw_judged_users(more, HoldOut(HELD_OUT), seed=0)
    recommender = Recommender.load(good)

    judged = judge(recommender, more, users)

    longest = users.protocol.sizes[-1]
    knows_none = [
        trial for trial in users.trials if len(trial.targets) and (trial.targets >= 60).all()
    ]
    assert len(judged.ndcg[longest]) == len(users.trials) == len(judged.mae[longest])
    assert judged.ndcg[longest].mean() > judged.ndcg[0].mean()
    assert len(knows_none) < len(users.trials)
    assert recommender.catalogue.size == 60


def test_other_data_are_told_as_such_however_few_users_they_have(
    good: Path, bad: Path, tmp_path: Path
):
    (tmp_path / "dataset.toml").write_text(
        'name = "few"\n[ratings]\nfile = "r.csv"\nuser = "u"\nitem = "i"\nrating = "r"\n'
    )
    (tmp_path / "r.csv").write_text("u,i,r\na,1,5\nb,1,1\n")

    with pytest.raises(BundleError, match="trained on 'two-tastes', and the data are 'few'"):
        judge_candidate(bad, good, load_dataset(tmp_path), bounds=Bounds())
