"""Rows of a large table are read from their file when they are asked for."""

import gc
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from model.bundle.weights_file import WeightsFile


@pytest.fixture
def path(tmp_path: Path) -> Path:
    random = torch.Generator().manual_seed(0)
    tensors = {
        "first": torch.randn(7, generator=random),
        "whole": torch.randint(-127, 128, (50, 9), generator=random, dtype=torch.int8),
        "single": torch.randn(50, 6, generator=random),
    }
    save_file(tensors, tmp_path / "file.safetensors")
    return tmp_path / "file.safetensors"


@pytest.mark.parametrize("name", ["whole", "single"])
@pytest.mark.parametrize("index", [np.array([3, 49, 0, 3]), np.array([], dtype=np.int64)])
def test_rows_are_those_of_the_table(path: Path, name: str, index: np.ndarray):
    file = WeightsFile(path, is_large=True)
    table = file.tensors()[name].numpy()

    rows = file.rows(name)

    assert rows.shape == table.shape
    assert len(rows) == 50
    found = rows[index]
    assert found.dtype == table.dtype
    np.testing.assert_array_equal(found, table[index])
    np.testing.assert_array_equal(rows[10:20:3], table[10:20:3])
    np.testing.assert_array_equal(rows[:], table)


def test_a_file_that_is_replaced_is_still_read_as_it_was(path: Path):
    rows = WeightsFile(path, is_large=True).rows("whole")
    before = rows[:]

    other = path.with_name("other")
    other.write_bytes(b"something else")
    other.replace(path)

    np.testing.assert_array_equal(rows[:], before)


def test_a_file_that_was_cut_short_is_told(path: Path):
    rows = WeightsFile(path, is_large=True).rows("whole")
    path.write_bytes(path.read_bytes()[:-100])

    with pytest.raises(OSError, match="cut short"):
        rows[:]


def times_open(path: Path) -> int:
    """Of this file alone: others in this process are closed whenever they are collected."""
    return sum(
        Path(descriptor).resolve() == path.resolve() for descriptor in Path("/dev/fd").iterdir()
    )


def test_the_file_is_closed_with_its_rows(path: Path):
    assert times_open(path) == 0
    rows = WeightsFile(path, is_large=True).rows("whole")
    assert times_open(path) == 1

    del rows
    gc.collect()

    assert times_open(path) == 0
