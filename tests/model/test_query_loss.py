"""The meta-gradient is exact: it goes through the local update."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from model.data import Dataset
from model.episodes import Episodes, PaddedRatings, RatingsByUser, draw_test_episodes
from model.features import FeatureSpace
from model.melu.batch_features import BatchFeatures
from model.melu.preset import EstimatorConfig
from model.melu.query_loss import predict_query_sets, query_loss
from model.melu.weights import MetaWeights, RatingUnits, initial_meta_weights

UNITS = RatingUnits(mean=3.0, spread=1.2, lowest=1.0, highest=5.0)


class World:
    """Two-tastes, encoded, with θ in double precision."""

    def __init__(self, dataset: Dataset, config: EstimatorConfig) -> None:
        self.config = config
        users = FeatureSpace.fit(dataset.user_features, dataset.user_feature_kinds)
        items = FeatureSpace.fit(dataset.item_features, dataset.item_feature_kinds)
        self.users = users.encode_table(dataset.user_features)
        self.items = items.encode_table(dataset.item_features)
        drawn = initial_meta_weights(config, users, items, torch.Generator().manual_seed(0))
        # Away from the kinks of the ReLU, where no derivative exists.
        noise = torch.Generator().manual_seed(1)
        self.tensors = {
            name: tensor.double() + 0.1 * torch.randn(tensor.shape, generator=noise).double()
            for name, tensor in drawn.named_tensors().items()
        }
        self.grouped = RatingsByUser(dataset.ratings, len(dataset.user_ids))
        self.episodes = draw_test_episodes(
            self.grouped,
            np.arange(6),
            query_size=5,
            support_limit=9,
            random=np.random.default_rng(0),
        )

    def loss(self, *, second_order: bool, episodes: Episodes | None = None) -> torch.Tensor:
        episodes = episodes or self.episodes
        theta = MetaWeights.from_named_tensors(self.tensors)
        features = BatchFeatures(theta, self.users, self.items)
        predicted = predict_query_sets(
            features.tables(theta),
            theta.decision,
            self.config,
            UNITS,
            features,
            episodes,
            second_order=second_order,
        )
        return query_loss(predicted, episodes.query_set, UNITS)


@pytest.fixture
def world(two_tastes: Dataset) -> World:
    return World(
        two_tastes,
        EstimatorConfig(
            embedding_width=4,
            hidden_widths=(6, 5),
            local_steps=3,
            local_learning_rate=0.4,
            support_damping=1.0,
        ),
    )


@pytest.mark.parametrize(
    "name",
    ["decision.0.weight", "decision.1.bias", "decision.2.weight", "item.genre", "user.city"],
)
def test_meta_gradient_equals_finite_differences(world: World, name: str):
    tensor = world.tensors[name].requires_grad_()
    (gradient,) = torch.autograd.grad(world.loss(second_order=True), tensor)
    tensor.requires_grad_(False)
    random = np.random.default_rng(1)
    flat, step = tensor.view(-1), 1e-6
    places = random.choice(flat.numel(), min(8, flat.numel()), replace=False)
    assert len(places) > 0
    for place in places:
        original = flat[place].item()
        flat[place] = original + step
        above = world.loss(second_order=True)
        flat[place] = original - step
        below = world.loss(second_order=True)
        flat[place] = original
        expected = (above - below).item() / (2 * step)
        assert gradient.view(-1)[place].item() == pytest.approx(expected, rel=1e-4, abs=1e-8)


def test_first_order_is_another_gradient_of_the_same_loss(world: World):
    tensor = world.tensors["decision.0.weight"].requires_grad_()
    exact_loss, first_loss = world.loss(second_order=True), world.loss(second_order=False)
    assert exact_loss.item() == first_loss.item()
    (exact,) = torch.autograd.grad(exact_loss, tensor)
    (first,) = torch.autograd.grad(first_loss, tensor)
    assert not torch.allclose(exact, first, rtol=1e-3)


def test_loss_of_a_batch_is_the_mean_of_its_users_losses(world: World):
    def only(ratings: PaddedRatings, row: int) -> PaddedRatings:
        return PaddedRatings(ratings.item_index[[row]], ratings.rating[[row]], ratings.mask[[row]])

    together = world.loss(second_order=False)
    alone = [
        world.loss(
            second_order=False,
            episodes=Episodes(
                world.episodes.user_index[[row]],
                only(world.episodes.support_set, row),
                only(world.episodes.query_set, row),
            ),
        )
        for row in range(len(world.episodes.user_index))
    ]
    assert together.item() == pytest.approx(torch.stack(alone).mean().item(), rel=1e-12)


def test_users_with_fewer_query_ratings_count_as_much_as_others():
    prediction = torch.tensor([[1.0, 1.0], [1.0, 99.0]])
    units = RatingUnits(mean=0.0, spread=1.0, lowest=-9, highest=9)
    query_set = PaddedRatings(
        np.zeros((2, 2), dtype=np.int64),
        torch.tensor([[0.0, 0.0], [4.0, 0.0]]),
        torch.tensor([[1.0, 1.0], [1.0, 0.0]]),
    )
    # User 1: (1 + 1) / 2 = 1. User 2 has one rating: (1 − 4)² = 9. Mean 5.
    assert query_loss(prediction, query_set, units).item() == pytest.approx(5.0)


def test_support_and_query_set_are_disjoint_and_whole(world: World, two_tastes: Dataset):
    everything = draw_test_episodes(
        world.grouped,
        np.arange(len(two_tastes.user_ids)),
        query_size=5,
        support_limit=1000,
        random=np.random.default_rng(3),
    )
    assert len(everything.user_index) > 0
    for row, user in enumerate(everything.user_index):
        parts = []
        for part in (everything.support_set, everything.query_set):
            keep = part.mask[row].numpy().astype(bool)
            parts.append(set(part.item_index[row][keep].tolist()))
        support, query = parts
        rated = two_tastes.ratings.item_index[two_tastes.ratings.user_index == user]
        assert not support & query
        assert support | query == set(rated.tolist())


def test_first_keeps_the_beginning_of_the_support_set(world: World):
    few = world.episodes.support_set.first(2)
    assert few.item_index.tolist() == world.episodes.support_set.item_index[:, :2].tolist()
    shorter = replace(world.episodes, support_set=few)
    assert world.loss(second_order=False, episodes=shorter) != world.loss(second_order=False)
