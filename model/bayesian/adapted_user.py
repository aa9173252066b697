"""What the local update of the preset `default` leaves of a user."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from model.adapted_user import AdaptedUser
from model.arrays import Float32Array
from model.bayesian.serving.local_update import AdaptedWeights, RatedItems


@dataclass(frozen=True)
class BayesianUser(AdaptedUser):
    """A user's own decision layers.

    Attributes:
        decision: Adapted weights of the members, one variant.
        rated: The support set.
    """

    decision: AdaptedWeights
    rated: RatedItems

    def _moved_weights(self) -> Sequence[Float32Array]:
        decision = self.decision
        return decision.linear, decision.hidden_weight, decision.hidden_bias, decision.output
