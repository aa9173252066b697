"""What a list is worth."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from model.arrays import BoolArray, Float32Array, Float64Array, Int64Array
from model.evaluation.lists.protocol import ListTrial
from model.metrics import discounts
from model.ranking import best

LIST_LENGTH = 20


@dataclass(frozen=True)
class ListValues:
    """Metrics of one model's lists for one number of answers, one value a user.

    Attributes:
        ndcg: nDCG@20, gain 1 for a target, over the best possible list.
        recall: Targets among the 20, over min(20, targets).
        disliked: Share of the 20 that the user dislikes.
        popularity: Mean share of the warm users who like an item of the list.
        items: The lists, shape [users, 20].
    """

    ndcg: Float64Array
    recall: Float64Array
    disliked: Float64Array
    popularity: Float64Array
    items: Int64Array

    @property
    def coverage(self) -> int:
        """Distinct items on all lists."""
        return len(np.unique(self.items))


def top_of_scores(
    scores: Float32Array, trials: list[ListTrial], size: int | None, length: int = LIST_LENGTH
) -> Int64Array:
    """Return the best items that are not given.

    Args:
        scores: Shape [users, items]; written to.
        trials: The users.
        size: Number of answers; all that could be given if None.
        length: Of a list.

    Returns:
        Best first, shape [users, length].
    """
    lists = []
    for row, trial in zip(scores, trials, strict=True):
        row[[item for item, _ in trial.given[:size]]] = -np.inf
        lists.append(best(row, length))
    return np.stack(lists)


def measure_lists(lists: Int64Array, trials: list[ListTrial], share: Float64Array) -> ListValues:
    """Measure lists.

    Args:
        lists: Best first, shape [users, 20].
        trials: The users.
        share: Of the warm users who like each item, shape [items].

    Returns:
        One value a user of each metric.
    """
    bad = np.stack([np.isin(row, one.disliked) for row, one in zip(lists, trials, strict=True)])
    return ListValues(
        ndcg=ndcg_at(lists, trials, LIST_LENGTH),
        recall=recall_at(lists, trials, LIST_LENGTH),
        disliked=bad.mean(1),
        popularity=share[lists].mean(1),
        items=lists,
    )


def ndcg_at(lists: Int64Array, trials: list[ListTrial], k: int) -> Float64Array:
    """nDCG@k with gain 1 for a target, over the best possible list.

    Args:
        lists: Best first, shape [users, k or more].
        trials: The users.
        k: How much of a list is looked at.

    Returns:
        Shape [users].
    """
    gains, hits = discounts(k), _hits(lists, trials, k)
    ideal = np.cumsum(gains)[_possible(trials, k) - 1]
    found: Float64Array = (hits * gains[: hits.shape[1]]).sum(1) / ideal
    return found


def recall_at(lists: Int64Array, trials: list[ListTrial], k: int) -> Float64Array:
    """Recall@k: targets among the first k, over min(k, targets).

    Args:
        lists: Best first, shape [users, k or more].
        trials: The users.
        k: How much of a list is looked at.

    Returns:
        Shape [users].
    """
    found: Float64Array = _hits(lists, trials, k).sum(1) / _possible(trials, k)
    return found


def _hits(lists: Int64Array, trials: list[ListTrial], k: int) -> BoolArray:
    return np.stack([np.isin(row[:k], one.targets) for row, one in zip(lists, trials, strict=True)])


def _possible(trials: list[ListTrial], k: int) -> Int64Array:
    return np.minimum(k, [len(one.targets) for one in trials])
