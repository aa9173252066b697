import numpy as np
import pytest

from model.arrays import Float32Array
from model.ranking import best_ascending
from model.ranking.contenders import Contenders

ITEMS, FEATURES, TASTES = 6_000, 12, 3
COUNT = 50


class World:
    """Items of a few tastes and a popularity, which all users' weights go by above all."""

    def __init__(self, seed: int) -> None:
        self.random = np.random.default_rng(seed)
        self.features = self.random.normal(0, 1, (ITEMS, FEATURES)).astype(np.float32)
        self.usual = np.zeros(FEATURES, dtype=np.float32)
        self.usual[-1] = 1
        self.tastes = self.random.normal(0, 0.3, (TASTES, FEATURES)).astype(np.float32)
        users = np.stack([self.user() for _ in range(100)])
        self.contenders = Contenders.of(self.features, self.usual, users)

    def user(self) -> Float32Array:
        taste = self.random.normal(0, 1, TASTES).astype(np.float32) @ self.tastes
        noise = self.random.normal(0, 0.02, FEATURES).astype(np.float32)
        return self.usual + taste + noise

    def best(self, weights: Float32Array, without: list[int]) -> list[int]:
        scores = self.features @ weights
        scores[without] = -np.inf
        return best_ascending(scores, COUNT).tolist()


@pytest.mark.parametrize("seed", range(4))
def test_the_best_are_among_the_contenders_and_few_others(seed: int):
    world = World(seed)
    for _ in range(20):
        weights = world.user()
        best = world.best(weights, [])
        without = np.array([*best[:5], *world.contenders.leaders[:5], ITEMS - 1])

        found = world.contenders.find(weights, COUNT, without)

        assert found is not None
        assert set(world.best(weights, without.tolist())) <= set(found.tolist())
        assert not set(without.tolist()) & set(found.tolist())
        assert (np.diff(found) > 0).all()
        assert len(found) < ITEMS / 10


def test_users_like_nobody_drawn_get_their_best_too():
    world = World(0)
    outside = 0
    for scale in (0.1, 1, 100):
        weights = scale * world.random.normal(0, 1, FEATURES).astype(np.float32)
        best = world.best(weights, [])

        found = world.contenders.find(weights, COUNT, np.empty(0, dtype=np.int64))

        assert found is not None
        assert set(best) <= set(found.tolist())
        outside += len(set(best) - set(world.contenders.leaders.tolist()))
    assert outside > COUNT  # leaders alone would not do


def test_equal_items_are_all_contenders():
    world = World(0)
    weights = world.user()
    best = world.best(weights, [])
    features = world.features.copy()
    features[-10:] = features[best[0]]

    found = Contenders.of(features, world.usual, weights[None]).find(
        weights, 5, np.empty(0, dtype=np.int64)
    )

    assert found is not None
    top = np.flatnonzero(features @ weights >= np.sort(features @ weights)[-5] - 1e-5)
    assert set(top.tolist()) <= set(found.tolist())


def test_who_asks_for_as_many_as_lead_has_all_items_scored():
    world = World(0)
    leaders = world.contenders.leaders
    nothing = np.empty(0, dtype=np.int64)

    assert world.contenders.find(world.usual, len(leaders), nothing) is None
    assert world.contenders.find(world.usual, COUNT, leaders[:-COUNT]) is None
    others = np.setdiff1d(np.arange(ITEMS), leaders)
    assert world.contenders.find(world.usual, COUNT, others) is not None
