"""Lists of questions that are the same for everybody, from the literature.

Rashid et al., "Getting to Know You", IUI 2002 (random, popularity, entropy, log popularity times
entropy), and "Learning Preferences of New Users", SIGKDD Explorations 2008 (entropy0, HELF); the
variance weighed by the root of the popularity is usual in active learning.

Dimensions: I items, V distinct ratings.
"""

from __future__ import annotations

import numpy as np

from model.arrays import Float64Array, Int64Array
from model.data.dataset import Ratings

_LEAST = 1e-12


def fixed_lists(ratings: Ratings, items: int, users: int, seed: int) -> dict[str, Int64Array]:
    """Order the items by each score.

    Args:
        ratings: What warm users rated.
        items: Number of items.
        users: Number of warm users.
        seed: Draws the random list, among items that anybody rated.

    Returns:
        Strategy → items, best first.
    """
    values, place = np.unique(ratings.rating, return_inverse=True)
    counts = np.zeros((items, len(values)))
    np.add.at(counts, (ratings.item_index, place), 1)
    raters = counts.sum(1)
    entropy = _entropy(counts / np.maximum(raters, 1)[:, None])
    with_unknown = np.concatenate([counts, (users - raters)[:, None]], axis=1) / users
    mean = (counts @ values) / np.maximum(raters, 1)
    variance = (counts @ np.square(values)) / np.maximum(raters, 1) - np.square(mean)
    log_popularity = np.log1p(raters)
    most_entropy, most_log = np.log(max(len(values), 2)), max(log_popularity.max(), _LEAST)
    normal_log, normal_entropy = log_popularity / most_log, entropy / most_entropy
    scores = {
        "popularity": raters,
        "entropy": np.where(raters > 0, entropy, -1),
        "entropy0": _entropy(with_unknown),
        "log_popularity_entropy": log_popularity * entropy,
        "helf": 2 * normal_log * normal_entropy / np.maximum(normal_log + normal_entropy, _LEAST),
        "variance_root_popularity": variance * np.sqrt(raters),
        "random": np.where(raters > 0, np.random.default_rng([seed, 12]).random(items), -1),
    }
    return {name: np.argsort(-score, kind="stable") for name, score in scores.items()}


def _entropy(share: Float64Array) -> Float64Array:
    found: Float64Array = -(share * np.log(np.maximum(share, _LEAST))).sum(1)
    return found
