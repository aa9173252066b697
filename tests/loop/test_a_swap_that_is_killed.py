"""A promotion or a way back that is killed between two steps is made good by the next command."""

from __future__ import annotations

import os
import shutil
import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from model.bundle.folders import replacing_folder
from model.bundle.manifest import read_manifest
from model.errors import BundleError
from scripts.loop.promote import check_place
from scripts.loop.swap import bundles_before, promote_bundle, roll_back
from tests.forked import ForkedProcess
from tests.killed import WITHOUT_EXCHANGE

ENOUGH = 20
AS_IT_IS = "as it is"


@pytest.fixture(scope="module")
def one(bundle_of: Callable[[str], Path]) -> Path:
    return bundle_of("melu")


@pytest.fixture(scope="module")
def other(other_bundle: Path) -> Path:
    return other_bundle


def versions(*folders: Path) -> list[str]:
    return [read_manifest(folder).version for folder in folders]


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def killed_at_each_step(
    folder: Path, how: str, prepare: Callable[[Path], list[str]]
) -> Iterator[Path]:
    """Kill what is prepared before each of its steps in turn, in a folder of its own each."""
    for step in range(1, ENOUGH):
        place = folder / str(step)
        place.mkdir()
        arguments = [str(step), how, *prepare(place)]
        process = ForkedProcess(arguments, os.environ, folder / "log", program="tests.killed")
        status = process.wait(60)
        assert status in {0, -signal.SIGKILL}, (folder / "log").read_text()
        yield place
        if status == 0:
            assert step > 2
            return
    pytest.fail("it never came to its end")


@pytest.fixture(params=[AS_IT_IS, WITHOUT_EXCHANGE])
def how(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def promoting(one: Path, other: Path) -> Callable[[Path], list[str]]:
    """Serve one bundle, and begin to promote another."""

    def prepare(place: Path) -> list[str]:
        promote_bundle(one, place / "model", keep=5)
        return ["promote", str(other), str(place / "model")]

    return prepare


def test_what_was_not_promoted_is_none_to_go_back_to(
    one: Path, other: Path, tmp_path: Path, how: str
):
    found = set()
    for place in killed_at_each_step(tmp_path, how, promoting(one, other)):
        served = place / "model"
        was_promoted = served.exists() and versions(served) == versions(other)
        found.add(was_promoted)
        if was_promoted:
            assert roll_back(served)[:2] == (*versions(one), *versions(other))
        else:
            with pytest.raises(BundleError, match="no bundle of before"):
                roll_back(served)
        assert versions(served) == versions(one)
        assert bundles_before(served) == []
        assert names(place) <= {"model", "model.former", "model.withdrawn"}
    assert found == {True, False}


def test_another_promotion_keeps_what_was_served(one: Path, other: Path, tmp_path: Path, how: str):
    found = set()
    for place in killed_at_each_step(tmp_path, how, promoting(one, other)):
        served = place / "model"
        # As `melu promote` and `melu retrain` begin, before they judge.
        check_place(served)
        was_promoted = versions(served) == versions(other)
        found.add(was_promoted)
        assert names(place) <= {"model", "model.former"}

        promote_bundle(other, served, keep=5)

        assert versions(served) == versions(other)
        expected = versions(one, other) if was_promoted else versions(one)
        assert versions(*bundles_before(served)) == expected
        assert names(place) == {"model", "model.former"}
    assert found == {True, False}


def test_the_way_back_leads_to_the_same_place(one: Path, other: Path, tmp_path: Path, how: str):
    before = tmp_path / "before"
    for bundle in (other, one, other, one):
        promote_bundle(bundle, before / "model", keep=5)
    roll_back(before / "model")

    def prepare(place: Path) -> list[str]:
        shutil.copytree(before, place, dirs_exist_ok=True)
        return ["roll back", str(place / "model")]

    found = set()
    for place in killed_at_each_step(tmp_path, how, prepare):
        served = place / "model"
        was_back = served.exists() and versions(served) == versions(one)
        found.add(was_back)
        if not was_back:
            assert roll_back(served)[:2] == (*versions(one), *versions(other))
        # The next one leads one further, and nowhere else.
        assert roll_back(served)[:2] == (*versions(other), *versions(one))
        assert versions(served, place / "model.withdrawn") == versions(other, one)
        assert bundles_before(served) == []
        assert names(place) == {"model", "model.former", "model.withdrawn"}
    assert found == {True, False}


def test_a_folder_that_is_written_is_the_old_or_the_new_one(tmp_path: Path, how: str):
    def prepare(place: Path) -> list[str]:
        (place / "folder").mkdir()
        (place / "folder" / "text").write_text("old")
        return ["write", str(place / "folder")]

    found = set()
    for place in killed_at_each_step(tmp_path, how, prepare):
        folder = place / "folder"
        if how == AS_IT_IS:
            found.add((folder / "text").read_text())
        with pytest.raises(RuntimeError), replacing_folder(folder):
            raise RuntimeError("the next one fails")
        found.add((folder / "text").read_text())
        assert names(place) == {"folder"}
    assert found == {"old", "new"}


def test_what_somebody_works_in_is_left_alone(tmp_path: Path):
    with replacing_folder(tmp_path / "folder") as first:
        (first / "text").write_text("first")
        with replacing_folder(tmp_path / "folder") as second:
            (second / "text").write_text("second")
        assert (tmp_path / "folder" / "text").read_text() == "second"

    assert (tmp_path / "folder" / "text").read_text() == "first"
    assert names(tmp_path) == {"folder"}


def test_what_only_looks_like_a_leftover_is_left_alone(tmp_path: Path):
    for other in (".folder-original", ".folder-too-abcdefgh"):
        (tmp_path / other).mkdir()
        (tmp_path / other / "text").write_text("mine")

    with replacing_folder(tmp_path / "folder"):
        pass

    assert names(tmp_path) == {"folder", ".folder-original", ".folder-too-abcdefgh"}
