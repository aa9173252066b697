"""θ of the preset `default` as a bundle has it, fitted to grown vocabularies and to new factors.

Factors and principal components are free up to a rotation, and a network reads them by their axes.
So what is fitted to the new ratings is rotated onto the bundle's axes, by the items that both have;
then the network's weights mean what they meant.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from torch import Tensor

from model.arrays import Float64Array, Int64Array
from model.bayesian.network import BayesianNetwork
from model.bayesian.training.item_features import ItemAxes, ItemRows
from model.errors import BundleError
from model.features import FeatureSpace
from model.start import NEW, carried, grown, joined

_BEFORE_FACTORS = 5
"""Inputs of an item that are no factors; see `encoder_inputs`."""


@dataclass(frozen=True)
class LearntNetworks:
    """θ of a bundle, and the items that it was learnt with.

    Attributes:
        networks: The members.
        rows: What they saw of the bundle's items, one row each.
        user_space: Encoders of the user features.
        item_of: For each item of the data its row, `NEW` for a new one.
    """

    networks: Sequence[BayesianNetwork]
    rows: ItemRows
    user_space: FeatureSpace
    item_of: Int64Array

    def axes(self) -> ItemAxes:
        """Return the bundle's factors and components of the items that the data have too."""
        factors = self.networks[0].config.rating_factors
        together = self.rows.inputs[:, _BEFORE_FACTORS + 2 * factors :]
        return ItemAxes(
            self._of_items(self.rows.linear[:, :factors]),
            self._of_items(together),
            self._of_items(self.rows.linear[:, factors:]),
        )

    def _of_items(self, table: Tensor) -> Float64Array:
        """Rows of the data's items, shape [items, columns]; 0 for new ones."""
        found = np.zeros((len(self.item_of), table.shape[1]))
        shared = self.item_of != NEW
        found[shared] = table.numpy()[self.item_of[shared]]
        return found

    def load_into(self, network: BayesianNetwork, member: int, users: FeatureSpace) -> None:
        """Let a new network begin with what a member of the bundle learnt.

        A value of a user feature that is new begins as the unknown, which it was until now.
        Columns that the content has grown by, and features that are new, begin as ever.

        Args:
            network: The new network; written to.
            member: Which member.
            users: Encoders of the user features.

        Raises:
            BundleError: If the bundle's configuration is another.
        """
        if member >= len(self.networks) or self.networks[member].config != network.config:
            raise BundleError(
                "the bundle was trained with another configuration of the estimator; train "
                "without --from, or with the bundle's configuration."
            )
        old = self.networks[member]
        learnt = old.state_dict()
        places = _places(network, old)
        width = places["prior_mean"][0]
        started = {}
        for name, initial in network.state_dict().items():
            if name == "mean":
                started[name] = initial  # of the new ratings
            elif not name.startswith("user_embeddings."):
                started[name] = carried(initial, learnt[name], *places.get(name, ()))
        for at, name in enumerate(users.names):
            key = f"user_embeddings.feature_{at}"
            initial = network.state_dict()[key]
            if name in old.user_features:
                before = learnt[f"user_embeddings.feature_{old.user_features.index(name)}"]
                slots = users.encoders[name].slots_in(self.user_space.encoders[name])
                initial = carried(initial, before, slots, width)
            started[key] = initial
        network.load_state_dict(started)


def _places(new: BayesianNetwork, old: BayesianNetwork) -> dict[str, tuple[Int64Array | None, ...]]:
    """Tell of each weight whose shape follows from the data where its entries stood before."""
    factors, c = new.config.rating_factors, new.config.set_inputs
    same = np.arange
    content, content_before = new.width - 1 - factors, old.width - 1 - factors
    start = joined((same(factors), factors), (grown(content, content_before), content_before))
    width = joined((start, old.width - 1), (same(1), 1))
    inputs, inputs_before = (one.state_dict()["encoder.0.weight"].shape[1] for one in (new, old))
    encoded = joined((width, old.width), (same(2 + 2 * c), 2 + 2 * c))
    read = joined((width, old.width), (same(1), 1))
    seen = joined((same(c), c), (width, old.width))
    summary = joined((seen, c + old.width), (same(c + 5), c + 5))
    return {
        "encoder.0.weight": (None, grown(inputs, inputs_before)),
        "encoder.3.weight": (encoded,),
        "encoder.3.bias": (encoded,),
        "start_scale_log": (start,),
        "prior_mean": (width,),
        "set_encoder.0.weight": (None, summary),
        "set_encoder.3.weight": (read,),
        "set_encoder.3.bias": (read,),
        "set_linear.weight": (width, seen),
        "hidden_weight": (width,),
    }
