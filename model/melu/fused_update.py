"""The local update and the query sets of many episodes at once, with the derivative written out.

This is the copy that training runs. What it has to compute stands in `model.melu.local_update`,
the reference, to which `tests/model/test_fused_update.py` holds its predictions and
meta-gradients. Two things make it fast:

- The first layer's inputs X do not move. So after any number of steps its weights are W₁ + Gᵀ X
  with one row of G a support rating, and what it puts out for inputs X' is
  X' W₁ᵀ + b₁ + (X' Xᵀ + 1) G. No episode needs a copy of the widest matrix, and of X the steps
  need the inner products alone.
- The derivative of a step is that of its closed-form gradient along a direction, which takes one
  more pass through the layers (Pearlmutter, "Fast exact multiplication by the Hessian", 1994).
  Autograd would record every operation of every step and walk back through all of them.

Dimensions: B episodes, n support ratings, q query ratings, H width of the first layer. In tensors
of n + q ratings the support set comes first.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

from model.melu.decision_layers import DecisionWeights


def predict_adapted(
    meta_weights: DecisionWeights,
    start: Tensor,
    gram: Tensor,
    rating: Tensor,
    mask: Tensor,
    *,
    local_steps: int,
    local_learning_rate: float,
    support_damping: float,
    second_order: bool,
) -> Tensor:
    """Adapt a copy of the decision layers to each support set and predict each query set.

    Args:
        meta_weights: The decision layers of θ; of the first one, only `start` is used.
        start: What the first layer of θ puts out, shape [B, n + q, H].
        gram: Inner products of all inputs with the support set's, plus 1 for the bias, shape
            [B, n + q, n].
        rating: Of the support set, in the estimator's units, shape [B, n].
        mask: 1 for a rating, 0 for padding, shape [B, n].
        local_steps: Number of steps.
        local_learning_rate: α.
        support_damping: n₀ ≥ 0, see `model.melu.local_update`.
        second_order: Keep the steps differentiable. Without it their gradients are constants.

    Returns:
        Predictions in the estimator's units, shape [B, q].
    """
    size = (mask.sum(-1, keepdim=True) + support_damping).clamp(min=1.0)
    rate = (2.0 * local_learning_rate / size * mask).unsqueeze(-1)
    predicted: Tensor = _AdaptAndPredict.apply(  # type: ignore[no-untyped-call]
        start,
        gram,
        rating.unsqueeze(-1),
        rate,
        local_steps,
        second_order,
        *meta_weights.weights[1:],
        *meta_weights.biases[1:],
    )
    return predicted


class _Layers(NamedTuple):
    """The decision layers at some step, the first one by its change alone.

    Attributes:
        moved: G, shape [B, n, H].
        weights: Of the later layers, shape [B, out, in] each.
        biases: Of the later layers, shape [B, 1, out] each.
    """

    moved: Tensor
    weights: list[Tensor]
    biases: list[Tensor]


class _Pass(NamedTuple):
    """A pass through the layers.

    Attributes:
        inputs: The later layers' inputs.
        opens: 1 where an input's ReLU is open, else 0.
        output: Of the last layer.
    """

    inputs: list[Tensor]
    opens: list[Tensor]
    output: Tensor


class _Step(NamedTuple):
    """What a step's derivative needs of it.

    Attributes:
        layers: Before the step.
        passed: The support set's pass.
        deltas: The error at each later layer's output, times the rate, the last layer's first.
    """

    layers: _Layers
    passed: _Pass
    deltas: list[Tensor]


class _AdaptAndPredict(torch.autograd.Function):
    """All local steps and the prediction after them as one differentiable operation.

    δ is always taken times the rate, so that every gradient is a step.
    """

    @staticmethod
    def forward(
        ctx: Any,  # noqa: ANN401 - torch's own class has no place for what is kept
        start: Tensor,
        gram: Tensor,
        rating: Tensor,
        rate: Tensor,
        local_steps: int,
        second_order: bool,
        *later: Tensor,
    ) -> Tensor:
        episodes, support = len(start), gram.shape[2]
        middle = len(later) // 2
        layers = _Layers(
            torch.zeros_like(start[:, :support]),
            [weight.expand(episodes, -1, -1) for weight in later[:middle]],
            [bias.expand(episodes, 1, -1) for bias in later[middle:]],
        )
        support_start, support_gram = start[:, :support], gram[:, :support]
        steps = []
        for _ in range(local_steps):
            passed = _pass(layers, support_start, support_gram)
            delta = (passed.output - rating).mul_(rate)
            step = _Step(layers, passed, [])
            weights, biases = list(layers.weights), list(layers.biases)
            for layer in reversed(range(middle)):
                step.deltas.append(delta)
                below = _times(delta, weights[layer]).mul_(passed.opens[layer])
                weights[layer] = torch.baddbmm(
                    weights[layer], delta.mT, passed.inputs[layer], alpha=-1
                )
                biases[layer] = biases[layer] - delta.sum(1, keepdim=True)
                delta = below
            layers = _Layers(layers.moved - delta, weights, biases)
            if second_order:
                steps.append(step)
        query = _pass(layers, start[:, support:], gram[:, support:])
        ctx.save_for_backward(gram, rate)
        ctx.kept = layers, query, steps
        return query.output.squeeze(-1)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, toward_output: Tensor) -> tuple[Tensor | None, ...]:  # noqa: ANN401
        # `toward_x` is the derivative of the loss by x.
        gram, rate = ctx.saved_tensors
        layers, query, steps = ctx.kept
        support, middle = gram.shape[2], len(layers.weights)
        toward_weights: list[Tensor] = []
        toward_biases: list[Tensor] = []
        delta = toward_output.unsqueeze(-1)
        for layer in reversed(range(middle)):
            toward_weights.insert(0, torch.bmm(delta.mT, query.inputs[layer]))
            toward_biases.insert(0, delta.sum(1, keepdim=True))
            delta = _times(delta, layers.weights[layer]).mul_(query.opens[layer])
        toward_moved = torch.bmm(gram[:, support:].mT, delta)
        support_part, support_gram = torch.zeros_like(layers.moved), gram[:, :support]
        gram_part = torch.zeros_like(support_gram)
        for step in reversed(steps):
            # By what a step takes, the derivative is that by what it gives, minus how the step's
            # gradient changes along it. Up the layers: how their outputs change.
            output = toward_moved
            changes = []
            for layer in range(middle):
                changes.append(output * step.passed.opens[layer])
                output = torch.baddbmm(
                    toward_biases[layer], step.passed.inputs[layer], toward_weights[layer].mT
                ).baddbmm_(changes[layer], step.layers.weights[layer].mT)
            # And down again: how the gradient changes.
            change = output * rate
            for layer, delta_before in zip(reversed(range(middle)), step.deltas, strict=True):
                below = _times(change, step.layers.weights[layer])
                below += _times(delta_before, toward_weights[layer])
                below *= step.passed.opens[layer]
                toward_weights[layer].baddbmm_(change.mT, step.passed.inputs[layer], alpha=-1)
                toward_weights[layer].baddbmm_(delta_before.mT, changes[layer], alpha=-1)
                toward_biases[layer] -= change.sum(1, keepdim=True)
                change = below
            support_part -= change
            gram_part.baddbmm_(change, step.layers.moved.mT, alpha=-1)
            toward_moved.baddbmm_(support_gram, change, alpha=-1)
        toward_gram = torch.cat([gram_part, torch.bmm(delta, layers.moved.mT)], dim=1)
        return (
            torch.cat([support_part, delta], dim=1),
            toward_gram,
            *[None] * 4,
            *(one.sum(0) for one in toward_weights),
            *(one.sum((0, 1)) for one in toward_biases),
        )


def _pass(layers: _Layers, start: Tensor, gram: Tensor) -> _Pass:
    output = torch.baddbmm(start, gram, layers.moved)
    inputs = []
    for weight, bias in zip(layers.weights, layers.biases, strict=True):
        inputs.append(output.relu_())
        output = torch.baddbmm(bias, output, weight.mT)
    # The sign of what a ReLU lets through is 1 where it is open. A comparison would give truth
    # values, and their product with numbers takes ten times as long.
    return _Pass(inputs, [one.sign() for one in inputs], output)


def _times(delta: Tensor, weight: Tensor) -> Tensor:
    """Take an error down a layer: δ W."""
    # One output makes it an outer product, for which bmm is slow.
    return delta * weight if weight.shape[1] == 1 else torch.bmm(delta, weight)
