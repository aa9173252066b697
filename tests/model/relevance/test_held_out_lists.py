"""A training that learns its users by heart is seen, stopped, and brought back to its best."""

import numpy as np
import pytest
import torch
from torch import nn

from model.data import Dataset, load_dataset
from model.features.fitting import fit_spaces
from model.fitting import fit_model
from model.presets import with_options
from model.relevance.config import RelevanceConfig
from model.relevance.content_inputs import ContentInputs
from model.relevance.network import RelevanceNetwork, RepresentedItems
from model.relevance.training.held_out_lists import GIVEN, Best, HeldOutLists
from model.relevance.training.training_data import RelevanceLearning
from tests.conftest import QUICK_PRESETS
from tests.worlds import write_many_tastes

pytestmark = pytest.mark.slow

EVERYBODY = np.full(50, 0.5)


@pytest.fixture(scope="module")
def dataset(tmp_path_factory: pytest.TempPathFactory) -> Dataset:
    return load_dataset(write_many_tastes(tmp_path_factory.mktemp("many") / "data"))


@pytest.fixture(scope="module")
def learning(dataset: Dataset) -> RelevanceLearning:
    config = RelevanceConfig(local_steps=0)
    user_space, item_space = fit_spaces(dataset, dataset.ratings)
    rated = np.unique(dataset.ratings.item_index)
    content = ContentInputs.fit(dataset, item_space, rated, 8, np.random.default_rng(0))
    return RelevanceLearning.of(dataset, dataset.ratings, config, content, user_space, item_space)


def _weights(value: float) -> nn.Linear:
    layer = nn.Linear(1, 1)
    nn.init.constant_(layer.weight, value)
    return layer


def test_lists_in_one_order_for_all_are_judged_as_by_hand(learning: RelevanceLearning):
    lists = HeldOutLists.draw(learning, learning.learners, seed=3)
    assert lists is not None
    network = RelevanceNetwork(
        learning.config,
        learning.content.shape[1],
        learning.user_space,
        torch.Generator().manual_seed(0),
    )
    nn.init.zeros_(network.start.weight)
    nn.init.zeros_(network.start.bias)
    # ū is (0, …, 0, 1) for everybody, so that the list is that of the last column.
    popularity = torch.randn(len(learning.share), generator=torch.Generator().manual_seed(1))
    items = RepresentedItems(
        torch.zeros(len(popularity), network.width),
        torch.cat([torch.zeros(len(popularity), network.width), popularity.unsqueeze(1)], dim=1),
    )
    expected = []
    for row in range(len(lists.users)):
        given = set(lists.given_pairs[1][lists.given_pairs[0] == row].tolist())
        liked = set(lists.liked[1][lists.liked[0] == row].tolist())
        order = [item for item in popularity.argsort(descending=True).tolist() if item not in given]
        gain = sum(1 / np.log2(2 + at) for at, item in enumerate(order[:20]) if item in liked)
        ideal = sum(1 / np.log2(2 + at) for at in range(min(20, len(liked))))
        if liked:
            expected.append(gain / ideal)
    assert len(lists.given_pairs[0]) == GIVEN * len(lists.users)
    np.testing.assert_allclose(np.sort(lists.quality(network, items)), np.sort(expected), atol=1e-5)


def test_what_is_given_is_never_asked(learning: RelevanceLearning):
    lists = HeldOutLists.draw(learning, learning.learners, seed=3)
    assert lists is not None
    given = set(zip(*(one.tolist() for one in lists.given_pairs), strict=True))
    liked = set(zip(*(one.tolist() for one in lists.liked), strict=True))
    assert given
    assert liked
    assert not given & liked


def test_of_few_users_nothing_is_judged(learning: RelevanceLearning):
    assert HeldOutLists.draw(learning, learning.learners[:10], seed=3) is None


def test_three_certainly_worse_lists_in_a_row_end_it_and_bring_back_the_best():
    weights = _weights(1.0)
    best = Best({"weights": weights}, patience=3)
    best.take(EVERYBODY)
    nn.init.constant_(weights.weight, 2.0)
    spread = np.random.default_rng(0).normal(0, 0.01, 50)
    for _ in range(2):
        best.take(EVERYBODY - 0.1 + spread)
        assert not best.is_over
    best.take(EVERYBODY - 0.1 + spread)
    assert best.is_over
    best.go_back_if_worse()
    assert weights.weight.item() == 1.0


def test_lists_that_are_worse_by_chance_end_nothing():
    weights = _weights(1.0)
    best = Best({"weights": weights}, patience=1)
    best.take(EVERYBODY)
    nn.init.constant_(weights.weight, 2.0)
    best.take(EVERYBODY - 0.001 + np.random.default_rng(0).normal(0, 0.2, 50))
    assert not best.is_over
    best.go_back_if_worse()
    assert weights.weight.item() == 2.0


def test_a_better_list_becomes_the_best_and_forgives_what_was_before():
    weights = _weights(1.0)
    best = Best({"weights": weights}, patience=2)
    best.take(EVERYBODY)
    best.take(EVERYBODY - 0.1 + np.linspace(0, 0.001, 50))
    nn.init.constant_(weights.weight, 3.0)
    best.take(EVERYBODY + 0.1)
    nn.init.constant_(weights.weight, 4.0)
    best.take(EVERYBODY + np.linspace(0, 0.001, 50))
    assert not best.is_over
    best.go_back_if_worse()
    assert weights.weight.item() == 3.0


def test_a_training_tells_of_its_lists_and_stops_when_they_get_worse(
    dataset: Dataset,
):
    preset = with_options(QUICK_PRESETS["default"], least_updates=60)
    whole = fit_model(dataset, preset, seed=0).report.relevance
    assert [report.epoch for report in whole if report.list_quality is None] == []
    assert whole[-1].epoch == whole[-1].epochs
    assert max(report.list_quality or 0 for report in whole) > (whole[0].list_quality or 1)
    # So large a step size that what is learnt falls apart.
    relevance = preset.relevance.model_copy(update={"learning_rate": 3.0, "patience": 1})
    report = fit_model(
        dataset, preset.model_copy(update={"relevance": relevance}), seed=0
    ).report.relevance
    assert report[-1].epoch < report[-1].epochs
