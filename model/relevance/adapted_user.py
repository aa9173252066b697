"""What the local update of the relevance objective leaves of a user."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from model.arrays import Float32Array


@dataclass(frozen=True)
class RelevanceUser:
    """A user's own copy of the decision layers.

    Attributes:
        weights: ū of all members side by side, as their mean is taken, shape [M (W + 1)].
        log_total: ln Σ_i exp(w · ō_i) over the catalogue, which chances are measured against.
        support_size: Ratings that it was adapted to.
        local_steps: Steps that were taken, the amortised start among them; 0 without feedback.
    """

    weights: Float32Array
    log_total: float
    support_size: int
    local_steps: int

    @property
    def is_finite(self) -> bool:
        """Tell whether the local update stayed among finite numbers."""
        return bool(np.isfinite(self.weights).all() and np.isfinite(self.log_total))
