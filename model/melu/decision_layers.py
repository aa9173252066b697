"""The decision layers: fully connected layers from a user-item embedding to a rating.

Plain functions of weights. Nothing here holds state, so any number of threads may call them.
Dimensions: B episodes, n ratings, D embedding width, H hidden width.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import torch
from torch import Tensor


@dataclass(frozen=True)
class DecisionWeights:
    """Weights of the decision layers, of one user or of a batch.

    Attributes:
        weights: One per layer, shape [out, in], or [B, out, in] where each episode has its own.
        biases: One per layer, shape [out], or [B, out].
    """

    weights: tuple[Tensor, ...]
    biases: tuple[Tensor, ...]

    def step(self, gradient: DecisionWeights, rate: float | Tensor) -> DecisionWeights:
        """Return new weights after one step of gradient descent: w − rate · ∂L/∂w."""
        return DecisionWeights(
            tuple(w - rate * g for w, g in zip(self.weights, gradient.weights, strict=True)),
            tuple(b - rate * g for b, g in zip(self.biases, gradient.biases, strict=True)),
        )

    def detached(self) -> DecisionWeights:
        """Return the same values, cut from the graph that computed them."""
        return DecisionWeights(
            tuple(w.detach() for w in self.weights), tuple(b.detach() for b in self.biases)
        )


def initial_decision_weights(
    widths: Sequence[int], generator: torch.Generator | None
) -> DecisionWeights:
    """Draw weights for layers of the given widths, He-uniform, with zero biases.

    Args:
        widths: Input width, hidden widths, output width.
        generator: Source of randomness; torch's own if None.

    Returns:
        Weights of one user, `len(widths) - 1` layers.
    """
    weights = []
    for fan_in, fan_out in pairwise(widths):
        bound = (3.0 / max(fan_in, 1)) ** 0.5  # a data set may have no features at all
        weights.append(torch.empty(fan_out, fan_in).uniform_(-bound, bound, generator=generator))
    return DecisionWeights(tuple(weights), tuple(torch.zeros(w.shape[0]) for w in weights))


def predict(decision: DecisionWeights, embedding: Tensor) -> Tensor:
    """Predict ratings (in the estimator's units) from embeddings.

    Args:
        decision: Weights of one user, or of B episodes.
        embedding: Shape [n, D], or [B, n, D].

    Returns:
        Shape [n], or [B, n].
    """
    return _forward(decision, embedding)[-1].squeeze(-1)


def squared_error_gradient(
    decision: DecisionWeights, embedding: Tensor, rating: Tensor, weight: Tensor
) -> DecisionWeights:
    """Gradient of the weighted squared error Σ_j c_j (ŷ_j − y_j)² in closed form.

    Backpropagation written out: δ of the last layer is 2 c (ŷ − y); a layer's weight gradient is
    δᵀ a with a its input; δ of the layer below is (δ W) where its ReLU is open. It consists of
    ordinary tensor operations, so differentiating it again gives exact second-order gradients.

    Args:
        decision: Weights of one user, or of B episodes.
        embedding: Shape [n, D], or [B, n, D].
        rating: Targets in the estimator's units, shape [n], or [B, n].
        weight: c, one per rating; 1/n for a mean, 0 for padding. Shape [n], or [B, n].

    Returns:
        ∂L/∂w with the shapes of `decision`, and a leading B where the input has one.
    """
    activations = _forward(decision, embedding)
    delta = (2.0 * weight * (activations[-1].squeeze(-1) - rating)).unsqueeze(-1)
    weights: list[Tensor] = []
    biases: list[Tensor] = []
    for layer in range(len(decision.weights) - 1, -1, -1):
        weights.append(delta.mT @ activations[layer])
        biases.append(delta.sum(-2))
        if layer:
            delta = (delta @ decision.weights[layer]) * (activations[layer] > 0)
    return DecisionWeights(tuple(reversed(weights)), tuple(reversed(biases)))


def predicted_gradient_norm(decision: DecisionWeights, embedding: Tensor) -> Tensor:
    """Frobenius norm of ∂ŷ/∂w over all decision layers, for each rating by itself.

    The gradient of one rating's layer is the outer product δ aᵀ, whose norm is ‖δ‖ ‖a‖, and that
    of its bias is δ: so the squared norm is Σ_layers ‖δ‖² (‖a‖² + 1), and no gradient is formed.

    Args:
        decision: Weights of one user.
        embedding: Shape [n, D].

    Returns:
        Shape [n].
    """
    activations = _forward(decision, embedding)
    delta = torch.ones_like(activations[-1])
    squared = torch.zeros_like(activations[-1].squeeze(-1))
    for layer in range(len(decision.weights) - 1, -1, -1):
        below = activations[layer]
        squared = squared + delta.square().sum(-1) * (below.square().sum(-1) + 1.0)
        if layer:
            delta = (delta @ decision.weights[layer]) * (below > 0)
    return squared.sqrt()


def _forward(decision: DecisionWeights, embedding: Tensor) -> list[Tensor]:
    """Return the input of every layer, then the output, shape [..., n, 1]."""
    activations = [embedding]
    last = len(decision.weights) - 1
    for layer, (weight, bias) in enumerate(zip(decision.weights, decision.biases, strict=True)):
        output = activations[-1] @ weight.mT + bias.unsqueeze(-2)
        activations.append(output if layer == last else output.relu())
    return activations
