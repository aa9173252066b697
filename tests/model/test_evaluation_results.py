"""Means, standard errors and paired differences over users."""

import numpy as np
import pytest
import torch

from model.episodes import Episodes, PaddedRatings
from model.evaluation import Results
from model.evaluation.results import measure


def _results(**models: list[float]) -> Results:
    results = Results()
    for users, place in (([1, 2], 0), ([2, 3], 2)):
        measured = {
            name: {"mae": torch.tensor(values[place : place + 2], dtype=torch.float64)}
            for name, values in models.items()
        }
        results.add(np.array(users), measured)
    return results


def test_a_user_of_several_seeds_counts_once():
    found = _results(ours=[1.0, 2.0, 4.0, 5.0]).estimate("ours", "mae")
    per_user = np.array([1.0, 3.0, 5.0])
    assert found.mean == pytest.approx(per_user.mean())
    assert found.standard_error == pytest.approx(per_user.std(ddof=1) / 3**0.5)


def test_a_difference_is_paired():
    # Users differ by much, the two models always by the same.
    results = _results(ours=[1.0, 20.0, 22.0, 300.0], baseline=[1.5, 20.5, 22.5, 300.5])
    found = results.difference("ours", "baseline", "mae")
    assert found.mean == pytest.approx(-0.5)
    assert found.standard_error == pytest.approx(0.0, abs=1e-9)


def test_what_was_not_measured_does_not_count():
    found = _results(ours=[1.0, float("nan"), 4.0, 5.0]).estimate("ours", "mae")
    assert found.mean == pytest.approx((1 + 4 + 5) / 3)


def test_rmse_is_the_root_of_the_mean_and_its_error_that_of_the_root():
    random = np.random.default_rng(0)
    squared = random.uniform(0.5, 1.5, 4000)
    results = Results()
    results.add(np.arange(4000), {"ours": {"mse": torch.from_numpy(squared)}})
    found = results.estimate("ours", "rmse")
    assert found.mean == pytest.approx(squared.mean() ** 0.5)
    again = [random.choice(squared, 4000).mean() ** 0.5 for _ in range(400)]
    assert found.standard_error == pytest.approx(np.std(again), rel=0.15)


@pytest.mark.parametrize("scale", [(1.0, 5.0), (0.0, 100.0), (-10.0, 10.0)])
def test_ndcg_does_not_depend_on_the_scale(scale: tuple[float, float]):
    low, high = scale
    rating = low + torch.tensor([[0.0, 0.25, 0.5, 1.0]]) * (high - low)
    padded = PaddedRatings(np.arange(4)[None], rating, torch.ones(1, 4))
    episodes = Episodes(np.array([0]), padded.first(0), padded)
    found = measure(low + high - rating, episodes, scale)
    best, worst = 31 / 1, 1 / 1
    assert found["ndcg_exp@1"].item() == pytest.approx(worst / best)
    assert found["ndcg_lin@1"].item() == pytest.approx(1 / 5)


def test_predictions_are_clipped_to_the_scale():
    rating = torch.tensor([[5.0, 1.0]])
    padded = PaddedRatings(np.arange(2)[None], rating, torch.ones(1, 2))
    episodes = Episodes(np.array([0]), padded.first(0), padded)
    found = measure(torch.tensor([[9.0, -3.0]]), episodes, (1.0, 5.0))
    assert found["mae"].item() == 0.0
