"""The local update as a service runs it: without autograd, in the support set's own coordinates.

The gradient of the first layer is δᵀ X with X the support set's embeddings. So after any number of
steps W₁ = W₁⁰ + Xᵀ G, with G [n, H] in place of the widest matrix, and all that the steps need of X
is its Gram matrix X Xᵀ. Later layers are small and move as they are.

`model.melu.local_update` is the reference, to which `tests/model/test_melu_serving.py` holds this
copy.

Dimensions: B variants of one support set, n ratings, U user embedding, E item embedding, H width
of the first layer.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from model.arrays import Float32Array
from model.melu.decision_layers import DecisionWeights


@dataclass(frozen=True)
class ServingWeights:
    """The decision layers of θ as NumPy arrays, inputs first.

    Attributes:
        user: The first layer's weights of the user embedding, shape [U, H].
        item: The first layer's weights of the item embedding, shape [E, H].
        later: Weights of the other layers, shape [in, out] each.
        biases: One a layer, shape [out] each.
    """

    user: Float32Array
    item: Float32Array
    later: tuple[Float32Array, ...]
    biases: tuple[Float32Array, ...]

    @classmethod
    def of(cls, decision: DecisionWeights, user_width: int) -> ServingWeights:
        """Copy decision layers whose input begins with the user embedding."""
        first, *later = (
            np.ascontiguousarray(weight.detach().numpy().T) for weight in decision.weights
        )
        return cls(
            first[:user_width].copy(),
            first[user_width:].copy(),
            tuple(later),
            tuple(bias.detach().numpy().copy() for bias in decision.biases),
        )


@dataclass(frozen=True)
class AdaptedWeights:
    """One user's own decision layers, the user's embedding already multiplied in.

    Attributes:
        item: The first layer's weights of the item embedding, shape [E, H].
        first_bias: The first layer's bias and the user's part, shape [H].
        later: Weights of the other layers, shape [in, out] each.
        biases: Of the other layers, shape [out] each.
        user_length: ‖u‖² of the user's embedding.
    """

    item: Float32Array
    first_bias: Float32Array
    later: tuple[Float32Array, ...]
    biases: tuple[Float32Array, ...]
    user_length: float


def local_update(
    theta: ServingWeights,
    user: Float32Array,
    items: Float32Array,
    rating: Float32Array,
    *,
    local_steps: int,
    local_learning_rate: float,
    support_damping: float,
    kept: Float32Array | None = None,
) -> list[AdaptedWeights]:
    """Take steps of gradient descent on a support set, or on parts of it.

    Args:
        theta: θ, left untouched.
        user: The user's embedding, shape [U].
        items: The support set's embeddings, shape [n, E].
        rating: Targets in the estimator's units, shape [n].
        local_steps: Number of steps.
        local_learning_rate: α.
        support_damping: n₀ ≥ 0.
        kept: 1 for each rating that a variant learns from, else 0, shape [B, n]; one variant that
            learns from all if None.

    Returns:
        The adapted weights of each variant.
    """
    kept = np.ones((1, len(rating)), dtype=items.dtype) if kept is None else kept
    weight = kept / np.maximum(kept.sum(1, keepdims=True) + support_damping, 1)
    length = float(user @ user)
    still: Float32Array = user @ theta.user + theta.biases[0]
    start = items @ theta.item
    start += still
    variants, count = kept.shape
    # What the first layer's bias moves by is Σ G, as if every row of X had one column more of ones.
    gram: Float32Array = items @ items.T
    gram += length + 1
    moved: Float32Array = np.zeros((variants, count, start.shape[1]), dtype=items.dtype)
    later = [
        _with_bias(*layer, variants) for layer in zip(theta.later, theta.biases[1:], strict=True)
    ]
    inputs: list[Float32Array] = [
        np.ones((variants, count, layer.shape[1]), dtype=items.dtype) for layer in later
    ]
    # δ is taken times the rate, so that every gradient is a step.
    scale = (2 * local_learning_rate * weight)[..., None]
    target = rating[:, None]
    for _ in range(local_steps):
        output: Float32Array = gram @ moved
        output += start
        for layer, below in zip(later, inputs, strict=True):
            np.maximum(output, 0, out=below[..., :-1])
            output = below @ layer
        delta: Float32Array = output - target
        delta *= scale
        for layer, below in zip(reversed(later), reversed(inputs), strict=True):
            before = delta
            delta = before @ layer[:, :-1].mT
            # Of what a ReLU lets through the sign is 1 where it is open; truth values would have to
            # be made numbers first.
            delta *= np.sign(below[..., :-1])
            layer -= below.mT @ before
        moved -= delta
    # The user's embedding is the same in every row of X: uᵀ ΔW₁ = ‖u‖² Σ G.
    own = still + (length + 1) * moved.sum(1)
    return [
        AdaptedWeights(
            theta.item + items.T @ moved[one],
            own[one],
            tuple(layer[one, :-1] for layer in later),
            tuple(layer[one, -1] for layer in later),
            length,
        )
        for one in range(variants)
    ]


def _with_bias(weight: Float32Array, bias: Float32Array, variants: int) -> Float32Array:
    """Copy a layer for each variant, the bias as one more row, shape [B, in + 1, out]."""
    layer = np.empty((variants, len(weight) + 1, len(bias)), dtype=weight.dtype)
    layer[:, :-1] = weight
    layer[:, -1] = bias
    return layer
