"""`melu train --from` in two processes learns what it learns in one."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from model.bundle.bundle import load_bundle
from model.bundle.manifest import read_manifest
from model.bundle.training_report import read_training_report
from model.data import load_dataset
from scripts.train import train_bundle
from tests.model.ranks.exact import EXACT
from tests.ranks import Trained, apart, environments, without_bias
from tests.running import run_melu

pytestmark = pytest.mark.slow

HELD_OUT = 0.1


def train_in(size: int, *arguments: str) -> None:
    """Run `melu train` in so many processes, as torchrun starts them."""
    with ThreadPoolExecutor(size) as pool:
        ends = list(
            pool.map(
                lambda environment: run_melu("train", *arguments, **environment),
                environments(size),
            )
        )
    assert [end.returncode for end in ends] == [0] * size, [end.stderr for end in ends]


def _trained(folder: Path) -> Trained:
    bundle, report = load_bundle(folder, prepare=False), read_training_report(folder)
    tensors = {
        f"{part}.{name}": tensor
        for part, model in (("rating", bundle.rating), ("choice", bundle.relevance))
        if model is not None
        for name, tensor in model.tensors().items()
    }
    every = report.epochs + report.relevance
    return Trained(tensors, [(one.phase, one.epoch, one.loss) for one in every])


@pytest.mark.parametrize("name", EXACT)
def test_two_ranks_go_on_from_a_bundle_as_one_does(
    data: dict[str, Path], tmp_path: Path, name: str
):
    bundle = tmp_path / "before"
    train_bundle(load_dataset(data[name]), bundle, EXACT[name], seed=1, held_out=HELD_OUT)
    outs = [tmp_path / f"of {size}" for size in (1, 2)]

    for size, out in enumerate(outs, start=1):
        options = ("--out", f"{out}", "--from", f"{bundle}", "--hold-out", f"{HELD_OUT}")
        train_in(size, f"{data[name]}", *options, "--seed", "2")

    # The bundle's batches are those of all processes.
    assert read_manifest(outs[1]).preset == read_manifest(outs[0]).preset == EXACT[name]
    assert read_training_report(outs[1]).started_from == read_manifest(bundle).version
    one, two = (without_bias(_trained(out)) for out in outs)
    assert two.losses == [
        (phase, epoch, pytest.approx(loss, abs=1e-5)) for phase, epoch, loss in one.losses
    ]
    assert one.tensors.keys() == two.tensors.keys()
    # Onboardings, of which answers are learnt, are drawn by each rank for itself.
    far = {key: off for key, off in apart(one, two).items() if off > 1e-5}
    assert [key for key in far if ".answers." not in key] == []
    # It did learn on.
    before = without_bias(_trained(bundle))
    assert max(apart(before, one).values()) > 1e-3


def test_batches_of_a_preset_are_those_of_each_rank(data: dict[str, Path], tmp_path: Path):
    out = tmp_path / "model"
    options = ("--preset", "melu", "--epochs", "1", "--batch-users", "16", "--out", f"{out}")

    train_in(2, f"{data['melu']}", *options)

    trained = read_manifest(out).preset
    assert trained.name == "melu"
    assert trained.training.batch_users == 2 * 16
