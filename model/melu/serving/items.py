"""The items as the preset `melu` scores them: by their embeddings."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from model.adapted_user import AdaptedUser
from model.arrays import BoolArray, Float32Array, Int64Array
from model.item_vectors import ItemVectors
from model.melu.adapted_user import MeluUser
from model.melu.serving.local_update import ServingWeights
from model.melu.serving.scoring import item_gradient_norms, predict_items
from model.melu.weights import RatingUnits
from model.ranking import Clusters
from model.scored_items import ScoredItems

CANDIDATES = 10_000
"""Items of a large catalogue that are scored exactly; `melu benchmark large` measures recall."""
CANDIDATES_A_PLACE = 100


class RatedItems(NamedTuple):
    """A support set.

    Attributes:
        items: Embeddings of its n items, shape [n, E].
        rating: In the estimator's units, shape [n].
    """

    items: Float32Array
    rating: Float32Array


class MeluItems(ScoredItems[Tensor]):
    """Items by their embeddings.

    Args:
        vectors: The embeddings.
        clusters: Clusters of the bundle's items; None where ranking takes one stage.
        theta: The decision layers of θ.
        units: The estimator's units.
    """

    def __init__(
        self,
        vectors: ItemVectors[Tensor],
        clusters: Clusters | None,
        theta: ServingWeights,
        units: RatingUnits,
    ) -> None:
        self.vectors = vectors
        self.clusters = clusters
        self._theta = theta
        self._units = units

    def embeddings(self, items: Int64Array) -> Float32Array:
        """Look items up, shape [items, E]."""
        return self.vectors.take(items, lambda table, rows: table[torch.from_numpy(rows)].numpy())

    def rated(self, support_set: Sequence[tuple[int, float]]) -> RatedItems:
        """Look a support set's items up."""
        index = np.array([item for item, _ in support_set], dtype=np.int64)
        rating = np.array([rating for _, rating in support_set], dtype=np.float32)
        return RatedItems(self.embeddings(index), self._units.standardise(rating))

    def score(self, user: AdaptedUser, items: Int64Array | None = None) -> Float32Array:
        """Predict the user's rating of items; see `ScoredItems`."""
        assert isinstance(user, MeluUser)  # noqa: S101 - of this preset
        decision = user.decision
        predicted = self.vectors.read(
            items,
            lambda table, rows: predict_items(
                decision, table if rows is None else table[torch.from_numpy(rows)]
            ),
        )
        return self._units.to_ratings(predicted)

    def discrimination(self, user: AdaptedUser) -> Float32Array:
        """Norm of each prediction's gradient under the user's own weights; see `ScoredItems`."""
        assert isinstance(user, MeluUser)  # noqa: S101 - of this preset
        decision = user.decision
        return self.vectors.every(lambda table: item_gradient_norms(decision, table))

    def representations(self, items: Int64Array) -> Float32Array:
        """Return what the items' embeddings are to the first layer; see `ScoredItems`."""
        features: Float32Array = self.embeddings(items) @ self._theta.item
        return features

    def clustering_features(self) -> Float32Array:
        """Return what the embeddings are to the first layer under θ; see `ScoredItems`."""
        features: Float32Array = self.vectors.bundled.numpy() @ self._theta.item
        return features

    def _candidates(
        self, user: AdaptedUser, allowed: BoolArray | None, left_out: int, limit: int
    ) -> Int64Array:
        """Return the members of the clusters whose centroid scores best; see `ScoredItems`."""
        assert isinstance(user, MeluUser)  # noqa: S101 - of this preset
        assert self.clusters is not None  # noqa: S101 - else nobody asks
        scores = predict_items(user.decision, self._centroids)
        wanted = max(CANDIDATES, CANDIDATES_A_PLACE * limit) + left_out
        return self.clusters.candidates(scores, wanted, allowed)

    @cached_property
    def _centroids(self) -> Tensor:
        assert self.clusters is not None  # noqa: S101 - else nobody asks
        return torch.from_numpy(self.clusters.means(self.vectors.bundled.numpy()))
