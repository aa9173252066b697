"""A run of the loop finds out what can't end well before it begins."""

from pathlib import Path

import pytest

from model.errors import BundleError, ModelError
from scripts.loop.retrain import RetrainPlan, retrain


def _plan(folder: Path, **other: Path) -> RetrainPlan:
    places = {"model": folder / "model", "work": folder / "work", **other}
    return RetrainPlan(folder=folder / "data", store_folder=folder / "store", **places)


def test_a_place_that_holds_something_else_than_a_bundle(tmp_path: Path):
    (tmp_path / "model").mkdir()
    (tmp_path / "model" / "thesis.txt").write_text("mine")

    with pytest.raises(BundleError, match="is no bundle; name the served bundle"):
        retrain(_plan(tmp_path))

    assert [path.name for path in tmp_path.iterdir()] == ["model"]


def test_a_report_in_a_folder_that_there_is_not(tmp_path: Path):
    with pytest.raises(ModelError, match=r"the folder of .*report.json does not exist"):
        retrain(_plan(tmp_path, json_file=tmp_path / "none" / "report.json"))


def test_a_work_folder_that_can_not_be_made(tmp_path: Path):
    (tmp_path / "file").touch()

    with pytest.raises(ModelError, match="--work"):
        retrain(_plan(tmp_path, work=tmp_path / "file" / "work"))
