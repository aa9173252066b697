"""The served folder always holds a whole bundle, those before are kept, and there is a way back."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from pathlib import Path
from threading import Event, Thread

import pytest

from model.bundle.manifest import read_manifest
from model.bundle.weights_file import WeightsFile
from model.data import Dataset
from model.errors import BundleError, ModelError
from scripts.loop.swap import bundles_before, promote_bundle, roll_back
from tests.conftest import QUICK_PRESETS
from tests.training import train_bundle


@pytest.fixture(scope="module")
def one(bundle_of: Callable[[str], Path]) -> Path:
    return bundle_of("melu")


@pytest.fixture(scope="module")
def other(two_tastes: Dataset, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("other") / "model"
    train_bundle(two_tastes, QUICK_PRESETS["melu"], folder, seed=2)
    return folder


def _version(folder: Path) -> str:
    return read_manifest(folder).version


@pytest.mark.parametrize("is_first", [True, False])
def test_what_another_run_put_there_meanwhile_is_not_replaced_unjudged(
    one: Path, other: Path, tmp_path: Path, is_first: bool
):
    served = tmp_path / "model"
    promote_bundle(other, served, keep=1)
    judged_beside = "" if is_first else _version(one)

    with pytest.raises(BundleError, match=r"by now.*Judge it again"):
        promote_bundle(one, served, keep=1, instead_of=judged_beside)

    assert _version(served) == _version(other)
    assert promote_bundle(one, served, keep=1, instead_of=_version(other)) is not None
    assert _version(served) == _version(one)


def test_whoever_looks_finds_a_bundle_at_any_time(one: Path, other: Path, tmp_path: Path):
    served = tmp_path / "model"
    promote_bundle(one, served, keep=1)
    is_over = Event()
    found: list[str | Exception] = []

    def look() -> None:
        while not is_over.is_set():
            try:
                found.append(_version(served))
            except ModelError as error:
                found.append(error)

    looking = Thread(target=look)
    looking.start()
    for candidate in (other, one, other, one, other):
        promote_bundle(candidate, served, keep=1)
    is_over.set()
    looking.join()

    assert set(found) == {_version(one), _version(other)}


def test_as_many_are_kept_as_told_and_the_newest_comes_back(one: Path, other: Path, tmp_path: Path):
    served = tmp_path / "model"
    assert promote_bundle(one, served, keep=2) is None
    kept = [promote_bundle(bundle, served, keep=2) for bundle in (other, one, other)]

    assert bundles_before(served) == kept[1:]
    assert [_version(folder) for folder in kept[1:] if folder] == [_version(other), _version(one)]
    assert _version(served) == _version(other)
    assert _version(other)  # what was promoted stays where it was

    assert roll_back(served)[:2] == (_version(one), _version(other))
    assert _version(served) == _version(one)
    assert roll_back(served)[:2] == (_version(other), _version(one))
    assert WeightsFile(served / "weights.safetensors", is_large=False).tensors()
    with pytest.raises(BundleError, match="no bundle of before"):
        roll_back(served)
    assert _version(served) == _version(other)
    assert _version(served.with_name("model.withdrawn")) == _version(one)
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "model",
        "model.former",
        "model.withdrawn",
    ]


def _damage(bundle: Path) -> None:
    weights = bundle / "weights.safetensors"
    weights.write_bytes(weights.read_bytes()[:-8])


def test_from_a_bundle_that_is_damaged_or_gone_there_is_a_way_back(
    one: Path, other: Path, tmp_path: Path
):
    served = tmp_path / "model"
    for bundle in (one, other, one):
        promote_bundle(bundle, served, keep=2)
    (served / "bundle.json").write_text("{")

    assert roll_back(served) == (_version(other), None, tmp_path / "model.withdrawn")
    assert _version(served) == _version(other)

    shutil.rmtree(served)
    assert roll_back(served) == (_version(one), None, None)
    assert _version(served) == _version(one)


def test_it_does_not_go_back_to_a_damaged_bundle(one: Path, other: Path, tmp_path: Path):
    served = tmp_path / "model"
    for bundle in (one, other):
        promote_bundle(bundle, served, keep=2)
    (former,) = bundles_before(served)
    _damage(former)

    with pytest.raises(BundleError, match=rf"Delete {re.escape(str(former))} to go back"):
        roll_back(served)

    assert _version(served) == _version(other)


def test_a_link_to_the_served_folder_stays(one: Path, other: Path, tmp_path: Path):
    folder, served = tmp_path / "releases" / "model", tmp_path / "current"
    promote_bundle(one, folder, keep=1)
    served.symlink_to(Path("releases") / "model")

    promote_bundle(other, served, keep=1)

    assert served.is_symlink()
    assert _version(served) == _version(folder) == _version(other)
    assert [_version(before) for before in bundles_before(served)] == [_version(one)]
    assert roll_back(served)[:2] == (_version(one), _version(other))
    assert served.is_symlink()
    assert _version(folder) == _version(one)


def test_a_damaged_candidate_changes_nothing(one: Path, other: Path, tmp_path: Path):
    served, broken = tmp_path / "model", tmp_path / "broken"
    promote_bundle(one, served, keep=2)
    shutil.copytree(other, broken)
    _damage(broken)

    with pytest.raises(BundleError):
        promote_bundle(broken, served, keep=2)

    assert _version(served) == _version(one)
    assert bundles_before(served) == []
