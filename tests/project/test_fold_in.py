"""The library that the benchmarks compare with does what they say of it."""

import numpy as np
import pytest

from scripts.benchmark.fold_in import FACTORS, FoldIn

pytestmark = pytest.mark.slow


def test_a_user_folded_in_gets_the_solution_of_the_regression():
    pytest.importorskip("implicit")
    items, chosen = 300, np.array([7, 1, 250, 99])
    fold_in = FoldIn(items, seed=0)

    found = fold_in.best(chosen, 20)

    # (Yᵀ Y + Σ_chosen (c − 1) y yᵀ + λ I) x = Σ_chosen c y, with confidence c = 1 and λ = .01.
    factors = np.random.default_rng(0).normal(0, 0.1, (items, FACTORS)).astype(np.float32)
    gram = factors.T @ factors + 0.01 * np.eye(FACTORS)
    scores = factors @ np.linalg.solve(gram, factors[chosen].sum(0))
    scores[chosen] = -np.inf
    assert found.tolist() == np.argsort(-scores)[:20].tolist()
