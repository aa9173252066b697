"""A training that was stopped goes on as if it had not been."""

import shutil
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from model.bundle.reports import EpochReport
from model.data import Dataset
from model.errors import CheckpointError
from model.fitting import FittedModel, fit_model
from model.presets import Preset
from model.training_checkpoints import Checkpoints, identity_of

pytestmark = pytest.mark.slow


class _Killed(BaseException):
    """Stands for whatever ends a process in the middle."""


def _train(
    dataset: Dataset, preset: Preset, checkpoints: Checkpoints | None = None, *, stop_at: str = ""
) -> FittedModel:
    def on_epoch(report: EpochReport) -> None:
        if f"{report.phase} {report.epoch}" == stop_at:
            raise _Killed

    return fit_model(dataset, preset, seed=1, on_epoch=on_epoch, checkpoints=checkpoints)


def _tensors(fitted: FittedModel) -> dict[str, torch.Tensor]:
    assert fitted.estimator is not None
    found = {f"rating.{name}": one for name, one in fitted.estimator.tensors().items()}
    if fitted.relevance is not None:
        found |= {f"choice.{name}": one for name, one in fitted.relevance.tensors().items()}
    return found


def _reported(fitted: FittedModel) -> list[tuple[str, int, float]]:
    every = fitted.report.epochs + fitted.report.relevance
    return [(report.phase, report.epoch, report.loss) for report in every]


def _folder(tmp_path: Path, dataset: Dataset, preset: Preset, *, resume: bool) -> Checkpoints:
    identity = identity_of(dataset, preset, 1)
    return Checkpoints(tmp_path / "model.checkpoints", identity, resume=resume, seconds=0.0)


@pytest.fixture(scope="session")
def whole_training(
    two_tastes: Dataset, preset: Preset, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """The checkpoints of a training that came to its end."""
    folder = tmp_path_factory.mktemp("whole")
    _train(two_tastes, preset, _folder(folder, two_tastes, preset, resume=False))
    return folder / "model.checkpoints"


@pytest.fixture
def kept(whole_training: Path, tmp_path: Path) -> Path:
    """A copy of them, to do with as a test likes."""
    return Path(shutil.copytree(whole_training, tmp_path / "model.checkpoints"))


STOPS = {
    "default": ["member 1 of 2 1", "relevance 1 of 1 7", "relevance 1 of 1 20"],
    "melu": ["search 1", "search 2", "refit 1"],
}


@pytest.mark.parametrize("place", range(3))
def test_a_training_that_goes_on_ends_bit_equal(
    two_tastes: Dataset, preset: Preset, fitted_model: FittedModel, tmp_path: Path, place: int
):
    stop_at = STOPS[preset.name][place]
    with pytest.raises(_Killed):
        _train(
            two_tastes,
            preset,
            _folder(tmp_path, two_tastes, preset, resume=False),
            stop_at=stop_at,
        )
    kept = sorted(path.name for path in (tmp_path / "model.checkpoints").iterdir())
    resumed = _train(two_tastes, preset, _folder(tmp_path, two_tastes, preset, resume=True))
    assert [name for name in kept if name.endswith(".safetensors")], "nothing was kept"
    expected, found = _tensors(fitted_model), _tensors(resumed)
    assert expected.keys() == found.keys()
    assert [name for name in expected if not torch.equal(expected[name], found[name])] == []
    assert _reported(resumed) == _reported(fitted_model)


def test_what_goes_on_does_not_train_again_what_was_done(
    two_tastes: Dataset, preset: Preset, kept: Path, tmp_path: Path
):
    before = {path.name: path.stat().st_mtime_ns for path in kept.glob("*.safetensors")}
    _train(two_tastes, preset, _folder(tmp_path, two_tastes, preset, resume=True))
    after = {path.name: path.stat().st_mtime_ns for path in kept.glob("*.safetensors")}
    assert before
    assert after == before


def test_checkpoints_of_other_data_are_refused_with_the_remedy(
    two_tastes: Dataset, preset: Preset, kept: Path
):
    other = Checkpoints(kept, identity_of(two_tastes, preset, 2), resume=True)
    with pytest.raises(CheckpointError, match=r"another seed.*leave out --resume"):
        _train(two_tastes, preset, other)


@pytest.mark.parametrize("damage", ["cut", "zeros", "empty"])
def test_a_damaged_checkpoint_is_refused_with_the_remedy(
    two_tastes: Dataset, preset: Preset, kept: Path, tmp_path: Path, damage: str
):
    path = sorted(kept.glob("*.safetensors"))[0]
    whole = path.read_bytes()
    path.write_bytes({"cut": whole[:-9], "zeros": bytes(len(whole)), "empty": b""}[damage])
    with pytest.raises(CheckpointError, match=r"can't be read.*leave out --resume"):
        _train(two_tastes, preset, _folder(tmp_path, two_tastes, preset, resume=True))


def test_a_training_that_begins_anew_leaves_none_of_the_old(
    two_tastes: Dataset, preset: Preset, tmp_path: Path
):
    folder = tmp_path / "model.checkpoints"
    folder.mkdir()
    (folder / "member-9.safetensors").write_bytes(b"of another training")
    checkpoints = _folder(tmp_path, two_tastes, preset, resume=False)
    assert checkpoints.found
    with pytest.raises(_Killed):
        _train(two_tastes, preset, checkpoints, stop_at=STOPS[preset.name][0])
    left = sorted(path.name for path in folder.glob("*.safetensors"))
    assert left
    assert "member-9.safetensors" not in left
    assert [name for name in left if not load_file(folder / name)] == []


def test_checkpoints_are_kept_no_more_often_than_told(
    two_tastes: Dataset, preset: Preset, tmp_path: Path
):
    seldom = Checkpoints(tmp_path / "kept", identity_of(two_tastes, preset, 1), seconds=3600.0)
    _train(two_tastes, preset, seldom)
    assert not (tmp_path / "kept").exists()


def test_a_different_rating_is_another_training(two_tastes: Dataset, preset: Preset):
    first = identity_of(two_tastes, preset, 1)
    two_tastes.ratings.rating[0] += 1
    try:
        assert identity_of(two_tastes, preset, 1) != first
    finally:
        two_tastes.ratings.rating[0] -= 1
    assert identity_of(two_tastes, preset, 1) == first
