"""θ of the relevance objective as a bundle has it, fitted to grown vocabularies and new content.

Items that the bundle knows begin with the vectors that they have there. What is learnt of content
is carried over by the linear map that best turns the new content inputs into the bundle's: the
components of content have other axes in each training.

Dimensions: I items, C content inputs, W width.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from model.arrays import Float32Array, Int64Array
from model.data.dataset import Dataset
from model.errors import BundleError
from model.features import FeatureSpace
from model.relevance.model import RelevanceModel
from model.relevance.network import ItemResiduals, RelevanceNetwork
from model.relevance.training.training_data import RelevanceLearning
from model.start import NEW, blocks, carried, joined

_RIDGE = 1e-3
"""Penalty of the map between content inputs, in units of an input's mean square."""


@dataclass(frozen=True)
class LearntChoice:
    """θ of a bundle, and what it says of the items of the data.

    Attributes:
        model: The bundle's.
        item_of: For each item of the data its index in the bundle, `NEW` for a new one.
        content: The bundle's content inputs of the data's items, shape [I, C before].
    """

    model: RelevanceModel
    item_of: Int64Array
    content: Tensor

    @classmethod
    def of(cls, model: RelevanceModel, item_of: Int64Array, dataset: Dataset) -> LearntChoice:
        """Read the data's items as the bundle does."""
        items = dataset.item_features.select(model.item_space.names)
        content = model.learnt.content.tensor(model.item_space, items, len(item_of))
        return cls(model, item_of, content)

    def load_into(
        self,
        network: RelevanceNetwork,
        residuals: ItemResiduals,
        member: int,
        learning: RelevanceLearning,
    ) -> None:
        """Let a new network and its items begin with what a member of the bundle learnt.

        Args:
            network: The new network; written to.
            residuals: What it knows of single items; written to.
            member: Which member.
            learning: What it will learn from.

        Raises:
            BundleError: If the bundle's configuration is another.
        """
        if member >= len(self.model.learnt.networks):
            raise BundleError(
                "the bundle has fewer networks than are to be trained; train without --from, or "
                "with the bundle's configuration."
            )
        old = self.model.learnt.networks[member]
        learnt = old.state_dict()
        started = {}
        for name, initial in network.state_dict().items():
            if name in ("content_entry", "content_output"):
                carried_over = self._map_of_content(learning) @ learnt[name]
                started[name] = carried(initial, carried_over)
            elif name == "hidden.weight":
                width = self.model.config.attribute_width
                of_features = blocks(network.user_features, old.user_features, width)
                sums = np.arange(3 * network.width)
                places = joined(
                    (sums, len(sums)),
                    (of_features, width * len(old.user_features)),
                    (np.arange(1), 1),
                )
                started[name] = carried(initial, learnt[name], None, places)
            elif not name.startswith("user_embeddings."):
                started[name] = carried(initial, learnt[name])
        for at, name in enumerate(network.user_features):
            initial = network.state_dict()[f"user_embeddings.{at}"]
            if name in old.user_features:
                before = learnt[f"user_embeddings.{old.user_features.index(name)}"]
                initial = carried(initial, before, self._slots(learning.user_space, name))
            started[f"user_embeddings.{at}"] = initial
        network.load_state_dict(started)
        self._load_items(network, residuals, member, learning)

    def _slots(self, users: FeatureSpace, name: str) -> Int64Array:
        return users.encoders[name].slots_in(self.model.user_space.encoders[name])

    def _map_of_content(self, learning: RelevanceLearning) -> Tensor:
        """M with new inputs · M ≈ the bundle's inputs over the items that are rated, by ridge."""
        known = torch.from_numpy(learning.known)
        new, old = learning.content[known].double(), self.content[known].double()
        gram = new.T @ new
        penalty = _RIDGE * max(float(gram.diagonal().mean()), 1.0) if len(gram) else 0.0
        eye = torch.eye(len(gram), dtype=torch.float64)
        found: Tensor = torch.linalg.solve(gram + penalty * eye, new.T @ old)
        return found.float()

    def _load_items(
        self,
        network: RelevanceNetwork,
        residuals: ItemResiduals,
        member: int,
        learning: RelevanceLearning,
    ) -> None:
        """Give shared items the vectors of the bundle, and their popularity of today."""
        table, width = self.model.learnt.table, network.width
        known_before = np.zeros(len(self.item_of), dtype=np.bool_)
        shared = np.flatnonzero(self.item_of != NEW)
        known_before[shared] = table.ratings[self.item_of[shared]] > 0
        rows = np.flatnonzero(known_before & learning.known)
        before = self.item_of[rows]
        entry = table.entry.rows(before)[:, member * width :][:, :width]
        output = table.output.rows(before)[:, member * (width + 1) :][:, : width + 1].copy()
        output[:, -1] += _log_share(learning.raters)[rows] - _log_share(table.ratings)[before]
        at = torch.from_numpy(rows)
        with torch.no_grad():
            by_content = network.of_content(learning.content[at])
            own = torch.from_numpy(output) - by_content.output
            residuals.entry[at] = torch.from_numpy(entry) - by_content.entry
            residuals.output[at] = own[:, :-1]
            residuals.bias[at] = own[:, -1]


def _log_share(ratings: Float32Array | Int64Array) -> Float32Array:
    """Return ln of each item's share of the ratings; none has a share of 0."""
    counted = ratings.astype(np.float64) + 1
    share: Float32Array = np.log(counted / counted.sum()).astype(np.float32)
    return share
