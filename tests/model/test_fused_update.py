"""The fused update that trains the preset `melu` equals the reference under autograd."""

import pytest
import torch
from torch import Tensor

from model.melu.decision_layers import DecisionWeights, initial_decision_weights, predict
from model.melu.fused_update import predict_adapted
from model.melu.local_update import local_update

EPISODES, SUPPORT, QUERY, INPUTS = 5, 7, 4, 6
LENGTHS = torch.tensor([7, 4, 1, 0, 6])
SETTINGS = {"local_steps": 4, "local_learning_rate": 0.3, "support_damping": 2.0}


def _parts(seed: int, widths: tuple[int, ...]) -> tuple[DecisionWeights, Tensor, Tensor, Tensor]:
    """θ, inputs of support and query sets, ratings and mask, in double precision."""
    generator = torch.Generator().manual_seed(seed)
    decision = initial_decision_weights((INPUTS, *widths, 1), generator)
    inputs = torch.randn(EPISODES, SUPPORT + QUERY, INPUTS, generator=generator).double()
    mask = (torch.arange(SUPPORT) < LENGTHS[:, None]).double()
    rating = torch.randn(EPISODES, SUPPORT, generator=generator).double() * mask
    doubled = DecisionWeights(
        tuple(w.double().requires_grad_() for w in decision.weights),
        tuple((b.double() + 0.1).requires_grad_() for b in decision.biases),
    )
    return doubled, inputs.requires_grad_(), rating, mask


def _fast(
    decision: DecisionWeights, inputs: Tensor, rating: Tensor, mask: Tensor, *, second_order: bool
) -> Tensor:
    support = inputs[:, :SUPPORT] if second_order else inputs[:, :SUPPORT].detach()
    return predict_adapted(
        decision,
        inputs @ decision.weights[0].mT + decision.biases[0],
        inputs @ support.mT + 1.0,
        rating,
        mask,
        second_order=second_order,
        **SETTINGS,
    )


def _plain(
    decision: DecisionWeights, inputs: Tensor, rating: Tensor, mask: Tensor, *, second_order: bool
) -> Tensor:
    adapted = local_update(
        decision, inputs[:, :SUPPORT], rating, mask, second_order=second_order, **SETTINGS
    )
    return predict(adapted, inputs[:, SUPPORT:])


@pytest.mark.parametrize("second_order", [True, False])
@pytest.mark.parametrize("widths", [(8,), (8, 5), (7, 6, 5)])
def test_predictions_and_meta_gradients_are_equal(widths: tuple[int, ...], *, second_order: bool):
    decision, inputs, rating, mask = _parts(len(widths), widths)
    variables = [*decision.weights, *decision.biases, inputs]
    fast = _fast(decision, inputs, rating, mask, second_order=second_order)
    plain = _plain(decision, inputs, rating, mask, second_order=second_order)
    torch.testing.assert_close(fast, plain, rtol=1e-9, atol=1e-10)
    for of_fast, of_plain in zip(
        torch.autograd.grad(fast.square().sum(), variables),
        torch.autograd.grad(plain.square().sum(), variables),
        strict=True,
    ):
        torch.testing.assert_close(of_fast, of_plain, rtol=1e-8, atol=1e-9)
