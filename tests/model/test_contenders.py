import numpy as np
import pytest

from model.arrays import Float32Array, Int64Array
from model.ranking import best_ascending
from model.ranking.contenders import Contenders

ITEMS, FEATURES, TASTES = 6_000, 12, 3
COUNT = 50
NOTHING: Int64Array = np.empty(0, dtype=np.int64)


class World:
    """Items of a few tastes and a popularity, which all users' weights go by above all."""

    def __init__(self, seed: int) -> None:
        self.random = np.random.default_rng(seed)
        self.features = self.random.normal(0, 1, (ITEMS, FEATURES)).astype(np.float32)
        self.usual = np.zeros(FEATURES, dtype=np.float32)
        self.usual[-1] = 1
        self.tastes = self.random.normal(0, 0.3, (TASTES, FEATURES)).astype(np.float32)
        self.learn()

    def learn(self) -> None:
        users = np.stack([self.user() for _ in range(100)])
        self.contenders = Contenders.of(self.features, self.usual, users)

    def user(self) -> Float32Array:
        taste = self.random.normal(0, 1, TASTES).astype(np.float32) @ self.tastes
        noise = self.random.normal(0, 0.02, FEATURES).astype(np.float32)
        return self.usual + taste + noise

    def expected(self, weights: Float32Array, without: Int64Array, count: int) -> list[int]:
        scores = self.features @ weights
        scores[without] = -np.inf
        return best_ascending(scores, count).tolist()

    def found(
        self, weights: Float32Array, without: Int64Array, count: int
    ) -> tuple[list[int], int]:
        """Return what was found, and how many items had to be scored beside the leaders."""
        scored = []

        def score(items: Int64Array) -> Float32Array:
            scored.extend(items.tolist())
            return (self.features @ weights)[items]

        best = self.contenders.best(weights, count, without, score)
        assert best is not None
        found, scores = best
        np.testing.assert_allclose(scores, self.features[found] @ weights, rtol=1e-5, atol=1e-6)
        assert not set(scored) & {*self.contenders.leaders.tolist(), *without.tolist()}
        return found.tolist(), len(scored)


@pytest.mark.parametrize("seed", range(4))
def test_the_best_are_found_and_few_others_scored(seed: int):
    world = World(seed)
    for _ in range(20):
        weights = world.user()
        best = world.expected(weights, NOTHING, COUNT)
        without = np.array([*best[:5], *world.contenders.leaders[:5], ITEMS - 1])

        found, scored = world.found(weights, without, COUNT)

        assert found == world.expected(weights, without, COUNT)
        assert scored < ITEMS / 10


def test_users_like_nobody_drawn_get_their_best_too():
    world = World(0)
    leaders = set(world.contenders.leaders.tolist())
    for scale in (0.1, 1, 100):
        weights = scale * world.random.normal(0, 1, FEATURES).astype(np.float32)

        found, _ = world.found(weights, NOTHING, COUNT)

        assert found == world.expected(weights, NOTHING, COUNT)
        assert len(set(found) - leaders) > COUNT / 4  # leaders alone would not do


def test_equal_items_come_in_the_order_of_the_catalogue():
    world = World(0)
    weights = world.user()
    best = int((world.features @ weights).argmax())
    world.features[-10:] = world.features[:10] = world.features[best]
    world.learn()

    found, _ = world.found(weights, NOTHING, 5)

    assert found == [0, 1, 2, 3, 4]


def test_who_asks_for_as_many_as_lead_has_all_items_scored():
    world = World(0)
    leaders = world.contenders.leaders

    def best(count: int, without: Int64Array) -> tuple[Int64Array, Float32Array] | None:
        return world.contenders.best(
            world.usual, count, without, lambda items: (world.features @ world.usual)[items]
        )

    assert best(len(leaders), NOTHING) is None
    assert best(COUNT, leaders[:-COUNT]) is None
    others = np.setdiff1d(np.arange(ITEMS), leaders)
    assert best(COUNT, others) is not None
