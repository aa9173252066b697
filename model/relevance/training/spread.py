"""Measure how users scatter about what little is known of them; see `model.relevance.comparisons`.

What is compared is the same user's own vector with all ratings, with none, and with a few. Of n
ratings the mean square of what is left falls as h / (h + n), and h follows from one n.
"""

from __future__ import annotations

import numpy as np
import torch

from model.arrays import Float32Array, Int64Array
from model.episodes import PaddedRatings
from model.features import EncodedTable
from model.relevance.local_update import CatalogueSample, local_update
from model.relevance.network import RelevanceNetwork, RepresentedItems
from model.relevance.training.training_data import RelevanceLearning

_USERS = 2_000
_BATCH = 256
_FEW = 5
_FEWEST_RATINGS = 4 * _FEW
_LEAST, _MOST = 1e-3, 1e3
_USUAL = 7.0
"""Ratings that halve the spread where too few users rated enough to tell."""


def measure_spread(
    learning: RelevanceLearning,
    network: RelevanceNetwork,
    items: RepresentedItems,
    learners: Int64Array,
    *,
    seed: int,
) -> tuple[Float32Array, float]:
    """Measure one member's spread.

    Args:
        learning: What was learnt from.
        network: θ.
        items: All items as the network knows them.
        learners: Users to measure.
        seed: Every random draw follows from it.

    Returns:
        Second moments about the vector without answers, shape [W + 1, W + 1], and the ratings
        after which half of that is left.
    """
    random = np.random.default_rng([seed, 12])
    shuffled = learning.ratings.shuffled(random)
    users = random.permutation(learners)
    width, limit = items.output.shape[1], learning.config.support_limit
    # Those with many ratings are known best; where nobody has many, all are taken.
    often = users[shuffled.counts[users] >= _FEWEST_RATINGS]
    users = (often if len(often) else users)[:_USERS]
    ranks, measured = learning.ranks, len(users)
    users = users[ranks.mine(users)]
    moments = np.zeros((width, width))
    squares = np.zeros(2)
    sampled, log_weight = learning.sample(random)
    sample = CatalogueSample(items.output[sampled], torch.from_numpy(log_weight))
    for start in range(0, len(users), _BATCH):
        some = users[start : start + _BATCH]
        features = {name: column.rows(some) for name, column in learning.users.items()}
        counts = shuffled.counts[some]
        first = np.zeros_like(some)
        unadapted, after_few, known = (
            _vectors(learning, network, items, features, sample, shuffled.padded(some, first, take))
            for take in (first, np.minimum(counts, _FEW), np.minimum(counts, limit))
        )
        apart = (known - unadapted).astype(np.float64)
        moments += apart.T @ apart
        squares += float(np.square(apart).sum()), float(np.square(known - after_few).sum())
    moments = ranks.total(moments)
    nothing, few = ranks.total(squares).tolist()
    left = few / nothing if nothing else 0.0
    halved_after = _FEW * left / (1 - left) if len(often) and 0 < left < 1 else _USUAL
    covariance = (moments / max(1, measured)).astype(np.float32)
    return covariance, float(np.clip(halved_after, _LEAST, _MOST))


def _vectors(
    learning: RelevanceLearning,
    network: RelevanceNetwork,
    items: RepresentedItems,
    users: EncodedTable,
    sample: CatalogueSample,
    support: PaddedRatings,
) -> Float32Array:
    with torch.no_grad():
        vector = local_update(network, items, users, learning.bags(support), sample)
    found: Float32Array = vector.numpy()
    return found
