"""What the local update of the preset `melu` leaves of a user."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from model.adapted_user import AdaptedUser
from model.arrays import Float32Array
from model.melu.serving.local_update import AdaptedWeights


@dataclass(frozen=True)
class MeluUser(AdaptedUser):
    """A user's own copy of the decision layers.

    Attributes:
        decision: Adapted weights, the user's content embedding multiplied in.
    """

    decision: AdaptedWeights

    def _moved_weights(self) -> Sequence[Float32Array]:
        decision = self.decision
        return decision.item, decision.first_bias, *decision.later, *decision.biases
