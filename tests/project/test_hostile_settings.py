"""What is set to nonsense is told in a line that names it, before any work."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from model.data import load_dataset
from model.errors import DatasetError, ModelError
from scripts.settings import read_settings
from scripts.train import chosen_preset
from tests.worlds import write_two_tastes


@pytest.mark.parametrize("text", ["{", "[]", "5", '{"like": {"weight": "x"}}'])
def test_a_variable_that_can_not_be_read_is_named(monkeypatch: pytest.MonkeyPatch, text: str):
    monkeypatch.setenv("MELU_ACTIONS", text)

    with pytest.raises(ModelError, match=r"^MELU_ACTIONS: ") as found:
        read_settings({})

    assert "\n" not in str(found.value)


@pytest.mark.parametrize("rate", [float("nan"), float("inf"), 0.0])
def test_a_step_that_is_no_number_is_refused_in_a_line(rate: float):
    with pytest.raises(ModelError, match="local_learning_rate: Input should be") as found:
        chosen_preset("melu", local_learning_rate=rate)

    assert "\n" not in str(found.value)


@pytest.mark.parametrize("threshold", [float("nan"), 6.0, 0.0])
def test_likes_that_are_all_or_none_are_refused(tmp_path: Path, threshold: float):
    dataset = load_dataset(write_two_tastes(tmp_path))

    with pytest.raises(DatasetError, match="Name a rating within the scale"):
        dataset.as_likes(threshold)


@pytest.mark.slow
def test_a_full_disk_behind_standard_output_is_told_in_a_line(tmp_path: Path):
    full = Path("/dev/full")
    if not full.exists():
        pytest.skip("there is no /dev/full here")
    command = [sys.executable, "-m", "scripts.cli", "check", str(write_two_tastes(tmp_path))]
    with full.open("wb") as output:
        done = subprocess.run(
            command, stdout=output, stderr=subprocess.PIPE, env=os.environ, check=False, text=True
        )

    assert done.returncode == 1
    assert done.stderr.splitlines()[-1].startswith("melu: nothing more can be printed: ")
