"""Clusters of alike items: the coarse stage of ranking a large catalogue.

Items that the estimator represents alike get like scores from every user's adapted weights. So a
user's weights score the clusters first, and then only the members of the best ones, exactly.
"""

from __future__ import annotations

import itertools
import warnings
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt
from scipy.cluster.vq import kmeans2, vq

from model.arrays import Float32Array, Int64Array

ONE_STAGE_LIMIT = 100_000
"""Items up to which all of them are scored; beyond, two stages are faster."""
_ITEMS_A_CLUSTER = 240
_COARSE = 64
_SAMPLE = 50_000
_ITERATIONS = 6
_CHUNK = 65_536


@dataclass(frozen=True)
class Clusters:
    """A partition of I items into K clusters.

    Attributes:
        cluster: The cluster of each item, shape [I].
    """

    cluster: npt.NDArray[np.int32]

    @classmethod
    def fit(cls, features: Float32Array, seed: int, count: int | None = None) -> Clusters:
        """Part items by k-means in two levels, which costs a fraction of one level's time.

        Args:
            features: What tells items apart, in units of score, shape [I, F].
            seed: Every random draw follows from it.
            count: About how many clusters; by the number of items if None.

        Returns:
            The clusters; none is empty.
        """
        count = count or max(1, len(features) // _ITEMS_A_CLUSTER)
        random = np.random.default_rng(seed)
        sample = features[np.sort(random.permutation(len(features))[:_SAMPLE])]
        coarse = min(_COARSE, count, len(sample))
        centres = k_means(sample, coarse, random)
        group = np.concatenate(
            [
                vq(features[start : start + _CHUNK], centres, check_finite=False)[0]
                for start in range(0, len(features), _CHUNK)
            ]
        )
        cluster = np.zeros(len(features), dtype=np.int32)
        found = 0
        for members in (np.flatnonzero(group == one) for one in range(coarse)):
            if not len(members):
                continue
            parts = max(1, round(count * len(members) / len(features)))
            mine = features[members]
            inner = k_means(mine[random.permutation(len(mine))[: 64 * parts]], parts, random)
            _, place = np.unique(vq(mine, inner, check_finite=False)[0], return_inverse=True)
            cluster[members] = found + place
            found += int(place.max()) + 1
        return cls(cluster)

    def __len__(self) -> int:
        return len(self.sizes)

    @cached_property
    def sizes(self) -> Int64Array:
        """Items in each cluster, shape [K]."""
        return np.bincount(self.cluster)

    @cached_property
    def members(self) -> tuple[npt.NDArray[np.int32], Int64Array]:
        """Items in the order of their clusters, and where each cluster begins."""
        order = np.argsort(self.cluster, kind="stable").astype(np.int32)
        return order, np.concatenate([[0], np.cumsum(self.sizes)])

    def means(self, features: Float32Array) -> Float32Array:
        """Return the mean of the members' features, shape [K, F]."""
        order, starts = self.members
        return np.stack(
            [features[order[first:last]].mean(0) for first, last in itertools.pairwise(starts)]
        )

    def best(
        self, scores: Float32Array, wanted: int, allowed: npt.NDArray[np.bool_] | None = None
    ) -> Int64Array:
        """Return the best clusters.

        Args:
            scores: One a cluster, shape [K].
            wanted: Take clusters until they have as many members.
            allowed: Which items count, shape [I]; all if None.

        Returns:
            Clusters, best first.
        """
        sizes = (
            self.sizes
            if allowed is None
            else np.bincount(self.cluster[allowed], minlength=len(self))
        )
        by_score = np.argsort(-scores)
        enough = int(np.searchsorted(np.cumsum(sizes[by_score]), wanted)) + 1
        return by_score[:enough]

    def candidates(
        self, scores: Float32Array, wanted: int, allowed: npt.NDArray[np.bool_] | None = None
    ) -> Int64Array:
        """Return the members of the best clusters.

        Args:
            scores: One a cluster, shape [K].
            wanted: Take clusters until they have as many members.
            allowed: Which items count, shape [I]; all if None.

        Returns:
            Item indices in ascending order; fewer than `wanted` only if no more are allowed.
        """
        order, starts = self.members
        chosen = self.best(scores, wanted, allowed)
        items = np.concatenate([order[starts[one] : starts[one + 1]] for one in chosen])
        if allowed is not None:
            items = items[allowed[items]]
        items.sort()
        return items.astype(np.int64)


def k_means(
    data: Float32Array, count: int, random: np.random.Generator, iterations: int = _ITERATIONS
) -> Float32Array:
    """Return centres; they start from points of the data, so duplicates may leave some unused."""
    start = data[random.choice(len(data), min(count, len(data)), replace=False)]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # that a centre is unused
        centres: Float32Array = kmeans2(
            data, start, iter=iterations, minit="matrix", missing="warn", check_finite=False
        )[0]
    return centres
