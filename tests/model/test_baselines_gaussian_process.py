"""The Gaussian process against a dense solve, and what it finds in a planted world."""

import numpy as np
import pytest
import torch

from model.baselines import BaselineData
from model.baselines.bias import UserItemBias
from model.baselines.gaussian_process import GaussianProcess
from model.baselines.kernel import ContentKernel
from model.baselines.neighbours import ItemNeighbours
from model.content.item_bias_prior import taste_weights
from model.episodes import Episodes, PaddedRatings, RatingsByUser, draw_test_episodes
from tests.model.planted import ITEMS, USERS, planted_world

NEW_USERS = np.arange(240, USERS)


@pytest.fixture(scope="module")
def data() -> BaselineData:
    dataset = planted_world().dataset
    return BaselineData(dataset, dataset.ratings.of_users(np.arange(240)))


@pytest.fixture(scope="module")
def episodes(data: BaselineData) -> Episodes:
    return draw_test_episodes(
        RatingsByUser(data.dataset.ratings, USERS),
        NEW_USERS,
        query_size=10,
        support_limit=90,
        random=np.random.default_rng(0),
    )


def _error(predicted: torch.Tensor, episodes: Episodes) -> float:
    return (predicted - episodes.query_set.rating).abs().mean().item()


def test_it_equals_a_dense_solve(data: BaselineData, episodes: Episodes):
    baseline = GaussianProcess.fit(data, factors=3, ridge=5.0, content_variance=0.3, noise=0.6)
    predicted = baseline.predict(episodes)
    rows = data.content.rows(taste_weights()).toarray()
    loadings = data.factors(3, 5.0).astype(float)
    kernel = 0.2 + loadings @ loadings.T + 0.3 * rows @ rows.T
    statistics = data.statistics
    level = statistics.mean + (statistics.residual_sum + 5 * data.quality) / (statistics.count + 5)
    for episode in range(len(NEW_USERS)):
        size = int(episodes.support_set.mask[episode].sum())
        support = episodes.support_set.item_index[episode, :size]
        query = episodes.query_set.item_index[episode]
        noise = 0.6 + 0.2 * 5 / (statistics.count[support] + 5)
        residual = episodes.support_set.rating[episode, :size].numpy() - level[support]
        dual = np.linalg.solve(kernel[np.ix_(support, support)] + np.diag(noise), residual)
        expected = level[query] + kernel[np.ix_(query, support)] @ dual
        np.testing.assert_allclose(predicted[episode].numpy(), expected, atol=1e-4)


def test_without_a_support_set_it_is_the_item_bias(data: BaselineData, episodes: Episodes):
    nothing = Episodes(episodes.user_index, episodes.support_set.first(0), episodes.query_set)
    baseline = GaussianProcess.fit(data, factors=3, ridge=5.0, content_variance=0.3)
    assert baseline.predict(nothing).equal(baseline.item_bias.of_query(nothing))


def test_a_short_support_set_does_not_feel_its_padding(data: BaselineData, episodes: Episodes):
    baseline = GaussianProcess.fit(data, factors=3, ridge=5.0, content_variance=0.3)
    one = Episodes(
        episodes.user_index[:1],
        PaddedRatings(*(part[:1, :4] for part in vars(episodes.support_set).values())),
        PaddedRatings(*(part[:1] for part in vars(episodes.query_set).values())),
    )
    mask = torch.zeros(1, 9)
    mask[:, :4] = 1
    items = np.full((1, 9), 7)
    items[:, :4] = one.support_set.item_index
    rating = torch.full((1, 9), 99.0)
    rating[:, :4] = one.support_set.rating
    padded = Episodes(one.user_index, PaddedRatings(items, rating, mask), one.query_set)
    torch.testing.assert_close(baseline.predict(padded), baseline.predict(one))


def test_in_a_world_of_factors_it_beats_the_bias_and_needs_the_factors(
    data: BaselineData, episodes: Episodes
):
    bias = _error(UserItemBias.fit(data).predict(episodes), episodes)
    content = GaussianProcess.fit(data, content_variance=0.3, noise=0.3).predict(episodes)
    factors = GaussianProcess.fit(data, factors=3, ridge=5.0, noise=0.3).predict(episodes)
    neighbours = ItemNeighbours.fit(data, shrinkage=20.0).predict(episodes)
    assert _error(content, episodes) < bias - 0.05
    assert _error(neighbours, episodes) < bias - 0.05
    assert _error(factors, episodes) < min(bias - 0.2, _error(content, episodes))


def test_products_are_the_same_with_and_without_a_whole_table(
    data: BaselineData, monkeypatch: pytest.MonkeyPatch
):
    rows = data.content.rows(taste_weights())
    first = np.array([[0, 5, 5], [89, 1, 2]])
    second = np.array([[3, 5], [0, 89]])
    whole = ContentKernel(rows, ITEMS).between(first, second)
    monkeypatch.setattr("model.baselines.kernel.WHOLE_TABLE", 10)
    parts = ContentKernel(rows, ITEMS).between(first, second)
    torch.testing.assert_close(parts, whole)
    dense = rows.toarray()
    assert whole[1, 0, 1].item() == pytest.approx(dense[89] @ dense[89])
