"""A run of the loop finds out what can't end well before it begins."""

import json
from pathlib import Path

import pytest

from model.bundle.folders import OwnFolder
from model.bundle.saving import BUNDLE_FOLDER
from model.errors import BundleError, DatasetError, ModelError
from scripts.loop.export import EXPORT_FOLDER
from scripts.loop.merge import MERGED_FOLDER
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


def test_data_that_are_not_there(tmp_path: Path):
    # There is no store either, but nothing is asked of it.
    with pytest.raises(DatasetError, match=r"dataset.toml does not exist.*melu init"):
        retrain(_plan(tmp_path))

    report = json.loads((tmp_path / "work" / "report.json").read_text())
    assert report["outcome"] == "failed"
    assert report["seconds"] == {}


@pytest.mark.parametrize("names", [("data",), ("data", "lock"), ("export",), ("candidate", "lock")])
def test_a_work_folder_that_holds_something_else(tmp_path: Path, names: tuple[str, ...]):
    for name in names:
        if name == "lock":
            (tmp_path / name).touch()
        else:
            (tmp_path / name).mkdir()
            (tmp_path / name / "ratings.csv").write_text("mine")

    with pytest.raises(ModelError, match=r"choose another|Name a folder"):
        retrain(_plan(tmp_path, work=tmp_path))

    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(names)
    assert (tmp_path / names[0] / "ratings.csv").read_text() == "mine"


def test_a_bundle_that_is_served_where_the_candidate_would_be(tmp_path: Path):
    (tmp_path / "work").mkdir()

    with pytest.raises(ModelError, match="Name a folder by --work"):
        retrain(_plan(tmp_path, model=tmp_path / "work" / "candidate"))


@pytest.mark.parametrize(
    ("mark", "kind"),
    [
        ("bundle.json", BUNDLE_FOLDER),
        ("export.json", EXPORT_FOLDER),
        ("dataset.toml", MERGED_FOLDER),
    ],
)
def test_a_folder_with_more_than_what_would_be_replaced(tmp_path: Path, mark: str, kind: OwnFolder):
    (tmp_path / mark).write_text(
        "# Made by melu merge-feedback: the training data with feedback of a service.\n"
    )
    kind.check(tmp_path)

    (tmp_path / "thesis.txt").write_text("mine")

    with pytest.raises(ModelError, match="choose another --out"):
        kind.check(tmp_path)
