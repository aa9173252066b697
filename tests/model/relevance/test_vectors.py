"""Tables of many rows take a byte a number, and lose next to nothing."""

import numpy as np
import pytest

from model.relevance.serving import vectors
from model.relevance.serving.vectors import Vectors, expected_vectors


def values(rows: int = 40) -> np.ndarray:
    random = np.random.default_rng(0)
    found = random.normal(0, [1, 0.01, 3, 0], (rows, 4)).astype(np.float32)
    found[:, 0] -= 10
    return found


def test_few_rows_are_kept_as_they_are():
    table = Vectors.packed(values())

    np.testing.assert_array_equal(table.rows(slice(None)), values())
    assert set(table.named_tensors("x")) == {"items.x"} == set(expected_vectors("x", 40, 4))


def test_many_rows_take_a_byte_a_number(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(vectors, "ONE_STAGE_LIMIT", 10)
    wanted = values()

    table = Vectors.packed(wanted)

    assert table.stored.dtype == np.int8
    found = table.rows(slice(None))
    reach = np.ptp(wanted, axis=0)
    assert (np.abs(found - wanted) <= reach / 254 + 1e-6).all()
    index = np.array([7, 3])
    np.testing.assert_array_equal(table.rows(index), found[index])
    np.testing.assert_array_equal(table.part(slice(1, 3)).rows(index), found[index, 1:3])
    named = table.named_tensors("x")
    expected = expected_vectors("x", 40, 4)
    assert {n: (t.shape, t.dtype) for n, t in named.items()} == {
        n: (t.shape, t.dtype) for n, t in expected.items()
    }
    np.testing.assert_array_equal(Vectors.from_named_tensors(named, "x").rows(index), found[index])
