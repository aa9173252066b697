"""What serves computes what trains: the fast local update and the readable one."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch

from model.answers import Answer, Kind, SupportSet, rated
from model.bundle.bundle import load_bundle
from model.data.signals import is_disliked, is_liked
from model.relevance import RelevanceModel
from model.relevance.local_update import CatalogueSample, SupportBags, local_update
from model.relevance.network import RepresentedItems
from model.relevance.serving.likely_items import likely_items

SUPPORT_SETS = [
    [],
    [(0, 5.0)],
    [(3, 1.0)],
    [(3, 3.0), (31, 3.0)],
    [(0, 5.0), (31, 1.0), (7, 3.0), (8, 4.0), (40, 2.0)],
    [Answer(4, None, Kind.UNSEEN)],
    [(0, 5.0), Answer(4, None, Kind.UNSEEN), (31, 1.0), Answer(9, None, Kind.UNSEEN), (7, 3.0)],
]


@pytest.fixture(scope="module")
def relevance(bundle_of: Callable[[str], Path]) -> RelevanceModel:
    model = load_bundle(bundle_of("default")).relevance
    assert model is not None
    return model


def reference(model: RelevanceModel, support_set: SupportSet) -> torch.Tensor:
    """Chances of all items by the readable local update, mean of the members' logits."""
    index = np.array([[one[0] for one in support_set]], dtype=np.int64)
    unseen = np.array([[one[1] is None for one in support_set]], dtype=np.bool_)
    rating = np.array([[one[1] or 0 for one in support_set]], dtype=np.float32)
    support = SupportBags.of(
        index,
        np.ones(index.shape, dtype=np.bool_),
        is_liked(rating, model.scale),
        is_disliked(rating, model.scale),
        unseen,
    )
    users = model.user_space.encode([{"city": "Rome", "age": 30}])
    width = model.config.width
    logits = []
    for at, network in enumerate(model.learnt.networks):
        table = model.learnt.table
        items = RepresentedItems(
            torch.from_numpy(table.entry.stored[:, at * width : (at + 1) * width]),
            torch.from_numpy(table.output.stored[:, at * (width + 1) : (at + 1) * (width + 1)]),
        )
        sample = CatalogueSample(
            torch.from_numpy(model.sample.output[at]), torch.from_numpy(model.sample.log_weight)
        )
        with torch.no_grad():
            vector = local_update(network, items, users, support, sample)[0]
            logits.append(items.output @ vector)
    return torch.stack(logits).mean(0)


@pytest.mark.parametrize("support_set", SUPPORT_SETS, ids=len)
def test_both_local_updates_agree(relevance: RelevanceModel, support_set: SupportSet):
    slots = relevance.user_space.slots({"city": "Rome", "age": 30})

    user = relevance.adapt(slots, support_set)

    expected = reference(relevance, support_set)
    expected = expected - torch.logsumexp(expected, dim=0)
    np.testing.assert_allclose(relevance.log_chance(user), expected.numpy(), atol=2e-4)
    assert user.support_size == len(rated(support_set))
    assert user.local_steps == (1 + relevance.config.local_steps if support_set else 0)


def test_chances_add_up_to_one(relevance: RelevanceModel):
    user = relevance.adapted_to([(0, 5.0), (1, 4.0)])

    assert np.exp(relevance.log_chance(user)).sum() == pytest.approx(1, abs=1e-4)


def test_candidates_are_the_likeliest(relevance: RelevanceModel):
    user = relevance.adapted_to([(0, 5.0)])
    chance = relevance.log_chance(user)
    without = np.array([0, 5])
    chance[without] = -np.inf

    found = likely_items(relevance, user, 10, without=without)
    among = np.arange(20, 50)
    some = likely_items(relevance, user, 5, among=among, without=without)

    assert set(found) == set(np.argsort(-chance)[:10])
    assert set(some) == set(among[np.argsort(-chance[among])[:5]])
    assert (np.diff(found) > 0).all()


def test_contenders_hold_the_same_best_as_all_items(
    relevance: RelevanceModel, monkeypatch: pytest.MonkeyPatch
):
    from model.ranking import contenders
    from model.relevance.serving import item_table

    monkeypatch.setattr(item_table, "_CONTENDERS_FROM", 1)
    monkeypatch.setattr(contenders, "_LEADERS", 25)
    random = np.random.default_rng(0)
    table = relevance.learnt.table
    usual = np.zeros(table.output.columns, dtype=np.float32)
    usual[-1] = 1
    users = usual + random.normal(0, 0.3, (50, len(usual))).astype(np.float32)
    fast = table.with_contenders(usual, users)
    assert fast.contenders is not None
    assert len(fast.contenders.leaders) < len(table)

    for _ in range(20):
        weights = usual + random.normal(0, 0.3, len(usual)).astype(np.float32)
        without = random.choice(len(table), 5, replace=False)
        index, logits = table.top(weights, 10, without)
        found, of_found = fast.top(weights, 10, without)
        np.testing.assert_array_equal(found, index)
        np.testing.assert_allclose(of_found, logits, rtol=1e-5, atol=1e-6)
