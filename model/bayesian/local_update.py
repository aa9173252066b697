"""The local update of the preset `default`, as functions of weights.

First the posterior mean of a Bayesian linear regression, then gradient steps. Nothing here holds
state, and all of it can be differentiated through.

Dimensions: B episodes, n ratings, D representation, H hidden decision layer.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

LEAST_NOISE_LOG = -5.0


@dataclass(frozen=True)
class DecisionWeights:
    """The decision layers of B episodes.

    Attributes:
        linear: w, shape [B, D].
        hidden_weight: W, shape [B, D, H].
        hidden_bias: b, shape [B, H].
        output: v, shape [B, H].
    """

    linear: Tensor
    hidden_weight: Tensor
    hidden_bias: Tensor
    output: Tensor

    def predict(self, phi: Tensor) -> Tensor:
        """Return w·φ + v·tanh(Wᵀ φ + b).

        Args:
            phi: Shape [B, n, D].

        Returns:
            Shape [B, n].
        """
        hidden = torch.tanh(phi @ self.hidden_weight + self.hidden_bias.unsqueeze(-2))
        linear = (phi @ self.linear.unsqueeze(-1)).squeeze(-1)
        return linear + (hidden @ self.output.unsqueeze(-1)).squeeze(-1)


def rating_precision(noise_log: Tensor) -> Tensor:
    """1 / variance, bounded: a world without noise must not make the regression singular."""
    return (-noise_log.clamp(min=LEAST_NOISE_LOG)).exp()


def posterior_mean(phi: Tensor, residual: Tensor, precision: Tensor, prior: Tensor) -> Tensor:
    """Posterior mean of w for w ~ N(m, I) and residual_j ~ N(w·φ_j, 1/p_j).

    w = m + (I + Φᵀ P Φ)⁻¹ Φᵀ P (r − Φ m); a rating with p = 0 is no rating.

    Args:
        phi: Φ, shape [B, n, D].
        residual: r, shape [B, n].
        precision: p, shape [B, n].
        prior: m, shape [B, D].

    Returns:
        Shape [B, D].
    """
    weighted = phi * precision.unsqueeze(-1)
    left = residual - (phi @ prior.unsqueeze(-1)).squeeze(-1)
    information = weighted.mT @ phi + torch.eye(phi.shape[-1], dtype=phi.dtype)
    factor = torch.linalg.cholesky(information)
    solved = torch.cholesky_solve(weighted.mT @ left.unsqueeze(-1), factor)
    return prior + solved.squeeze(-1)


def gradient_steps(
    decision: DecisionWeights,
    phi: Tensor,
    residual: Tensor,
    mask: Tensor,
    *,
    rates: Tensor,
    support_damping: Tensor,
) -> DecisionWeights:
    """Take gradient steps on Σ (√(1 + e²) − 1) / (n + n₀), e = prediction − residual.

    Args:
        decision: Where each episode starts; left untouched.
        phi: Representations of the support set, shape [B, n, D].
        residual: What is to be predicted, 0 where padded, shape [B, n].
        mask: 1 for a rating, 0 for padding, shape [B, n].
        rates: Step sizes of W, b, v and w in each step, shape [steps, 4].
        support_damping: n₀, a scalar.

    Returns:
        The weights after the last step.
    """
    weight, bias = decision.hidden_weight, decision.hidden_bias
    output, linear = decision.output, decision.linear
    share = 1.0 / (mask.sum(1) + support_damping)
    for rate in rates:
        hidden = torch.tanh(phi @ weight + bias.unsqueeze(1))
        error = (phi @ linear.unsqueeze(-1) + hidden @ output.unsqueeze(-1)).squeeze(-1)
        error = error - residual
        delta = error / torch.sqrt(1 + error**2) * mask * share.unsqueeze(1)
        delta_hidden = delta.unsqueeze(-1) * output.unsqueeze(1) * (1 - hidden**2)
        # All four gradients are taken before any weight moves.
        weight = weight - rate[0] * (phi.mT @ delta_hidden)
        bias = bias - rate[1] * delta_hidden.sum(1)
        output = output - rate[2] * (hidden * delta.unsqueeze(-1)).sum(1)
        linear = linear - rate[3] * (phi * delta.unsqueeze(-1)).sum(1)
    return DecisionWeights(linear, weight, bias, output)
