"""Two stages find what one finds, and never more than was asked for."""

from pathlib import Path

import numpy as np
import pytest

from model.catalogue.live import ItemChange
from model.estimator import Estimator
from model.melu.serving import items as melu_items
from model.ranking import Clusters, best, coarse_items, first_stage
from model.recommender import Recommender


def test_every_item_is_in_one_cluster_and_clusters_hold_alike_items():
    random = np.random.default_rng(0)
    centres = 20 * random.normal(size=(12, 3))
    truth = random.integers(0, 12, 3000)
    features = (centres[truth] + random.normal(size=(3000, 3))).astype(np.float32)
    clusters = Clusters.fit(features, seed=1, count=48)
    assert clusters.sizes.sum() == 3000
    assert clusters.sizes.min() > 0
    for cluster in range(len(clusters)):
        of_cluster = truth[clusters.cluster == cluster]
        assert (of_cluster == of_cluster[0]).mean() > 0.9
    mine = features[clusters.cluster == 3]
    np.testing.assert_allclose(clusters.means(features)[3], mine.mean(0), rtol=1e-4, atol=1e-4)


def test_equal_items_can_be_clustered():
    clusters = Clusters.fit(np.ones((500, 4), dtype=np.float32), seed=0, count=16)
    assert clusters.sizes.sum() == 500


def test_candidates_are_whole_clusters_in_the_order_of_their_scores():
    clusters = Clusters(np.array([0, 1, 2, 0, 1, 2, 2], dtype=np.int32))
    scores = np.array([0.1, 0.9, 0.5], dtype=np.float32)
    assert list(clusters.candidates(scores, 1)) == [1, 4]
    assert list(clusters.candidates(scores, 3)) == [1, 2, 4, 5, 6]
    assert list(clusters.candidates(scores, 100)) == list(range(7))
    allowed = np.array([True, False, True, True, False, False, True])
    assert list(clusters.candidates(scores, 2, allowed)) == [2, 6]
    assert list(clusters.candidates(scores, 3, allowed)) == [0, 2, 3, 6]


@pytest.fixture
def two_stages(estimator: Estimator, monkeypatch: pytest.MonkeyPatch) -> Estimator:
    """The estimator of 60 items, ranking as if they were many."""
    for module, name, value in (
        (melu_items, "CANDIDATES", 25),
        (melu_items, "CANDIDATES_A_PLACE", 1),
        (coarse_items, "_SCANNED", 40),
        (coarse_items, "_SCANNED_A_PLACE", 1),
        (coarse_items, "_KEPT", 25),
        (coarse_items, "_KEPT_A_PLACE", 1),
    ):
        monkeypatch.setattr(module, name, value)
    monkeypatch.setattr(first_stage, "EXACT_AMONG", 10)
    items = estimator.items
    items.clusters = Clusters.fit(items.clustering_features(), seed=0, count=12)
    yield estimator
    items.clusters = None
    for name in ("_coarse", "_centroids"):
        vars(items).pop(name, None)


def test_two_stages_find_the_best_of_all(two_stages: Estimator):
    user = two_stages.adapt(two_stages.user_space.slots({}), [(0, 5.0), (31, 1.0)])
    scores = two_stages.items.score(user)
    found = two_stages.items.rank(user, 5)
    assert list(found) == list(best(scores, 5))


def test_two_stages_keep_to_filters_and_exclusions(two_stages: Estimator):
    user = two_stages.adapt(two_stages.user_space.slots({}), [(0, 5.0), (31, 1.0)])
    among, without = np.arange(0, 60, 2), np.array([2, 4, 6])
    found = two_stages.items.rank(user, 60, among=among, without=without)
    assert set(found) == set(among) - set(without)
    rare = np.array([7, 33])
    assert set(two_stages.items.rank(user, 5, among=rare)) == {7, 33}
    assert len(two_stages.items.rank(user, 5, among=rare, without=rare)) == 0


def test_one_stage_keeps_to_filters_and_exclusions(estimator: Estimator):
    user = estimator.adapt(estimator.user_space.slots({}), [(0, 5.0), (31, 1.0)])
    scores = estimator.items.score(user)
    without = np.array([1, 2, 3])
    found = estimator.items.rank(user, 7, without=without)
    scores[without] = -np.inf
    assert list(found) == list(best(scores, 7))
    assert set(estimator.items.rank(user, 60, without=without)) == set(range(60)) - {1, 2, 3}
    among = np.array([5, 9, 50])
    some = estimator.items.rank(user, 2, among=among)
    assert list(some) == list(among[best(scores[among], 2)])
    np.testing.assert_allclose(estimator.items.score(user, among), scores[among], rtol=1e-5)


def test_two_stages_keep_live_items_to_filters_in_every_order(
    bundle: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(first_stage, "EXACT_AMONG", 10)
    recommender = Recommender.load(bundle)
    for model in (recommender.bundle.estimator.items, recommender._relevance):
        if model is not None:
            model.clusters = Clusters.fit(model.clustering_features(), seed=0, count=12)
    (record,) = recommender.catalogue.records([3])
    changes = [ItemChange(name, None, record.attributes) for name in ("allowed", "other")]
    live = recommender.with_changes(changes)
    among = np.append(np.arange(40), live.catalogue.index_of["allowed"])
    user = live.adapt({}, [(0, 5.0), (31, 1.0)])

    found = {
        order: set(live.rank(user, 100, order=order, among=among, without=np.array([1])).index)
        for order in live.orders
    }

    assert found == dict.fromkeys(live.orders, set(among) - {1})
    assert live.orders
