"""What a local update leaves of a user, whatever the preset."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, field
from math import isfinite

import numpy as np

from model.arrays import Float32Array


@dataclass(frozen=True)
class AdaptedUser(ABC):
    """A user's own copy of the decision layers; each preset adds its weights.

    Attributes:
        local_steps: Steps taken; 0 without a support set.
        support_size: Ratings that they were taken on.
        support_scores: What these weights predict of the support set, as `ScoredItems.score` does
            of its items, shape [n].
        diverged: Whether these are θ's own weights because the local update diverged.
    """

    local_steps: int
    support_size: int
    support_scores: Float32Array
    diverged: bool = field(default=False, kw_only=True)

    @property
    def is_finite(self) -> bool:
        """Tell whether the local update stayed among finite numbers.

        A weight that is not finite may hide behind an activation function that is bounded there; a
        sum of squares hides nothing.
        """
        return all(isfinite(np.vdot(one, one)) for one in self._moved_weights())

    @abstractmethod
    def _moved_weights(self) -> Sequence[Float32Array]:
        """Return the weights that the local update moved, of any shapes."""
