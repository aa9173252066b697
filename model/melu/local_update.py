"""The local update: a user's own copy of the decision layers, fitted to the support set.

This is the reference: read it to know what the local update is. Two faster copies are held to it:

- `model.melu.fused_update` trains; an epoch through this file takes more than twice as long.
  `tests/model/test_fused_update.py` compares predictions and meta-gradients.
- `model.melu.serving.local_update` serves; `tests/model/test_melu_serving.py` compares scores.
"""

from torch import Tensor

from model.melu.decision_layers import DecisionWeights, squared_error_gradient


def local_update(
    meta_weights: DecisionWeights,
    embedding: Tensor,
    rating: Tensor,
    mask: Tensor,
    *,
    local_steps: int,
    local_learning_rate: float,
    support_damping: float = 0.0,
    second_order: bool = False,
) -> DecisionWeights:
    """Take a few steps of gradient descent on the support set's squared error.

        φ ← φ − α ∇_φ 1/(n + n₀) Σ_j (f_φ(x_j) − y_j)²        (MeLU, algorithm 1, line 8)

    With n₀ = 0 this is the mean over the support set, as published. A larger n₀ shortens the
    steps of users with few ratings: one rating is weaker evidence than twenty, and with the
    plain mean it would move the weights just as far.

    Only the decision layers move; the embeddings that gave x stay as they are. The result is a
    new object and `meta_weights` is left untouched. An empty support set changes nothing.

    Args:
        meta_weights: The decision layers of θ, shared by all episodes.
        embedding: Support set x, shape [n, D], or [B, n, D] for B episodes at once.
        rating: Support set y in the estimator's units, shape [n], or [B, n].
        mask: 1 for a rating, 0 for padding, shape as `rating`.
        local_steps: Number of steps.
        local_learning_rate: α.
        support_damping: n₀ ≥ 0.
        second_order: Keep the steps differentiable with respect to θ. Without it the steps'
            gradients count as constants, the first-order approximation of MAML.

    Returns:
        The adapted weights, with a leading B where the input has one.
    """
    weight = mask / (mask.sum(-1, keepdim=True) + support_damping).clamp(min=1.0)
    adapted_weights = meta_weights
    for _ in range(local_steps):
        gradient = squared_error_gradient(adapted_weights, embedding, rating, weight)
        if not second_order:
            gradient = gradient.detached()
        adapted_weights = adapted_weights.step(gradient, local_learning_rate)
    return adapted_weights
