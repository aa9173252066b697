"""Groups of items, for whoever rather names a direction than rates.

The best known items are parted by what tastes tell them apart by (k-means on the sphere); each
group is shown by well-known items near its middle. To choose among groups takes half the time of
rating as many items as it teaches (Chang, Harper and Terveen, "Using Groups of Items for Preference
Elicitation in Recommender Systems", CSCW 2015).
"""

from __future__ import annotations

import numpy as np
from scipy.cluster.vq import vq

from model.arrays import Float32Array, Int64Array
from model.ranking import best
from model.ranking.clusters import k_means

GROUPS = 10
SHOWN = 3
"""Items that a group is shown by."""
_BEST_KNOWN = 600
_FEWEST_ITEMS = 4
_ITERATIONS = 30
_ATTEMPTS = 8
_LEAST_LENGTH = 1e-6


def group_items(tastes: Float32Array, raters: Float32Array, seed: int) -> list[Int64Array]:
    """Part items into groups.

    Args:
        tastes: What tells items apart, shape [I, F].
        raters: How many rated each, shape [I].
        seed: Every random draw follows from it.

    Returns:
        Places of the items of each group: those of its middle first, the best known ones before
        the others; then the rest. The group of the best known items first.
    """
    known = best(raters, _BEST_KNOWN)
    count = min(GROUPS, len(known) // _FEWEST_ITEMS)
    if not count:
        return []
    points = on_the_sphere(tastes[known])
    label = _best_of_several(points, count, np.random.default_rng(seed))
    groups = []
    for group in range(count):
        members = np.flatnonzero(label == group)
        if len(members) < SHOWN:
            continue
        alike = points[members] @ points[members].mean(0)
        middle = best(alike, max(_FEWEST_ITEMS, len(members) // 2))
        rest = np.setdiff1d(np.arange(len(members)), middle)
        order = np.concatenate([np.sort(middle), rest])
        # `known` goes from the best known item down, and so do the places within a group.
        groups.append(known[members[order]])
    groups.sort(key=lambda one: -float(raters[one].sum()))
    return groups


def _best_of_several(points: Float32Array, count: int, random: np.random.Generator) -> Int64Array:
    """Return the cluster of each point, of the parting whose members lie closest together."""
    found = [
        vq(points, k_means(points, count, random, _ITERATIONS), check_finite=False)
        for _ in range(_ATTEMPTS)
    ]
    label, _ = min(found, key=lambda one: float(np.square(one[1]).sum()))
    return np.asarray(label, dtype=np.int64)


def on_the_sphere(tastes: Float32Array) -> Float32Array:
    """Take the mean off, and make all of one length; shape [I, F]."""
    apart = tastes - tastes.mean(0)
    lengths = np.linalg.norm(apart, axis=1, keepdims=True)
    found: Float32Array = apart / np.maximum(lengths, _LEAST_LENGTH)
    return found
