"""Score many items with one user's own decision layers, in blocks that stay in the cache.

The low-rank change of the first layer is added to its weights once, so that each block takes one
matrix product a layer. Multiplying with its factors instead (items × support set, then G) has fewer
operations for small support sets but one product more; it was not faster when measured.
"""

from __future__ import annotations

import threading

import numpy as np
import torch
from torch import Tensor

from model.arrays import Float32Array
from model.melu.serving.local_update import AdaptedWeights

_BLOCK = 2048
_memory = threading.local()


def predict_items(decision: AdaptedWeights, items: Tensor) -> Float32Array:
    """Predict a user's ratings.

    Args:
        decision: The user's own weights.
        items: Embeddings, shape [n, E].

    Returns:
        In the estimator's units, shape [n].
    """
    weights = [torch.from_numpy(layer) for layer in (decision.item, *decision.later)]
    biases = [torch.from_numpy(bias) for bias in (decision.first_bias, *decision.biases)]
    scores = np.empty(len(items), dtype=np.float32)
    found = torch.from_numpy(scores)
    buffers = _buffers_of(tuple(len(bias) for bias in biases[:-1]))
    last, last_bias = weights[-1][:, 0], biases[-1]
    with torch.no_grad():
        for start in range(0, len(items), _BLOCK):
            values = items[start : start + _BLOCK]
            rows = len(values)
            for weight, bias, buffer in zip(weights, biases, buffers, strict=False):
                values = torch.addmm(bias, values, weight, out=buffer[:rows]).relu_()
            torch.mv(values, last, out=found[start : start + rows])
        found += last_bias
    return scores


def _buffers_of(widths: tuple[int, ...]) -> list[Tensor]:
    """Memory for a block's hidden layers, the same for all rankings of a thread."""
    known: dict[tuple[int, ...], list[Tensor]] | None = getattr(_memory, "buffers", None)
    if known is None or widths not in known:
        known = _memory.buffers = {widths: [torch.empty(_BLOCK, width) for width in widths]}
    return known[widths]


def item_gradient_norms(decision: AdaptedWeights, items: Tensor) -> Float32Array:
    """Frobenius norm of ∂ŷ/∂w over a user's decision layers, for each item by itself.

    As `model.melu.decision_layers.predicted_gradient_norm`, whose input is the user's embedding
    beside the item's.

    Args:
        decision: The user's own weights.
        items: Embeddings, shape [n, E].

    Returns:
        Shape [n].
    """
    weights = (decision.item, *decision.later)
    biases = (decision.first_bias, *decision.biases)
    found = np.empty(len(items), dtype=np.float32)
    for start in range(0, len(items), _BLOCK):
        inputs = [items[start : start + _BLOCK].numpy()]
        for weight, bias in zip(weights[:-1], biases[:-1], strict=True):
            inputs.append(np.maximum(inputs[-1] @ weight + bias, 0))
        delta = np.ones((len(inputs[0]), 1), dtype=np.float32)
        squared = np.zeros(len(delta), dtype=np.float32)
        for layer in reversed(range(len(weights))):
            below = inputs[layer]
            length = (below * below).sum(1) + (0 if layer else decision.user_length)
            squared += (delta * delta).sum(1) * (length + 1)
            delta = (delta @ weights[layer].T) * (below > 0)
        found[start : start + len(delta)] = np.sqrt(squared)
    return found
