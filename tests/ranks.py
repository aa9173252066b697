"""Trainings in several real processes, which find each other as those of torchrun do."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from contextlib import ExitStack, suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import torch
from safetensors.torch import load_file, save_file

from model.bayesian import BayesianPreset
from model.bundle.reports import EpochReport
from model.bundle.saving import learn_evidence
from model.data import load_dataset
from model.errors import ModelError
from model.fitting import fit_model
from model.melu import MeluPreset
from model.presets import Preset
from model.ranks import ALONE, Ranks
from model.ranks.torch_ranks import check_equal, joined_ranks
from model.training_checkpoints import Checkpoints, identity_of
from tests.forked import ForkedProcess
from tests.ports import free_port

SECONDS = 240
_PRESETS = {preset.__name__: preset for preset in (BayesianPreset, MeluPreset)}


@dataclass(frozen=True)
class Job:
    """A training.

    Attributes:
        folder: The prepared data set.
        kind: Class of the preset.
        preset: What to train, as JSON.
        out: File that rank 0 writes what was learnt to.
        checkpoints: Folder to keep some in; none if empty.
        resume: Whether to go on from them.
        stop_at: Phase and epoch at which all ranks end it, and begin the next one.
        kill_at: Phase and epoch at which the last rank is killed.
    """

    folder: str
    kind: str
    preset: str
    out: str
    checkpoints: str = ""
    resume: bool = False
    stop_at: str = ""
    kill_at: str = ""

    @classmethod
    def of(cls, folder: Path, preset: Preset, out: Path, **options: str | bool) -> "Job":
        return cls(
            str(folder),
            type(preset).__name__,
            preset.model_dump_json(),
            str(out),
            **options,  # type: ignore[arg-type]
        )


@dataclass(frozen=True)
class Trained:
    """What rank 0 says of a training.

    Attributes:
        tensors: All that was learnt.
        losses: Phase, epoch and loss of each report.
    """

    tensors: dict[str, torch.Tensor]
    losses: list[tuple[str, int, float]]

    @classmethod
    def read(cls, out: Path) -> "Trained":
        losses = json.loads(out.with_suffix(".json").read_text())
        return cls(load_file(out), [tuple(one) for one in losses])


def apart(one: Trained, other: Trained) -> dict[str, float]:
    """Tell how far apart what was learnt is, by name."""
    return {
        name: float((tensor.double() - other.tensors[name].double()).abs().max())
        for name, tensor in one.tensors.items()
        if tensor.numel()
    }


def without_bias(trained: Trained) -> Trained:
    """Leave out what is added to all items alike: it changes no chance and has no gradient.

    Adam makes steps of what rounding leaves of it.
    """
    bias = trained.tensors.pop("choice.member.0.bias", None)
    if bias is not None:
        trained.tensors["choice.items.output"][:, -1] -= bias
    return trained


class _Stopped(BaseException):
    """Ends a training in the middle."""


def environments(size: int) -> list[dict[str, str]]:
    """Return what torchrun tells each of so many processes."""
    shared = os.environ | {
        "OMP_NUM_THREADS": "1",
        "WORLD_SIZE": str(size),
        "MASTER_ADDR": "127.0.0.1",
        "MASTER_PORT": str(free_port()),
    }
    return [shared | {"RANK": str(rank)} for rank in range(size)]


def train(size: int, jobs: Sequence[Job]) -> list[subprocess.CompletedProcess[str]]:
    """Train one after another in so many processes; return how each rank ended."""
    arguments = [json.dumps([asdict(job) for job in jobs])]
    with TemporaryDirectory() as folder, ExitStack() as stack:
        processes = []
        for rank, environment in enumerate(environments(size)):
            output, errors = Path(folder) / "output", Path(folder) / f"errors {rank}"
            process = ForkedProcess(arguments, environment, output, errors, "tests.ranks")
            stack.callback(process.kill)
            processes.append((process, errors))
        return [
            subprocess.CompletedProcess(arguments, process.wait(SECONDS), stderr=errors.read_text())
            for process, errors in processes
        ]


def work(job: Job, ranks: Ranks = ALONE) -> None:
    """Train in this process, as one of the ranks."""
    preset: Preset = _PRESETS[job.kind].model_validate_json(job.preset)
    dataset = load_dataset(Path(job.folder), ranks=ranks)

    def on_epoch(report: EpochReport) -> None:
        place = f"{report.phase} {report.epoch}"
        if place == job.stop_at:
            raise _Stopped
        if place == job.kill_at and ranks.rank == ranks.size - 1:
            os.kill(os.getpid(), signal.SIGKILL)

    checkpoints = Checkpoints(
        Path(job.checkpoints) if job.checkpoints else None,
        identity_of(dataset, preset, 1),
        resume=job.resume,
        seconds=0.0,
        ranks=ranks,
    )
    fitted = fit_model(dataset, preset, seed=1, on_epoch=on_epoch, checkpoints=checkpoints)
    found = {
        f"{part}.{name}": tensor.detach().contiguous()
        for part, model in (("rating", fitted.estimator), ("choice", fitted.relevance))
        if model is not None
        for name, tensor in model.tensors().items()
    }
    check_equal(ranks, found)
    evidence = learn_evidence(fitted.estimator, fitted.relevance, dataset)
    if ranks.rank:
        return
    found["evidence"] = torch.from_numpy(np.ascontiguousarray(evidence.score))
    save_file(found, job.out)
    every = fitted.report.epochs + fitted.report.relevance
    losses = [(one.phase, one.epoch, one.loss) for one in every]
    Path(job.out).with_suffix(".json").write_text(json.dumps(losses))


def main() -> None:
    """Train the jobs that the first argument tells, as the rank that the environment tells."""
    torch.set_num_threads(1)
    try:
        with joined_ranks() as ranks:
            for job in json.loads(sys.argv[1]):
                with suppress(_Stopped):
                    work(Job(**job), ranks)
    except ModelError as error:
        raise SystemExit(f"melu: {error}") from None
