"""Expected quality and item similarity against brute force."""

import numpy as np
import pytest
import torch

from model.baselines import BaselineData
from model.baselines.similarity import ItemSimilarity
from model.content.item_bias_prior import quality_weights
from model.data.dataset import Ratings
from tests.model.planted import planted_world


def test_expected_quality_of_an_item_does_not_know_its_own_ratings():
    dataset = planted_world().dataset
    without_two = dataset.ratings.where(dataset.ratings.item_index >= 2)
    data = BaselineData(dataset, without_two)
    rows = data.content.rows(quality_weights()).toarray()
    kernel = rows @ rows.T + 1.0
    statistics = data.statistics
    known = statistics.count > 0
    count = statistics.count[known]
    noise = (0.4 + 0.9 / count) * (count.mean() / count) ** 0.75
    mean = statistics.residual_sum[known] / count
    index = np.flatnonzero(known)

    def fitted_on(kept: np.ndarray, item: int) -> float:
        solved = kernel[np.ix_(index[kept], index[kept])] + np.diag(noise[kept])
        return float(kernel[item, index[kept]] @ np.linalg.solve(solved, mean[kept]))

    everything = np.ones(len(index), dtype=bool)
    assert data.quality[0] == pytest.approx(fitted_on(everything, 0))
    for place in (0, 17, 50):
        others = everything.copy()
        others[place] = False
        assert data.quality[index[place]] == pytest.approx(fitted_on(others, index[place]))


def test_similarity_is_the_cosine_over_common_users_shrunk():
    # Users 0 and 1 rate items 0 and 1; user 2 rates item 0 alone.
    ratings = Ratings(np.array([0, 0, 1, 1, 2]), np.array([0, 1, 0, 1, 0]), np.zeros(5, "f4"))
    residual = np.array([1.0, 2.0, -1.0, -1.0, 5.0])
    similarity = ItemSimilarity.fit(ratings, residual, users=3, items=3)
    cosine = (1 * 2 + 1 * 1) / np.sqrt((1 + 1) * (4 + 1))
    first, second = np.array([[0]]), np.array([[1, 2, 0]])
    found = similarity.shrunk(first, second, 6.0)
    assert found[0, 0].tolist() == pytest.approx([cosine * 2 / 8, 0.0, 3 / 9], abs=1e-5)


def test_negative_similarity_counts_as_none():
    ratings = Ratings(np.array([0, 0]), np.array([0, 1]), np.zeros(2, "f4"))
    similarity = ItemSimilarity.fit(ratings, np.array([1.0, -1.0]), users=1, items=2)
    assert similarity.shrunk(np.array([[0]]), np.array([[1]]), 1.0).item() == 0.0


def test_only_the_most_rated_items_are_compared(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("model.baselines.similarity.MOST_ITEMS", 2)
    ratings = Ratings(np.array([0, 0, 1, 1, 0]), np.array([0, 2, 0, 2, 1]), np.zeros(5, "f4"))
    similarity = ItemSimilarity.fit(ratings, np.ones(5), users=2, items=3)
    assert similarity.row.tolist() == [0, -1, 1]
    pair = similarity.shrunk(np.array([[0, 1]]), np.array([[2]]), 0.0)
    torch.testing.assert_close(pair.flatten(), torch.tensor([1.0, 0.0]))
