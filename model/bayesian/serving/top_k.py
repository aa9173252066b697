"""The best items of a user, exactly, for little more than one matrix-vector product."""

from __future__ import annotations

import threading

import numpy as np

from model.arrays import Float32Array, Int64Array
from model.bayesian.serving.item_table import ItemTable
from model.bayesian.serving.local_update import AdaptedWeights
from model.bayesian.serving.scoring import predict_items
from model.ranking import at_least, best, kth_highest, places_of
from model.ranking.pca_bounds import ReducedFeatures

_ROUNDING = 1e-4
_buffers = threading.local()


def best_items(
    items: ItemTable,
    decision: AdaptedWeights,
    limit: int,
    among: Int64Array | None,
    without: Int64Array,
    output: Float32Array,
) -> tuple[Int64Array, Float32Array]:
    """Return the best items under adapted weights, in the way that is the fastest.

    Args:
        items: The catalogue.
        decision: Adapted weights, one variant.
        limit: Most items to return.
        among: Items to choose from, in ascending order; all if None.
        without: Items to leave out.
        output: v₀, shape [M, 1, H].

    Returns:
        Item indices, best first, and their scores, brought to a range of 4.
    """
    if among is not None:
        return exact_best_of(items, decision, limit, among, without, output)
    if items.reduced is not None:
        with np.errstate(over="ignore", invalid="ignore"):
            found = exact_best(items, items.reduced, decision, limit, without)
        if len(found[0]) >= min(limit, len(items) - len(without)):
            return found
        # Weights so large that no bound is a number.
    scores = predict_items(items, decision)
    scores[without] = -np.inf
    chosen = best(scores, limit)
    return chosen, scores[chosen]


def exact_best(
    items: ItemTable,
    reduced: ReducedFeatures,
    decision: AdaptedWeights,
    limit: int,
    without: Int64Array,
) -> tuple[Int64Array, Float32Array]:
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
    threshold = kth_highest(lower, limit) - 2 * _hidden_error(items, decision) - _ROUNDING
    return _best_of(items, decision, limit, at_least(upper, threshold))


def exact_best_of(
    items: ItemTable,
    decision: AdaptedWeights,
    limit: int,
    among: Int64Array,
    without: Int64Array,
    output: Float32Array,
) -> tuple[Int64Array, Float32Array]:
    """Return the best of some items under adapted weights.

    As `exact_best`, but with v₀ for v in the hidden layer's part, which makes it a constant of
    each item. As tanh is bounded by 1, that adds at most Σ_h |v_h − v₀_h| to the error.

    Args:
        items: The catalogue.
        decision: Adapted weights, one variant.
        limit: Most items to return.
        among: Items to choose from, in ascending order.
        without: Items to leave out.
        output: v₀, shape [M, 1, H].

    Returns:
        Item indices, best first, and their scores, brought to a range of 4.
    """
    members = len(items.norm)
    scores = items.flat(among) @ (decision.linear[0].ravel() / np.float32(members))
    scores += items.constant[among]
    scores[places_of(without, among)] = -np.inf
    moved = float(np.abs(decision.output[0] - output).sum()) / members
    error = _hidden_error(items, decision) + moved
    near = at_least(scores, kth_highest(scores, limit) - 2 * error - _ROUNDING)
    return _best_of(items, decision, limit, among[near])


def _hidden_error(items: ItemTable, decision: AdaptedWeights) -> float:
    """Bound what leaving W and b of the hidden layer as they are can change in a score."""
    moves = items.norm[:, None] * decision.hidden_change[0] + decision.bias_change[0]
    return float((np.abs(decision.output[0, :, 0]) * moves).sum()) / len(items.norm)


def _best_of(
    items: ItemTable, decision: AdaptedWeights, limit: int, index: Int64Array
) -> tuple[Int64Array, Float32Array]:
    exact = items.mean_base[index] + decision.predict(items.phi(index))[0]
    chosen = best(exact, limit)
    return index[chosen], exact[chosen]


def _buffers_of(length: int, dtype: np.dtype[np.float32]) -> tuple[Float32Array, Float32Array]:
    """Memory for two bounds an item, the same for all rankings of a thread."""
    pair: Float32Array | None = getattr(_buffers, "pair", None)
    if pair is None or pair.shape[1] != length or pair.dtype != dtype:
        pair = _buffers.pair = np.empty((2, length), dtype=dtype)
    return pair[0], pair[1]
