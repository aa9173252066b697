"""What a service computes with NumPy equals what was trained with torch."""

import numpy as np
import pytest
import torch

from model.bayesian import local_update as reference
from model.bayesian.decision_layers import DecisionWeights
from model.bayesian.network import BayesianNetwork
from model.bayesian.preset import BayesianPreset, EstimatorConfig
from model.bayesian.serving import item_table
from model.bayesian.serving.item_table import ItemTable, build_item_table, rated_items
from model.bayesian.serving.local_update import AdaptedWeights, RatedItems, Slots, local_update
from model.bayesian.serving.top_k import exact_best
from model.bayesian.serving.weights import StackedWeights
from model.bayesian.training.item_features import ItemRows
from model.bayesian.training.meta_training import make_support_set
from model.episodes import PaddedRatings
from model.features import FeatureSpace, NumberBins, Vocabulary

ITEMS, INPUTS, START = 300, 6, 9
SPACE = FeatureSpace(
    encoders={
        "age": NumberBins(kind="number", edges=(30.0,), lowest=10.0, highest=60.0),
        "hobbies": Vocabulary(kind="categories", values=("chess", "rowing", "song")),
    }
)
USER = SPACE.encode([{"age": 40, "hobbies": ["chess", "song"]}])


class World:
    """Random members that move far, random items, and one random user of n ratings."""

    def __init__(self, seed: int, count: int, steps: int = 5) -> None:
        config = EstimatorConfig(
            encoder_width=7, set_inputs=3, set_width=5, hidden_width=4, local_steps=steps
        )
        generator = torch.Generator().manual_seed(seed)
        self.networks = [
            BayesianNetwork(BayesianPreset(estimator=config), INPUTS, START, SPACE, 3.5, generator)
            for _ in range(2)
        ]
        with torch.no_grad():
            for network in self.networks:
                network.eval()
                for parameter in network.parameters():
                    parameter += 0.2 * torch.randn(parameter.shape, generator=generator)
                network.output.mul_(3)
                network.rates.abs_()
        draw = np.random.default_rng(seed)

        def values(*shape: int) -> torch.Tensor:
            return torch.from_numpy(draw.normal(size=shape).astype(np.float32))

        self.rows = ItemRows(
            inputs=values(ITEMS, INPUTS),
            linear=values(ITEMS, START),
            quality=values(ITEMS),
            residual_sum=values(ITEMS),
            count=torch.arange(ITEMS, dtype=torch.float32) % 7,
        )
        self.index = draw.choice(ITEMS, count, replace=False)
        self.rating = draw.integers(1, 6, count).astype(np.float32)
        self.theta = StackedWeights.of(self.networks, SPACE.names)
        self.items: ItemTable = build_item_table(self.networks, self.rows)
        self.user: Slots = {name: list(column.slots) for name, column in USER.items()}

    def rated(self) -> RatedItems:
        return rated_items(self.items, self.networks, self.index, self.rating)

    def adapt(self, kept: np.ndarray | None = None) -> AdaptedWeights:
        return local_update(self.theta, [self.user], self.rated(), kept)

    def plain(self, kept: np.ndarray) -> tuple[list[DecisionWeights], np.ndarray]:
        """Adapted weights, and scores of all items, by the functions that train."""
        index, rating = self.index[kept > 0], torch.from_numpy(self.rating[kept > 0])[None]
        ratings = PaddedRatings(index[None], rating, torch.ones_like(rating))
        decisions, scores = [], []
        with torch.no_grad():
            for network in self.networks:
                items = network.represent(self.rows)
                row, nothing = torch.from_numpy(index)[None], torch.zeros_like(rating)
                support = make_support_set(network, items, row, ratings, nothing, nothing)
                decision = reference.local_update(network, items, USER, support)
                nothing = torch.zeros(1, ITEMS)
                base = network.base(items, torch.arange(ITEMS)[None], nothing, nothing)
                decisions.append(decision)
                scores.append((base + decision.predict(items.phi[None]))[0].numpy())
        return decisions, np.mean(scores, axis=0)

    def doubled(self) -> "World":
        """The same world in double precision, in which equal means equal."""
        for network in self.networks:
            network.double()
        tensors = {name: t.double() for name, t in self.rows.named_tensors().items()}
        self.rows = ItemRows(**tensors)
        self.theta = StackedWeights.of(self.networks, SPACE.names)
        self.rating = self.rating.astype(np.float64)
        self.items = build_item_table(self.networks, self.rows, np.float64)
        return self


