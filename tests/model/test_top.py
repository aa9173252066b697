"""The best of many scores, whichever way they are found."""

import numpy as np
import pytest

from model.ranking import best, best_ascending, kth_highest
from model.ranking import top as top_module

SCORES = {
    "all apart": np.random.default_rng(0).permutation(500).astype(np.float32),
    "many alike": np.random.default_rng(1).integers(0, 6, 500).astype(np.float32),
    "all alike": np.zeros(500, dtype=np.float32),
    "few to pick": np.where(np.arange(500) % 50 == 7, np.arange(500), -np.inf).astype(np.float32),
}


@pytest.mark.parametrize("partitioned", [0, 1_000])
@pytest.mark.parametrize("limit", [1, 20, 499, 500, 501])
@pytest.mark.parametrize("name", SCORES)
def test_the_best_are_those_of_a_stable_sort(
    monkeypatch: pytest.MonkeyPatch, name: str, limit: int, partitioned: int
):
    monkeypatch.setattr(top_module, "_PARTITIONED", partitioned)
    scores = SCORES[name]
    order = np.argsort(-scores, kind="stable")
    expected = order[scores[order] > -np.inf][:limit]

    assert best(scores, limit).tolist() == expected.tolist()
    assert best_ascending(scores, limit).tolist() == sorted(expected.tolist())
    highest = np.sort(scores)[::-1]
    assert kth_highest(scores, limit) == (highest[limit - 1] if limit <= len(scores) else -np.inf)
