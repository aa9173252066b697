"""An update that represents only the items it names is the update that represents all."""

import numpy as np
import pytest
import torch

from model.arrays import Float32Array, Int64Array
from model.episodes import PaddedRatings
from model.features import FeatureSpace
from model.relevance import RelevanceConfig
from model.relevance.choice_loss import choice_loss, draw_sample
from model.relevance.local_update import CatalogueSample, SupportBags, local_update
from model.relevance.network import ItemResiduals, RelevanceNetwork
from model.relevance.training.batch_items import NamedItems

ITEMS, USERS, CONTENT = 300, 6, 5
CONFIG = RelevanceConfig(width=8, hidden_width=16, answer_width=8)


def _ratings(random: np.random.Generator, places: int) -> PaddedRatings:
    index = np.stack([random.choice(ITEMS, places, replace=False) for _ in range(USERS)])
    mask = torch.ones(index.shape)
    mask[0, places // 2 :] = 0
    return PaddedRatings(np.where(mask.numpy() > 0, index, 0), mask, mask)


def _loss_and_gradients(*, is_named: bool) -> tuple[float, dict[str, torch.Tensor]]:
    random = np.random.default_rng(0)
    generator = torch.Generator().manual_seed(0)
    content = torch.randn(ITEMS, CONTENT, generator=generator, dtype=torch.float64)
    network = RelevanceNetwork(CONFIG, CONTENT, FeatureSpace(encoders={}), generator).double()
    popularity = torch.randn(ITEMS, generator=generator)
    residuals = ItemResiduals(CONFIG, popularity, generator).double()
    support, query = _ratings(random, 7), _ratings(random, 9)
    share = random.dirichlet(np.full(ITEMS, 0.5))
    sampled, log_weight = draw_sample(share, 40, random)
    negatives: tuple[Int64Array, Float32Array] = draw_sample(share, 60, random)
    named = NamedItems.every()
    if is_named:
        named = NamedItems.of((support.item_index, query.item_index, sampled, negatives[0]), ITEMS)
        support, query = named.ratings(support), named.ratings(query)
        negatives = named.places(negatives[0]), negatives[1]
    known = torch.from_numpy(random.random(ITEMS) < 0.8).double()
    shown = residuals.added_to(
        network.of_content(content[named.rows]), known[named.rows], named.rows
    )
    if is_named:
        assert len(shown.output) < ITEMS
    mask = support.mask.numpy() > 0
    bags = SupportBags.of(support.item_index, mask, mask, np.zeros_like(mask))
    bags = SupportBags(bags.index, bags.offsets, bags.counts.double())
    sample = CatalogueSample(
        shown.output[named.places(sampled)], torch.from_numpy(log_weight).double()
    )
    vector = local_update(network, shown, {}, bags, sample)
    worth = np.ones(query.item_index.shape, dtype=np.float32)
    loss = choice_loss(vector, shown.output, support, query, worth, 20, negatives)
    loss.backward()
    parameters = dict(network.named_parameters()) | dict(residuals.named_parameters())
    return float(loss.detach()), {
        name: one.grad for name, one in parameters.items() if one.grad is not None
    }


def test_loss_and_gradients_are_those_of_all_items_represented():
    expected, of_all = _loss_and_gradients(is_named=False)
    found, of_named = _loss_and_gradients(is_named=True)
    assert found == pytest.approx(expected, rel=1e-12)
    assert "content_output" in of_all
    assert of_all.keys() == of_named.keys()
    apart = {
        name: float((of_all[name] - of_named[name]).abs().max())
        for name in of_all
        if not torch.allclose(of_all[name], of_named[name], rtol=1e-9, atol=1e-12)
    }
    assert apart == {}


def test_places_point_at_the_same_items():
    named = NamedItems.of((np.array([7, 3, 7]), np.array([[250, 3]])), ITEMS)
    assert isinstance(named.rows, torch.Tensor)
    assert named.rows.tolist() == [3, 7, 250]
    assert named.places(np.array([250, 3])).tolist() == [2, 0]
