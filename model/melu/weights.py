"""θ of the user preference estimator: embeddings of content features, and the decision layers.

Input are content features only, no ids: that is what lets it meet new users and new items.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeVar

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from model.arrays import Float32Array
from model.features import EncodedTable, FeatureSpace
from model.melu.decision_layers import DecisionWeights, initial_decision_weights
from model.melu.preset import EstimatorConfig

Ratable = TypeVar("Ratable", Tensor, Float32Array)


@dataclass(frozen=True)
class RatingUnits:
    """The estimator's units: ratings of zero mean and unit variance over the training data.

    With these the same rates suit any rating scale.

    Attributes:
        mean: Mean training rating.
        spread: Standard deviation of the training ratings.
        lowest: Lowest rating of the scale.
        highest: Highest rating of the scale.
    """

    mean: float
    spread: float
    lowest: float
    highest: float

    def standardise(self, rating: Ratable) -> Ratable:
        """Ratings on the data set's scale → the estimator's units."""
        return (rating - self.mean) / self.spread

    def to_ratings(self, prediction: Float32Array) -> Float32Array:
        """The estimator's units → the data set's, not clipped to its scale."""
        return prediction * np.float32(self.spread) + np.float32(self.mean)

    def to_scale(self, prediction: Tensor) -> Tensor:
        """The estimator's units → the data set's scale, clipped to it."""
        return (prediction * self.spread + self.mean).clamp(self.lowest, self.highest)


@dataclass(frozen=True)
class MetaWeights:
    """θ: everything that the global update learns.

    Attributes:
        user_embeddings: Feature → table, shape [slots, embedding width].
        item_embeddings: The same for items.
        decision: The decision layers, which the local update copies and moves.
    """

    user_embeddings: dict[str, Tensor]
    item_embeddings: dict[str, Tensor]
    decision: DecisionWeights

    def named_tensors(self) -> dict[str, Tensor]:
        """Every tensor under a stable name, as stored in a bundle."""
        named = {f"user.{name}": table for name, table in self.user_embeddings.items()}
        named |= {f"item.{name}": table for name, table in self.item_embeddings.items()}
        for layer, weight in enumerate(self.decision.weights):
            named[f"decision.{layer}.weight"] = weight
            named[f"decision.{layer}.bias"] = self.decision.biases[layer]
        return named

    def flattened(self) -> Tensor:
        """Copy all tensors into one, shape [weights]: to an optimiser they are one thing."""
        return torch.cat([tensor.detach().flatten() for tensor in self.named_tensors().values()])

    def unflattened(self, flat: Tensor) -> MetaWeights:
        """Return weights of the same shapes whose tensors are parts of `flat`."""
        named = self.named_tensors()
        parts = torch.split(flat, [tensor.numel() for tensor in named.values()])
        shapes = (tensor.shape for tensor in named.values())
        return MetaWeights.from_named_tensors(
            {name: part.view(shape) for name, part, shape in zip(named, parts, shapes, strict=True)}
        )

    @classmethod
    def from_named_tensors(cls, named: dict[str, Tensor]) -> MetaWeights:
        """Put together what `named_tensors` took apart."""
        layers = sum(name.startswith("decision.") for name in named) // 2
        return cls(
            {n.removeprefix("user."): t for n, t in named.items() if n.startswith("user.")},
            {n.removeprefix("item."): t for n, t in named.items() if n.startswith("item.")},
            DecisionWeights(
                tuple(named[f"decision.{layer}.weight"] for layer in range(layers)),
                tuple(named[f"decision.{layer}.bias"] for layer in range(layers)),
            ),
        )


def initial_meta_weights(
    config: EstimatorConfig,
    users: FeatureSpace,
    items: FeatureSpace,
    generator: torch.Generator | None,
) -> MetaWeights:
    """Draw θ before training.

    Args:
        config: The shape.
        users: The user features.
        items: The item features.
        generator: Source of randomness; torch's own if None.

    Returns:
        Small normal embeddings and He-uniform decision layers.
    """

    def tables(space: FeatureSpace) -> dict[str, Tensor]:
        width = config.embedding_width
        return {
            name: torch.empty(encoder.slots, width).normal_(0.0, 0.1, generator=generator)
            for name, encoder in space.encoders.items()
        }

    user_embeddings, item_embeddings = tables(users), tables(items)
    input_width = config.embedding_width * (len(users.encoders) + len(items.encoders))
    widths = (input_width, *config.hidden_widths, 1)
    return MetaWeights(
        user_embeddings, item_embeddings, initial_decision_weights(widths, generator)
    )


def embed(tables: dict[str, Tensor], encoded: EncodedTable, rows: int) -> Tensor:
    """Embed encoded rows: the mean over each feature's bag, all features side by side.

    Args:
        tables: Feature → embedding table.
        encoded: The rows.
        rows: Their number, which a table of no features can't tell.

    Returns:
        Shape [rows, features · embedding width].
    """
    # In the order of the feature space: the tables' own order does not survive a file.
    parts = [
        functional.embedding_bag(
            torch.from_numpy(column.slots),
            tables[name],
            torch.from_numpy(column.offsets[:-1]),
            mode="mean",
        )
        for name, column in encoded.items()
    ]
    return torch.cat(parts, dim=-1) if parts else torch.zeros(rows, 0)
