"""The decision layers of the preset `default`: what the local update moves.

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
