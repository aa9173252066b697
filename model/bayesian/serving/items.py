"""The items as the preset `default` scores them: by what its members represent them by."""

from __future__ import annotations

from collections.abc import Sequence
from copy import copy
from dataclasses import replace
from functools import cached_property
from typing import Self

import numpy as np

from model.adapted_user import AdaptedUser
from model.arrays import BoolArray, Float32Array, Int64Array
from model.bayesian.adapted_user import BayesianUser
from model.bayesian.network import BayesianNetwork
from model.bayesian.rating_scale import from_five_point, to_five_point
from model.bayesian.serving.item_table import ItemTable, rated_items
from model.bayesian.serving.local_update import AdaptedWeights, RatedItems
from model.bayesian.serving.scoring import predict_items
from model.bayesian.serving.top_k import best_items
from model.bayesian.serving.uncertainty import deviations, rating_uncertainty, told
from model.bayesian.serving.weights import StackedWeights
from model.bundle.weights_file import FileRows
from model.item_vectors import ItemVectors
from model.ranking import Clusters
from model.ranking.coarse_items import CoarseItems
from model.rating_uncertainty import RatingUncertainty
from model.scored_items import ScoredItems


class BayesianItems(ScoredItems[ItemTable]):
    """Items by the representations of all members.

    Args:
        vectors: The tables, laid out for ranking.
        clusters: Clusters of the bundle's items; None where ranking takes one stage.
        networks: The members.
        theta: Their weights.
        scale: Lowest and highest rating.
    """

    def __init__(
        self,
        vectors: ItemVectors[ItemTable],
        clusters: Clusters | None,
        networks: Sequence[BayesianNetwork],
        theta: StackedWeights,
        scale: tuple[float, float],
    ) -> None:
        self.vectors = vectors
        self.clusters = clusters
        self._networks = networks
        self._theta = theta
        self._scale = scale

    def reading(self, inputs: FileRows) -> Self:
        """Return the same items, whose inputs are read from their file when they are asked for."""
        other = copy(self)
        bundled = replace(self.vectors.bundled, inputs=inputs)
        other.vectors = replace(self.vectors, bundled=bundled)
        return other

    def rated(self, support_set: Sequence[tuple[int, float]]) -> RatedItems:
        """Look a support set's items up."""
        index = np.array([item for item, _ in support_set], dtype=np.int64)
        stars = np.array([rating for _, rating in support_set], dtype=np.float32)
        rating = to_five_point(stars, self._scale)
        parts = self.vectors.parts(index)
        found = [
            rated_items(table, self._networks, rows, rating[chosen])
            for table, chosen, rows in parts
        ]
        if len(found) == 1:
            return found[0]
        # Back into the order in which they were given.
        order = np.argsort(np.concatenate([np.flatnonzero(chosen) for _, chosen, _ in parts]))
        return RatedItems.joined(found, order)

    def score(self, user: AdaptedUser, items: Int64Array | None = None) -> Float32Array:
        """Predict the user's rating of items; see `ScoredItems`."""
        assert isinstance(user, BayesianUser)  # noqa: S101 - of this preset
        decision = user.decision
        scores = self.vectors.read(items, lambda table, rows: predict_items(table, decision, rows))
        return from_five_point(scores, self._scale)

    def score_variants(self, decision: AdaptedWeights, items: Int64Array) -> Float32Array:
        """Predict ratings of some items under B variants of weights, shape [B, items]."""
        base = self.vectors.take(items, lambda table, rows: table.mean_base[rows])
        return from_five_point(base + decision.predict(self._phi(items)), self._scale)

    def discrimination(self, user: AdaptedUser) -> Float32Array:
        """Tell the posterior deviation of w·φ, which a rating can still move; see `ScoredItems`."""
        assert isinstance(user, BayesianUser)  # noqa: S101 - of this preset
        told_of_w = told(user.rated, user.decision).astype(np.float32)
        return self.vectors.every(lambda table: deviations(table, told_of_w))

    def rating_uncertainty(
        self, user: AdaptedUser, candidates: Int64Array, predicted: Int64Array
    ) -> RatingUncertainty | None:
        """Tell how unsure a user's predicted ratings are; see `ScoredItems`.

        In units of a scale from 1 to 5, whatever the data set's own is.
        """
        assert isinstance(user, BayesianUser)  # noqa: S101 - of this preset
        if not np.isfinite(user.rated.phi).all() or not np.isfinite(user.decision.noise).all():
            return None
        asked, others = (self._phi(one).astype(np.float64) for one in (candidates, predicted))
        noise_log = self.vectors.take(candidates, lambda table, rows: table.noise_log[rows])
        return rating_uncertainty(
            told(user.rated, user.decision),
            asked,
            others,
            noise_log.T + user.decision.noise_log[0],
        )

    def representations(self, items: Int64Array) -> Float32Array:
        """Return φ of all members; see `ScoredItems`."""
        return self.vectors.take(items, lambda table, rows: table.flat(rows))

    def _phi(self, items: Int64Array) -> Float32Array:
        """Return φ by members, shape [M, items, D]."""
        return self.vectors.bundled.of_members(self.representations(items))

    def clustering_features(self) -> Float32Array:
        """Return φ / M and what θ predicts of everybody; see `ScoredItems`.

        A priori w has unit variance, so squared distances are those of two items' scores.
        """
        table = self.vectors.bundled
        features = np.empty((len(table), table.features.shape[1] + 1), np.float32)
        np.divide(table.features, len(self._networks), out=features[:, :-1])
        features[:, -1] = table.constant
        return features

    def _best(
        self, user: AdaptedUser, limit: int, among: Int64Array | None, without: Int64Array
    ) -> tuple[Int64Array, Float32Array]:
        """Find the best of the bundle's items by bounds; see `best_items`."""
        assert isinstance(user, BayesianUser)  # noqa: S101 - of this preset
        index, scores = best_items(
            self.vectors.bundled, user.decision, limit, among, without, self._theta.output
        )
        return index, from_five_point(scores, self._scale)

    def _candidates(
        self, user: AdaptedUser, allowed: BoolArray | None, left_out: int, limit: int
    ) -> Int64Array:
        """Scan clusters in few columns; see `CoarseItems`."""
        assert isinstance(user, BayesianUser)  # noqa: S101 - of this preset
        linear = user.decision.linear[0].ravel() / np.float32(len(self._networks))
        return self._coarse.candidates(linear, limit, left_out, allowed)

    @cached_property
    def _coarse(self) -> CoarseItems:
        assert self.clusters is not None  # noqa: S101 - else nobody asks
        table = self.vectors.bundled
        return CoarseItems.of(table.flat, table.constant, self.clusters)