@pytest.mark.parametrize("count", [0, 1, 2, 20, 90])
@pytest.mark.parametrize("seed", range(3))
def test_the_update_and_all_scores_equal_those_of_training(seed: int, count: int):
    world = World(seed, count).doubled()
    found = world.adapt()
    decisions, scores = world.plain(np.ones(count))
    for member, decision in enumerate(decisions):
        for name, shown in (
            ("linear", found.linear[0, member]),
            ("hidden_weight", found.hidden_weight[0, member]),
            ("hidden_bias", found.hidden_bias[0, member, 0]),
            ("output", found.output[0, member, 0]),
        ):
            expected = getattr(decision, name)[0].numpy()
            np.testing.assert_allclose(shown, expected, rtol=1e-8, atol=1e-9)
    every = slice(None)
    predicted = world.items.mean_base + found.predict(world.items.phi(every))[0]
    np.testing.assert_allclose(predicted, scores, rtol=1e-8, atol=1e-9)


@pytest.mark.parametrize("count", [1, 20, 90])
def test_single_precision_is_precise_enough(count: int):
    scores = []
    for world in (World(0, count), World(0, count).doubled()):
        every = slice(None)
        predicted = world.adapt().predict(world.items.phi(every))[0]
        scores.append(world.items.mean_base + predicted)
    # These random members are far wilder than trained ones.
    np.testing.assert_allclose(*scores, atol=2e-3)


@pytest.mark.parametrize("seed", range(3))
def test_a_variant_without_a_rating_equals_a_user_who_never_gave_it(seed: int):
    world = World(seed, 8).doubled()
    kept = 1 - np.eye(8)
    predicted = world.adapt(kept).predict(world.items.phi(slice(None)))
    for variant in range(8):
        _, scores = world.plain(kept[variant])
        base = world.items.mean_base
        np.testing.assert_allclose(base + predicted[variant], scores, rtol=1e-8, atol=1e-9)


def test_without_its_only_rating_a_user_is_one_without_ratings():
    world = World(0, 1)
    alone = world.adapt(np.zeros((1, 1), dtype=np.float32))
    nobody = World(0, 0).adapt()
    np.testing.assert_allclose(alone.linear, nobody.linear, rtol=1e-6)
    np.testing.assert_array_equal(alone.hidden_weight, nobody.hidden_weight)


@pytest.mark.parametrize("count", [0, 3, 30])
@pytest.mark.parametrize("seed", range(6))
def test_the_best_by_bounds_are_the_best_of_all_scores(seed: int, count: int):
    world = World(seed, count)
    found = world.adapt()
    every = slice(None)
    scores = world.items.mean_base + found.predict(world.items.phi(every))[0]
    scores[world.index] = -np.inf
    for limit in (1, 20, 1000):
        index, score = exact_best(world.items, world.items.reduced, found, limit, world.index)
        expected = np.argsort(-scores, kind="stable")[: min(limit, ITEMS - count)]
        np.testing.assert_allclose(score, scores[expected], rtol=1e-5, atol=1e-5)
        assert len(set(index) & set(expected)) >= len(expected) - 1  # near ties may swap


def test_equal_items_stay_in_the_order_of_the_catalogue():
    world = World(0, 5)
    for tensor in world.rows.named_tensors().values():
        tensor[:] = tensor[0].clone()
    world.items = build_item_table(world.networks, world.rows)
    index, _ = exact_best(world.items, world.items.reduced, world.adapt(), 10, world.index)
    assert list(index) == [i for i in range(ITEMS) if i not in world.index][:10]


def test_a_catalogue_too_large_for_the_full_table_scores_alike(monkeypatch: pytest.MonkeyPatch):
    world = World(1, 12)
    expected = world.adapt().predict(world.items.phi(slice(None)))
    monkeypatch.setattr(item_table, "ONE_STAGE_LIMIT", 10)
    monkeypatch.setattr(item_table, "_CHUNK", 64)
    world.items = build_item_table(world.networks, world.rows)
    assert world.items.summary is world.items.reduced is None
    found = world.adapt().predict(world.items.phi(slice(None)))
    # In half precision; these random weights are far larger than trained ones.
    np.testing.assert_allclose(found, expected, atol=0.01)


def test_adapting_leaves_theta_bit_equal():
    world = World(2, 10)
    arrays = [v for v in vars(world.theta).values() if isinstance(v, np.ndarray)]
    before = [array.tobytes() for array in arrays]
    world.adapt()
    assert [array.tobytes() for array in arrays] == before
