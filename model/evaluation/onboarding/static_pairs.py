"""Pairs to compare that are the same for everybody: a static preference questionnaire.

Sepliarskaia, Kiseleva, Radlinski and de Rijke, "Preference Elicitation as an Optimization Problem",
RecSys 2018: the pairs are chosen greedily so that, under a latent-factor model, the expected
squared error of what is predicted of all items gets least. Here users' vectors scatter with
covariance Σ about the one without answers; which of a and b is told by d · ū with d = ō_a − ō_b and
a variance of r, and

    Σ ← Σ − Σ d dᵀ Σ / (dᵀ Σ d + r)        d = argmax ‖O Σ d‖² / (dᵀ Σ d + r)

with O the vectors of the items that lists are made of, one below the other.

Dimensions: I items, P pairs, M members, W width.
"""

from __future__ import annotations

import numpy as np

from model.arrays import Float32Array, Float64Array, Int64Array
from model.relevance import RelevanceModel
from model.relevance.comparisons import RELIABILITY

_WELL_KNOWN = 60
_VARIANCE = 4 / RELIABILITY
"""r: a comparison tells most, 1/4 of its weight, where both are as likely."""


def static_pairs(relevance: RelevanceModel, count: int) -> Int64Array:
    """Choose pairs of well-known items.

    Args:
        relevance: The model whose lists the answers are to improve.
        count: How many.

    Returns:
        Item indices, shape [count, 2].
    """
    items = relevance.most_rated
    raters = relevance.learnt.table.ratings[items]
    vectors = relevance.output(items).reshape(len(items), relevance.members, -1).transpose(1, 0, 2)
    known = np.argsort(-raters, kind="stable")[:_WELL_KNOWN]
    first, second = np.triu_indices(len(known), 1)
    pairs = np.stack([known[first], known[second]], axis=1)
    chosen = choose_pairs(vectors, relevance.learnt.spread.covariance, pairs, count)
    return items[pairs[chosen]]


def choose_pairs(
    vectors: Float32Array, covariance: Float32Array, pairs: Int64Array, count: int
) -> Int64Array:
    """Choose pairs one after the other; see the module.

    Args:
        vectors: ō of the items that lists are made of, shape [M, I, W].
        covariance: Σ of each member, shape [M, W, W].
        pairs: Places of two items each, shape [P, 2].
        count: How many to choose.

    Returns:
        Places among the pairs, each at most once.
    """
    every = vectors.astype(np.float64)
    spread = covariance.astype(np.float64)
    apart = every[:, pairs[:, 0]] - every[:, pairs[:, 1]]
    gram = np.matmul(every.transpose(0, 2, 1), every)
    free = np.ones(len(pairs), dtype=np.bool_)
    chosen: list[int] = []
    for _ in range(min(count, len(pairs))):
        along = np.matmul(apart, spread)
        told = _quadratic(along, gram) / ((along * apart).sum(2) + _VARIANCE)
        pick = int(np.argmax(np.where(free, told.sum(0), -np.inf)))
        chosen.append(pick)
        free[pick] = False
        mine = along[:, pick]
        total = (mine * apart[:, pick]).sum(1) + _VARIANCE
        spread = spread - mine[:, :, None] * mine[:, None] / total[:, None, None]
    return np.array(chosen, dtype=np.int64)


def _quadratic(rows: Float64Array, matrix: Float64Array) -> Float64Array:
    found: Float64Array = (np.matmul(rows, matrix) * rows).sum(2)
    return found
