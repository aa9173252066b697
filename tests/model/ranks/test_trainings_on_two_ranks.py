"""Two processes that train together learn what one learns, and go on after one was killed."""

import math
import signal
import subprocess
from collections.abc import Sequence
from pathlib import Path

import pytest
import torch

from tests.model.ranks.exact import EXACT, OBJECTIVES, STEPS, WITH_DROPOUT, preset
from tests.ranks import Job, Trained, apart, train, without_bias, work

pytestmark = pytest.mark.slow

# So that always one of two ranks has no user of the batch.
ONE_USER = preset("default", OBJECTIVES, {"relevance": {"batch_users": 1}})


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


@pytest.mark.parametrize("name", EXACT)
def test_two_ranks_learn_what_one_learns_of_double_batches(
    two_ranks: dict[str, Trained], data: dict[str, Path], tmp_path: Path, name: str
):
    work(Job.of(data[name], EXACT[name], tmp_path / "one.safetensors"))
    one = without_bias(Trained.read(tmp_path / "one.safetensors"))
    two = without_bias(two_ranks[f"exact {name}"])
    for (phase, epoch, loss), again in zip(one.losses, two.losses, strict=True):
        assert again == (phase, epoch, pytest.approx(loss, abs=1e-5))
    assert one.tensors.keys() == two.tensors.keys()
    # Onboardings, of which answers are learnt, are drawn by each rank for itself.
    far = {key: off for key, off in apart(one, two).items() if off > 1e-5}
    assert [key for key in far if ".answers." not in key] == []


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
