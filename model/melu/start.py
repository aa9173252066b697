"""θ of the preset `melu` as a bundle has it, fitted to grown vocabularies."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor

from model.errors import BundleError
from model.features import FeatureSpace
from model.melu.decision_layers import DecisionWeights
from model.melu.weights import MetaWeights
from model.start import blocks, carried


@dataclass(frozen=True)
class LearntWeights:
    """θ of a bundle.

    Attributes:
        theta: θ.
        user_space: Encoders of the user features.
        item_space: Encoders of the item features.
    """

    theta: MetaWeights
    user_space: FeatureSpace
    item_space: FeatureSpace

    def fitted_to(
        self, initial: MetaWeights, users: FeatureSpace, items: FeatureSpace
    ) -> MetaWeights:
        """Carry θ over to other encoders.

        A value that is new begins with the embedding of the unknown, which it was until now. A
        feature that is new keeps its random embedding and weights.

        Args:
            initial: θ as it would begin.
            users: Encoders of the user features.
            items: Encoders of the item features.

        Returns:
            Where training begins.

        Raises:
            BundleError: If the bundle's widths are others.
        """
        before = self.theta
        of_users = _embeddings(
            initial.user_embeddings, users, before.user_embeddings, self.user_space
        )
        of_items = _embeddings(
            initial.item_embeddings, items, before.item_embeddings, self.item_space
        )
        width = next((one.shape[1] for one in (*of_users.values(), *of_items.values())), 0)
        if len(initial.decision.weights) != len(before.decision.weights):
            raise BundleError(
                "the bundle has another number of decision layers than what is to be trained; "
                "train without --from, or with the bundle's configuration."
            )
        places = blocks(_inputs(users, items), _inputs(self.user_space, self.item_space), width)
        layers = zip(initial.decision.weights, before.decision.weights, strict=True)
        weights = [
            carried(new, old, None, None if at else places) for at, (new, old) in enumerate(layers)
        ]
        biases = zip(initial.decision.biases, before.decision.biases, strict=True)
        decision = DecisionWeights(tuple(weights), tuple(carried(new, old) for new, old in biases))
        return MetaWeights(of_users, of_items, decision)


def _inputs(users: FeatureSpace, items: FeatureSpace) -> tuple[str, ...]:
    """Name what the decision layers read; users and items may have features of one name."""
    return (*(f"user {one}" for one in users.names), *(f"item {one}" for one in items.names))


def _embeddings(
    initial: dict[str, Tensor],
    space: FeatureSpace,
    learnt: dict[str, Tensor],
    space_before: FeatureSpace,
) -> dict[str, Tensor]:
    found = dict(initial)
    for name, before in space_before.encoders.items():
        found[name] = carried(initial[name], learnt[name], space.encoders[name].slots_in(before))
    return found
