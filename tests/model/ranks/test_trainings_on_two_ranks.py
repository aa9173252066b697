"""Two processes that train together learn what one learns, and go on after one was killed."""

import math
import signal
import subprocess
from collections.abc import Sequence
from pathlib import Path

import pytest
import torch

from model.presets import PRESETS, Preset
from scripts.benchmark.planted import Size, write_planted
from tests.ranks import Job, Trained, train, work
from tests.worlds import write_clicks

pytestmark = pytest.mark.slow

SIZE = Size(6_000, 240, 120)
STEPS = 12
BATCH = 24

# Small steps: where a gradient is 0 but for rounding, Adam makes whole steps of it.
_SMALL_STEPS: dict[str, object] = {"learning_rate": 2e-4}
_OBJECTIVES: dict[str, dict[str, object]] = {
    "estimator": {"members": 1},
    "training": {"epochs": 2, "global_updates": STEPS, "batch_users": 2 * BATCH},
    "relevance": {
        "least_updates": STEPS,
        "most_updates": STEPS,
        "least_answer_updates": 4,
        "most_answer_updates": 4,
        "batch_users": 2 * BATCH,
    },
}
_MELU: dict[str, dict[str, object]] = {"training": {"epochs": 2, "batch_users": 2 * BATCH}}
# What is drawn to be unknown moves the source of one process, but not that of several.
_ONE_PASS: dict[str, object] = {"epochs": 1, "unknown_rate": 0.0, "batch_users": 240 // STEPS}


def _preset(name: str, *settings: dict[str, dict[str, object]]) -> Preset:
    data = PRESETS[name].model_dump()
    for setting in settings:
        for part, values in setting.items():
            data[part] |= values
    return type(PRESETS[name]).model_validate(data)


WITH_DROPOUT = {"default": _preset("default", _OBJECTIVES), "melu": _preset("melu", _MELU)}
# Drop-out is drawn by each rank for itself, as are features shown as unknown in `melu`.
EXACT = {
    "default": _preset(
        "default",
        _OBJECTIVES,
        {
            "training": {"dropout": 0.0, "set_dropout": 0.0, **_SMALL_STEPS},
            "relevance": {"dropout": 0.0, **_SMALL_STEPS},
        },
    ),
    "melu": _preset("melu", _MELU, {"training": {**_ONE_PASS, **_SMALL_STEPS}}),
}
EXACT["clicks"] = EXACT["default"]

# So that always one of two ranks has no user of the batch.
ONE_USER = _preset("default", _OBJECTIVES, {"relevance": {"batch_users": 1}})


@pytest.fixture(scope="module")
def planted(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_planted(tmp_path_factory.mktemp("planted") / "data", SIZE)


@pytest.fixture(scope="module")
def data(planted: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """What each of `EXACT` is trained on."""
    clicks = write_clicks(tmp_path_factory.mktemp("clicks") / "data")
    return {"default": planted, "melu": planted, "clicks": clicks}


@pytest.fixture(scope="module")
def two_ranks(
    data: dict[str, Path], planted: Path, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, Trained]:
    """What two processes learn that nobody stops."""
    folder = tmp_path_factory.mktemp("two")
    asked = {f"exact {name}": (data[name], preset) for name, preset in EXACT.items()}
    asked |= {name: (planted, preset) for name, preset in WITH_DROPOUT.items()}
    asked["a user a batch"] = planted, ONE_USER
    outs = {name: folder / f"{name}.safetensors" for name in asked}
    ends = train(2, [Job.of(*what, outs[name]) for name, what in asked.items()])
    assert [end.returncode for end in ends] == [0, 0], [end.stderr for end in ends]
    return {name: Trained.read(out) for name, out in outs.items()}


def _apart(one: Trained, other: Trained) -> dict[str, float]:
    """Tell how far what was learnt is apart."""
    return {
        name: float((tensor.double() - other.tensors[name].double()).abs().max())
        for name, tensor in one.tensors.items()
        if tensor.numel()
    }


def _without_bias(trained: Trained) -> Trained:
    """Leave out what is added to all items alike: it changes no chance and has no gradient.

    Adam makes steps of what rounding leaves of it.
    """
    bias = trained.tensors.pop("choice.member.0.bias", None)
    if bias is not None:
        trained.tensors["choice.items.output"][:, -1] -= bias
    return trained


@pytest.mark.parametrize("name", EXACT)
def test_two_ranks_learn_what_one_learns_of_double_batches(
    two_ranks: dict[str, Trained], data: dict[str, Path], tmp_path: Path, name: str
):
    work(Job.of(data[name], EXACT[name], tmp_path / "one.safetensors"))
    one = _without_bias(Trained.read(tmp_path / "one.safetensors"))
    two = _without_bias(two_ranks[f"exact {name}"])
    for (phase, epoch, loss), again in zip(one.losses, two.losses, strict=True):
        assert again == (phase, epoch, pytest.approx(loss, abs=1e-5))
    assert one.tensors.keys() == two.tensors.keys()
    # Onboardings, of which answers are learnt, are drawn by each rank for itself.
    apart = {key: off for key, off in _apart(one, two).items() if ".answers." not in key}
    assert {key: off for key, off in apart.items() if off > 1e-5} == {}


def test_a_rank_may_have_no_user_of_a_batch(two_ranks: dict[str, Trained]):
    trained = two_ranks["a user a batch"]
    assert [loss for _, _, loss in trained.losses if not math.isfinite(loss)] == []
    chosen = [loss for phase, _, loss in trained.losses if phase.startswith("relevance")]
    assert len(set(chosen)) == STEPS


def test_what_a_killed_rank_left_is_gone_on_from_bit_equal(
    two_ranks: dict[str, Trained], planted: Path, tmp_path: Path
):
    def jobs(**ends: dict[str, str]) -> list[Job]:
        return [
            Job.of(
                planted,
                WITH_DROPOUT[name],
                tmp_path / f"{name}.safetensors",
                checkpoints=str(tmp_path / f"{name}.checkpoints"),
                resume=True,
                **ends.get(name, {}),
            )
            for name in ("melu", "default")
        ]

    killed = f"relevance 1 of 1 {STEPS // 2}"
    _check_killed(train(2, jobs(melu={"stop_at": "search 2"}, default={"kill_at": killed})))
    ends = train(2, jobs())
    assert [end.returncode for end in ends] == [0, 0], [end.stderr for end in ends]
    for name in WITH_DROPOUT:
        expected, found = two_ranks[name], Trained.read(tmp_path / f"{name}.safetensors")
        assert found.losses == expected.losses
        assert found.tensors.keys() == expected.tensors.keys()
        different = [
            key for key, one in expected.tensors.items() if not torch.equal(found.tensors[key], one)
        ]
        assert different == []


def _check_killed(ends: Sequence[subprocess.CompletedProcess[str]]) -> None:
    assert [end.returncode for end in ends] == [1, -signal.SIGKILL], [end.stderr for end in ends]
    assert "can't reach the others" in ends[0].stderr
    assert "--resume" in ends[0].stderr
