"""Metrics and baselines against values worked by hand."""

import math

import numpy as np
import pytest
import torch

from model.baselines import BaselineData
from model.baselines.bias import UserItemBias
from model.baselines.chance import RandomRating
from model.baselines.data import ITEM_DAMPING
from model.baselines.means import GlobalMean, ItemMean
from model.baselines.popularity import Popularity
from model.data.dataset import Ratings
from model.episodes import Episodes, PaddedRatings
from model.metrics import catalogue_hits, mean_absolute_error, mean_squared_error, ndcg
from tests.model.planted import planted_world

RATING = torch.tensor([[5.0, 3.0, 1.0]])


def test_errors_of_an_episode():
    predicted = torch.tensor([[4.0, 3.0, 3.0]])
    assert mean_absolute_error(predicted, RATING).item() == pytest.approx(1.0)
    assert mean_squared_error(predicted, RATING).item() == pytest.approx(5 / 3)


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


def test_hits_are_counted_among_the_candidates():
    # Items by score: 4, 3, 2, 1, 0; item 4 is no candidate, so item 3 stands first, item 1 third.
    score = torch.arange(5.0).unsqueeze(0)
    candidate = torch.tensor([[True, True, True, True, False]])
    query, relevant = torch.tensor([[3, 1, 2]]), torch.tensor([[True, True, False]])
    recall, gain = catalogue_hits(score, candidate, query, relevant, 2)
    assert recall.item() == pytest.approx(1 / 2)
    assert gain.item() == pytest.approx(1 / (1 + 1 / math.log2(3)))
    recall, gain = catalogue_hits(score, candidate, query, relevant, 3)
    assert recall.item() == pytest.approx(1.0)
    assert gain.item() == pytest.approx((1 + 1 / 2) / (1 + 1 / math.log2(3)))


def test_equal_scores_hit_as_often_as_chance():
    everything = torch.ones(1, 50, dtype=torch.bool)
    recall, _ = catalogue_hits(
        torch.zeros(1, 50), everything, torch.tensor([[7, 8]]), torch.tensor([[True, True]]), 20
    )
    assert recall.item() == pytest.approx(20 / 50)


def test_an_episode_without_a_liked_item_has_no_hits_to_count():
    everything = torch.ones(1, 5, dtype=torch.bool)
    query, none = torch.tensor([[1]]), torch.tensor([[False]])
    assert catalogue_hits(torch.zeros(1, 5), everything, query, none, 2)[0].isnan().all()


# Item 0 rated 5 and 3 (mean 4), item 1 rated 1; μ = 3. Item 2 was never rated.
RATINGS = Ratings(np.array([0, 1, 0]), np.array([0, 0, 1]), np.float32([5, 3, 1]))
EPISODES = Episodes(
    np.array([5]),
    PaddedRatings(np.array([[0, 0]]), torch.tensor([[5.0, 9.0]]), torch.tensor([[1.0, 0.0]])),
    PaddedRatings(np.array([[1, 2]]), torch.zeros(1, 2), torch.ones(1, 2)),
)


@pytest.fixture(scope="module")
def data() -> BaselineData:
    return BaselineData(planted_world().dataset, RATINGS)


def test_means_equal_the_formulas(data: BaselineData):
    assert GlobalMean.fit(data).predict(EPISODES)[0].tolist() == [3.0, 3.0]
    item_mean = ItemMean.fit(data).predict(EPISODES)[0].tolist()
    assert item_mean == pytest.approx([3 - 2 / (1 + ITEM_DAMPING), 3.0])


def test_user_and_item_bias_equals_the_formula(data: BaselineData):
    baseline = UserItemBias.fit(data, item_damping=2.0, user_damping=4.0)
    statistics = data.statistics
    item_0 = statistics.residual_sum[0] / (2 + 2.0)
    item_1 = statistics.residual_sum[1] / (1 + 2.0)
    user = (5 - 3 - item_0) / (1 + 4.0)
    expected = [3 + item_1 + user, 3 + user]
    assert baseline.predict(EPISODES)[0].tolist() == pytest.approx(expected)


def test_a_support_rating_that_was_trained_on_is_taken_out_of_its_item_bias(data: BaselineData):
    baseline = UserItemBias.fit(data, item_damping=2.0, user_damping=4.0)
    warm = Episodes(np.array([0]), EPISODES.support_set, EPISODES.query_set, True)
    rest = data.statistics.without(RATINGS.where(np.array([True, False, False])))
    item_0 = rest.residual_sum[0] / (1 + 2.0)
    user = (5 - 3 - item_0) / (1 + 4.0)
    item_1 = data.statistics.residual_sum[1] / (1 + 2.0)
    assert baseline.predict(warm)[0, 0].item() == pytest.approx(3 + item_1 + user)


def test_popularity_ranks_by_count_and_random_repeats_itself(data: BaselineData):
    level = Popularity.fit(data).level
    assert level[0] > level[1] > level[2]
    chance = RandomRating.fit(data)
    first = chance.predict(EPISODES)
    assert first.equal(chance.predict(EPISODES))
    assert set(first.flatten().tolist()) <= {5.0, 3.0, 1.0}
