"""Metrics and floors against values worked by hand."""

import math

import numpy as np
import pytest
import torch

from model.data.loading import Ratings
from model.episodes import Episodes, PaddedRatings
from model.floors import ITEM_DAMPING, USER_DAMPING, Floors
from model.metrics import mean_absolute_error, ndcg, root_mean_squared_error

RATING = torch.tensor([[5.0, 3.0, 1.0]])


def test_errors_of_an_episode():
    predicted = torch.tensor([[4.0, 3.0, 3.0]])
    assert mean_absolute_error(predicted, RATING).item() == pytest.approx(1.0)
    assert root_mean_squared_error(predicted, RATING).item() == pytest.approx(math.sqrt(5 / 3))


def test_the_best_order_is_worth_one_and_the_worst_what_the_formula_says():
    assert ndcg(RATING, RATING, 3, "exponential").item() == pytest.approx(1.0)
    best = 31 / 1 + 7 / math.log2(3) + 1 / 2
    worst = 1 / 1 + 7 / math.log2(3) + 31 / 2
    assert ndcg(-RATING, RATING, 3, "exponential").item() == pytest.approx(worst / best)
    assert ndcg(-RATING, RATING, 1, "exponential").item() == pytest.approx(1 / 31)
    assert ndcg(-RATING, RATING, 1, "linear").item() == pytest.approx(1 / 5)


def test_ties_are_worth_the_mean_of_their_orders():
    constant = torch.zeros(1, 3)
    assert ndcg(constant, RATING, 1, "linear").item() == pytest.approx((5 + 3 + 1) / 3 / 5)
    two_tied = torch.tensor([[1.0, 1.0, 0.0]])
    assert ndcg(two_tied, RATING, 1, "linear").item() == pytest.approx((5 + 3) / 2 / 5)


def test_a_cutoff_beyond_the_list_takes_all_of_it():
    assert ndcg(RATING, RATING, 10, "linear").item() == pytest.approx(1.0)


def test_floors_equal_the_formulas():
    # Item 0 rated 5 and 3 (mean 4), item 1 rated 1; μ = 3. Item 2 was never rated.
    ratings = Ratings(np.array([0, 1, 0]), np.array([0, 0, 1]), np.float32([5, 3, 1]))
    floors = Floors.fit(ratings, items=3)
    item_0, item_1 = 2 / (2 + ITEM_DAMPING), -2 / (1 + ITEM_DAMPING)
    query = PaddedRatings(np.array([[1, 2]]), torch.zeros(1, 2), torch.ones(1, 2))
    support = PaddedRatings(
        np.array([[0, 0]]), torch.tensor([[5.0, 9.0]]), torch.tensor([[1.0, 0.0]])
    )
    found = floors.predict(Episodes(np.array([0]), support, query), (1.0, 5.0))
    user = (5 - 3 - item_0) / (1 + USER_DAMPING)
    assert found["global mean"][0].tolist() == [3.0, 3.0]
    assert found["item mean"][0].tolist() == pytest.approx([3 + item_1, 3.0])
    assert found["user + item bias"][0].tolist() == pytest.approx([3 + item_1 + user, 3 + user])
