"""What a service computes for the preset `melu` equals what was trained with torch."""

import numpy as np
import pytest
import torch

from model.melu.decision_layers import (
    DecisionWeights,
    initial_decision_weights,
    predict,
    predicted_gradient_norm,
)
from model.melu.local_update import local_update as plain_update
from model.melu.serving.local_update import AdaptedWeights, ServingWeights, local_update
from model.melu.serving.scoring import item_gradient_norms, predict_items

USER, ITEM, ITEMS = 6, 10, 2500
WIDTHS = [(), (8,), (8, 5), (7, 6, 5)]


def _world(
    seed: int, widths: tuple[int, ...]
) -> tuple[DecisionWeights, torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(seed)
    decision = initial_decision_weights((USER + ITEM, *widths, 1), generator)
    user, items = (
        torch.randn(USER, generator=generator),
        torch.randn(ITEMS, ITEM, generator=generator),
    )
    return decision, user, items


def _in_double_precision(decision: DecisionWeights) -> DecisionWeights:
    return DecisionWeights(
        tuple(weight.double() for weight in decision.weights),
        tuple(bias.double() for bias in decision.biases),
    )


def _plain(
    decision: DecisionWeights,
    user: torch.Tensor,
    items: torch.Tensor,
    rating: torch.Tensor,
    damping: float,
) -> DecisionWeights:
    pairs = torch.cat([user.expand(len(rating), -1), items[: len(rating)]], dim=1)
    return plain_update(
        decision,
        pairs,
        rating,
        torch.ones_like(rating),
        local_steps=5,
        local_learning_rate=0.1,
        support_damping=damping,
    )


def _served(
    decision: DecisionWeights,
    user: torch.Tensor,
    items: torch.Tensor,
    rating: torch.Tensor,
    damping: float,
    kept: np.ndarray | None = None,
) -> list[AdaptedWeights]:
    return local_update(
        ServingWeights.of(decision, USER),
        user.numpy(),
        items[: len(rating)].numpy(),
        rating.numpy(),
        local_steps=5,
        local_learning_rate=0.1,
        support_damping=damping,
        kept=kept,
    )


@pytest.mark.parametrize("damping", [0.0, 40.0])
@pytest.mark.parametrize("count", [0, 1, 20, 60])
@pytest.mark.parametrize("widths", WIDTHS)
def test_scores_equal_those_of_training(widths: tuple[int, ...], count: int, damping: float):
    decision, user, items = _world(count, widths)
    rating = torch.randn(count, generator=torch.Generator().manual_seed(1))
    (served,) = _served(decision, user, items, rating, damping)
    plain = _plain(decision, user, items, rating, damping)
    pairs = torch.cat([user.expand(ITEMS, -1), items], dim=1)
    np.testing.assert_allclose(
        predict_items(served, items), predict(plain, pairs).numpy(), rtol=1e-5, atol=1e-5
    )


@pytest.mark.parametrize("count", [0, 20])
@pytest.mark.parametrize("widths", WIDTHS)
def test_gradient_norms_equal_those_of_training(widths: tuple[int, ...], count: int):
    # A gradient jumps where an input of a ReLU changes its sign, so that in single precision the
    # rounding of one would decide.
    decision, user, items = _world(count, widths)
    decision, user, items = _in_double_precision(decision), user.double(), items.double()
    rating = torch.randn(count, generator=torch.Generator().manual_seed(1)).double()
    (served,) = _served(decision, user, items, rating, 40.0)
    plain = _plain(decision, user, items, rating, 40.0)
    pairs = torch.cat([user.expand(ITEMS, -1), items], dim=1)
    np.testing.assert_allclose(
        item_gradient_norms(served, items),
        predicted_gradient_norm(plain, pairs).numpy(),
        rtol=1e-4,
        atol=1e-5,
    )


def test_a_variant_without_a_rating_equals_a_user_who_never_gave_it():
    decision, user, items = _world(0, (8, 5))
    rating = torch.randn(6, generator=torch.Generator().manual_seed(1))
    kept = 1 - np.eye(6, dtype=np.float32)
    variants = _served(decision, user, items, rating, 3.0, kept)
    for left_out, served in enumerate(variants):
        rest = [place for place in range(6) if place != left_out]
        moved = torch.cat([items[rest], items[6:]])
        (expected,) = _served(decision, user, moved, rating[rest], 3.0)
        np.testing.assert_allclose(
            predict_items(served, items), predict_items(expected, items), rtol=1e-5, atol=1e-5
        )
