"""The best items of a user, exactly, for little more than one matrix-vector product."""

from __future__ import annotations

import threading

import numpy as np

from model.bayesian.reduced import ReducedFeatures
from model.bayesian.served_items import IndexArray, ServedItems
from model.bayesian.serving_update import AdaptedWeights
from model.estimator import FloatArray
from model.ranking import at_least, best, kth_highest

_ROUNDING = 1e-4
_buffers = threading.local()


def exact_best(
    items: ServedItems,
    reduced: ReducedFeatures,
    decision: AdaptedWeights,
    limit: int,
    without: IndexArray,
) -> tuple[IndexArray, FloatArray]:
    """Return the best items under adapted weights.

    With the hidden layer left as θ has it, h₀ = tanh(W₀ᵀ φ + b₀), a score is linear in the fixed
    features (φ, h₀), and bounded by one product with their principal components. As tanh is
    nowhere steeper than 1, leaving the layer adds an error of at most

        ε = Σ_h |v_h| (‖φ‖ ‖W_h − W₀_h‖ + |b_h − b₀_h|).

    So the best k are among the items whose upper bound is not below the k-th best lower bound by
    more than 2 ε; those are scored exactly. The local update moves the hidden layer little, and
    few items are left.

    Args:
        items: The catalogue.
        reduced: Its principal components.
        decision: Adapted weights, one variant.
        limit: Most items to return.
        without: Items to leave out.

    Returns:
        Item indices, best first, and their scores, brought to a range of 4.
    """
    members = len(items.norm)
    weights = np.concatenate([decision.linear[0].ravel(), decision.output[0].ravel()])
    weights /= members
    upper, lower = _buffers_of(len(items), weights.dtype)
    reduced.bounds(weights, upper, lower)
    if len(without):
        upper[without] = lower[without] = -np.inf
    moves = items.norm[:, None] * decision.hidden_change[0] + decision.bias_change[0]
    error = float((np.abs(decision.output[0, :, 0]) * moves).sum()) / members
    near = at_least(upper, kth_highest(lower, limit) - 2 * error - _ROUNDING)
    exact = items.mean_base[near] + decision.predict(items.phi(near))[0]
    chosen = best(exact, limit)
    return near[chosen], exact[chosen]


def _buffers_of(length: int, dtype: np.dtype[np.float32]) -> tuple[FloatArray, FloatArray]:
    """Memory for two bounds an item, the same for all rankings of a thread."""
    pair: FloatArray | None = getattr(_buffers, "pair", None)
    if pair is None or pair.shape[1] != length or pair.dtype != dtype:
        pair = _buffers.pair = np.empty((2, length), dtype=dtype)
    return pair[0], pair[1]
