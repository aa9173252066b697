"""A large catalogue in few columns: which items may be among a user's best.

The items lie in the order of their clusters, so that the members of a cluster are next to each
other in memory. Dimensions: I items, K clusters, F columns of features, r principal components.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from model.arrays import Float32Array, Int64Array
from model.ranking.clusters import Clusters

_COMPONENTS = 24
_SAMPLE = 50_000
_CHUNK = 8_192
_MARGIN = 3.0
"""Standard deviations above its mean at which the best member of a cluster is expected."""
_SCANNED = 40_000
_SCANNED_A_PLACE = 200
_KEPT = 2_000
_KEPT_A_PLACE = 15


@dataclass(frozen=True)
class CoarseItems:
    """Principal components of the items' features.

    Attributes:
        clusters: The clusters.
        order: Items by cluster, shape [I].
        starts: Where each cluster begins in that order, shape [K + 1].
        rotation: From features to components, shape [F, r].
        head: Components and constant of each item, in that order, shape [I, r + 1].
        mean: The clusters' means of these, shape [K, r + 1].
        variance: The clusters' variances of these, shape [K, r + 1].
    """

    clusters: Clusters
    order: npt.NDArray[np.int32]
    starts: Int64Array
    rotation: Float32Array
    head: Float32Array
    mean: Float32Array
    variance: Float32Array

    @classmethod
    def of(
        cls,
        flat: Callable[[npt.NDArray[np.integer]], Float32Array],
        constant: Float32Array,
        clusters: Clusters,
    ) -> CoarseItems:
        """Find the components and lay them out.

        Args:
            flat: Returns the features of some items, shape [rows, F].
            constant: What an item's score begins with, shape [I].
            clusters: Of the items.

        Returns:
            The table.
        """
        order, starts = clusters.members
        count = len(constant)
        sample = flat(np.arange(0, count, max(1, count // _SAMPLE)))
        spread = np.cov(sample, rowvar=False)
        rotation = np.linalg.eigh(spread)[1][:, ::-1][:, :_COMPONENTS].astype(np.float32)
        head = np.empty((count, rotation.shape[1] + 1), dtype=np.float32)
        for start in range(0, count, _CHUNK):
            mine = order[start : start + _CHUNK]
            head[start : start + _CHUNK, :-1] = flat(mine) @ rotation
            head[start : start + _CHUNK, -1] = constant[mine]
        sizes = clusters.sizes[:, None]
        mean = np.add.reduceat(head, starts[:-1], axis=0) / sizes
        variance = np.add.reduceat(head**2, starts[:-1], axis=0) / sizes - mean**2
        return cls(
            clusters,
            order,
            starts,
            rotation,
            head,
            mean.astype(np.float32),
            np.maximum(variance, 0).astype(np.float32),
        )

    def candidates(
        self,
        linear: Float32Array,
        limit: int,
        left_out: int,
        allowed: npt.NDArray[np.bool_] | None,
    ) -> Int64Array:
        """Return the items that come nearest to a user's best.

        First whole clusters, by the score expected of their best member; then of these the items
        with the best score in the components.

        Args:
            linear: The user's weights of the features, shape [F].
            limit: How many of the best are asked for.
            left_out: How many items are left out later.
            allowed: Which items count, shape [I]; all if None.

        Returns:
            Item indices in ascending order.
        """
        weights = np.append(linear @ self.rotation, np.float32(1))
        expected = self.mean @ weights + _MARGIN * np.sqrt(self.variance @ (weights * weights))
        scanned = max(_SCANNED, _SCANNED_A_PLACE * limit) + left_out
        parts = self.clusters.best(expected, scanned, allowed)
        slices = [slice(self.starts[one], self.starts[one + 1]) for one in parts]
        scores = np.concatenate([self.head[one] @ weights for one in slices])
        items = np.concatenate([self.order[one] for one in slices])
        if allowed is not None:
            items, scores = items[allowed[items]], scores[allowed[items]]
        kept = max(_KEPT, _KEPT_A_PLACE * limit) + left_out
        if len(items) > kept:
            items = items[np.argpartition(scores, len(items) - kept)[len(items) - kept :]]
        items.sort()
        return items.astype(np.int64)
